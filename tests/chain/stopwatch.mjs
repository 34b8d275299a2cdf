// SPDX-License-Identifier: GPL-3.0-or-later
// The chain's own stopwatches: they know nothing of the collector, so that its numbers can be held against theirs.
const now = () => process.hrtime.bigint();

export class Stopwatch {
  #count = 0;
  #sumNs = 0n;
  #running = new Map();
  #whenIdle = [];

  /** Measures `fn`, whatever it comes to. */
  async around(fn) {
    const start = now();
    try {
      return await fn();
    } finally {
      this.#add(start);
    }
  }

  start(key) { this.#running.set(key, now()); }

  stop(key) {
    const start = this.#running.get(key);
    if (start === undefined) return;
    this.#running.delete(key);
    this.#add(start);
    if (this.#running.size === 0) for (const resolve of this.#whenIdle.splice(0)) resolve();
  }

  /** Until nothing is running that was started by start(). */
  async idle() {
    if (this.#running.size > 0) await new Promise((resolve) => this.#whenIdle.push(resolve));
  }

  toJSON() { return { count: this.#count, sum_ns: Number(this.#sumNs) }; }

  #add(start) {
    this.#sumNs += now() - start;
    ++this.#count;
  }
}

/**
 * An MCP transport around another one, which measures from each request that passes to its answer. In a client that is inside of
 * the collector's span, in a server outside of it: the collector looks at what passes between this transport and its user.
 */
export class StopwatchTransport {
  onmessage;
  onclose;
  onerror;
  #inner;
  #stopwatch;

  constructor(inner, stopwatch) {
    this.#inner = inner;
    this.#stopwatch = stopwatch;
  }

  async start() {
    this.#inner.onmessage = (message, extra) => {
      this.#passes(message);
      this.onmessage?.(message, extra);
    };
    this.#inner.onclose = () => this.onclose?.();
    this.#inner.onerror = (error) => this.onerror?.(error);
    await this.#inner.start();
  }

  send(message, options) {
    this.#passes(message);
    return this.#inner.send(message, options);
  }

  close() { return this.#inner.close(); }
  get sessionId() { return this.#inner.sessionId; }
  setProtocolVersion(version) { this.#inner.setProtocolVersion?.(version); }

  #passes({ id, method }) {
    if (id === undefined) return;
    if (method !== undefined) this.#stopwatch.start(id); else this.#stopwatch.stop(id);
  }
}
