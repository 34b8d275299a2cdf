// SPDX-License-Identifier: GPL-3.0-or-later
// What this process did lately, for the process itself: no bridge is needed.
import { nowNs } from './clock.js';
import { Ring } from './ring.js';

/**
 * `latency`: of each operation, in milliseconds; `throughput`: operations per second; `memory`: the process's resident set, in bytes;
 * `cpu`: the process's CPU time by time, 1 is one processor fully used. The last three are taken once a second.
 */
export type Metric = 'latency' | 'throughput' | 'memory' | 'cpu';

/** One value of a metric, in the metric's unit. */
export interface Sample {
  /** When: milliseconds since 1970, as of Date.now(). */
  readonly timeMs: number;
  readonly value: number;
  /** Latency only. */
  readonly layer?: string;
  /** Latency only. */
  readonly operation?: string;
}

/** How many samples of each metric are kept. */
export const recentMax = 10_000;
const sampleEveryMs = 1_000;

export class Measurements {
  readonly #latency = new Ring<Sample>(recentMax);
  readonly #throughput = new Ring<Sample>(recentMax);
  readonly #memory = new Ring<Sample>(recentMax);
  readonly #cpuUse = new Ring<Sample>(recentMax);
  #operations = 0;
  #since = nowNs();
  #cpu = process.cpuUsage();
  readonly #timer: NodeJS.Timeout;

  constructor() {
    this.#timer = setInterval(() => this.#sample(), sampleEveryMs);
    this.#timer.unref();
  }

  addOperation(layer: string, operation: string, durationMs: number): void {
    ++this.#operations;
    this.#latency.push({ timeMs: Date.now(), value: durationMs, layer, operation });
  }

  recent(metric: Metric): Sample[] {
    switch (metric) {
      case 'latency': return this.#latency.toArray();
      case 'throughput': return this.#throughput.toArray();
      case 'memory': return this.#memory.toArray();
      case 'cpu': return this.#cpuUse.toArray();
      default: return [];
    }
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #sample(): void {
    const now = nowNs();
    const seconds = Number(now - this.#since) / 1e9;
    // A process that was stopped or busy runs its timers late, then several at once: too short a time says nothing.
    if (seconds < sampleEveryMs / 2000) return;
    const cpu = process.cpuUsage();
    const timeMs = Date.now();
    this.#throughput.push({ timeMs, value: this.#operations / seconds });
    this.#memory.push({ timeMs, value: process.memoryUsage.rss() });
    this.#cpuUse.push({ timeMs, value: (cpu.user + cpu.system - this.#cpu.user - this.#cpu.system) / 1e6 / seconds });
    this.#operations = 0;
    this.#since = now;
    this.#cpu = cpu;
  }
}
