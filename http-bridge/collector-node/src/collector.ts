// SPDX-License-Identifier: GPL-3.0-or-later
import { activeContext, runInContext } from './active-context.js';
import { bridgeAddress } from './bridge-address.js';
import { nowNs } from './clock.js';
import type { CollectorStats } from './collector-stats.js';
import { Measurements, type Metric, type Sample } from './measurements.js';
import { ok, outcomeOfError, type Outcome } from './outcome.js';
import { flushAtEnd, forgetAtEnd } from './process-end.js';
import { newSpanId } from './random-ids.js';
import { Sender } from './sender.js';
import { childOf, type TraceContext } from './trace-context.js';
import { isLayer, type Layer, type Protocol, type Stack } from './vocabulary.js';

/** What a collector is made with. All but `layer` can be left out. */
export interface CollectorOptions {
  /** Which layer this process is. */
  layer: Layer;
  /** The instance of the daemon below; without it GOXEL_TELEMETRY_INSTANCE from the environment, or "goxel". */
  instance?: string;
  /**
   * The bridge: "http://HOST:PORT" or "unix:/PATH". Without it GOXEL_TELEMETRY_BRIDGE from the environment, or
   * "http://127.0.0.1:9464". False: none, nothing is sent.
   */
  bridge?: string | false;
  /** What the bridge asks for, if it asks for a token; without it GOXEL_TELEMETRY_TOKEN from the environment. */
  token?: string;
  /** How many layers this stack has; the bridge takes "4-layer" if it is not said. */
  stack?: Stack;
  /** How often spans are sent, in milliseconds; 50 if it is not said. */
  flushIntervalMs?: number;
  /** How many spans wait for the bridge at most, then the oldest are dropped; 20,000 if it is not said. */
  maxQueuedSpans?: number;
  /** After how many milliseconds a request to the bridge has failed; 1,000 if it is not said. */
  requestTimeoutMs?: number;
}

/** What an operation is measured as, if it differs from what its collector says. */
export interface SpanOptions {
  /** The layer; without it the collector's. */
  layer?: Layer;
  /** The operation above; without it the one that the calling code works for. */
  parent?: TraceContext | undefined;
  /** What is spoken below. */
  protocol?: Protocol;
}

/** An operation that goes on. */
export interface OpenSpan {
  /** To be passed to the layer below. */
  readonly context: TraceContext;
  /** Ends the operation, the first time that it is called. */
  end(outcome?: Outcome): void;
}

/** Measures operations of this process, keeps the latest, and reports all to the bridge. No method throws. */
export class PerformanceCollector {
  /** Which layer this process is. */
  readonly layer: Layer;
  readonly #stack: Stack | undefined;
  readonly #measurements = new Measurements();
  readonly #sender: Sender | undefined;
  #completed = 0;

  constructor(options: CollectorOptions) {
    this.layer = options.layer;
    this.#stack = options.stack;
    const address = bridgeAddress(options.bridge);
    if (address === undefined) return;
    this.#sender = new Sender(address, {
      instance: options.instance ?? process.env['GOXEL_TELEMETRY_INSTANCE'] ?? 'goxel',
      id: newSpanId(),
      pid: process.pid,
      layer: options.layer,
    }, {
      flushIntervalMs: atLeast(options.flushIntervalMs, 1, 50),
      maxQueuedSpans: atLeast(options.maxQueuedSpans, 1, 20_000),
      requestTimeoutMs: atLeast(options.requestTimeoutMs, 1, 1_000),
      token: options.token ?? process.env['GOXEL_TELEMETRY_TOKEN'],
    });
    flushAtEnd(this.#sender);
  }

  /**
   * An operation that has just ended and took `durationMs` milliseconds. Of a layer that the bridge does not know, it is kept for
   * recent() only.
   */
  recordOperation(layer: Layer, operation: string, durationMs: number): void {
    if (!(typeof durationMs === 'number' && durationMs >= 0 && durationMs < Number.MAX_SAFE_INTEGER / 1e6)) return;
    const durationNs = Math.round(durationMs * 1e6);
    this.#record(layer, operation, nowNs() - BigInt(durationNs), durationNs, activeContext()?.traceId, undefined, ok);
  }

  /**
   * Runs `fn` as one operation, and what it calls as a part of it. Settles as `fn` does. Rejected: an error, or cancelled if it is
   * an AbortError.
   */
  async span<T>(layer: Layer, operation: string, fn: () => Promise<T> | T): Promise<T> {
    const span = this.startSpan(operation, { layer });
    try {
      const result = await runInContext(span.context, fn);
      span.end();
      return result;
    } catch (error) {
      span.end(outcomeOfError(error));
      throw error;
    }
  }

  /** Begins an operation, which ends by end() of the result. */
  startSpan(operation: string, options: SpanOptions = {}): OpenSpan {
    const context = childOf('parent' in options ? options.parent : activeContext());
    const { layer = this.layer, protocol } = options;
    let ended = false;
    const startNs = nowNs();
    return {
      context,
      end: (outcome = ok): void => {
        if (ended) return;
        ended = true;
        this.#record(layer, operation, startNs, Number(nowNs() - startNs), context.traceId, protocol, outcome);
      },
    };
  }

  /** The last 10,000 samples of a metric, oldest first. Units: see Metric. */
  recent(metric: Metric): Sample[] {
    return this.#measurements.recent(metric);
  }

  /** What became of the operations so far. */
  get stats(): CollectorStats {
    return this.#sender?.stats
      ?? { completed: this.#completed, taken: 0, refused: 0, dropped: 0, queued: 0, lastProblem: undefined };
  }

  /** Sends what there is. True when the bridge has answered for all of it, false if it has not after `timeoutMs` milliseconds. */
  async flush(timeoutMs = 1_000): Promise<boolean> {
    return this.#sender?.flush(timeoutMs) ?? true;
  }

  /** Sends what there is, as flush() does, and ends the collector: what is recorded later goes nowhere. */
  async close(timeoutMs = 1_000): Promise<boolean> {
    const answered = await this.flush(timeoutMs);
    this.#measurements.stop();
    if (this.#sender !== undefined) {
      forgetAtEnd(this.#sender);
      this.#sender.close();
    }
    return answered;
  }

  #record(
    layer: Layer, operation: string, startNs: bigint, durationNs: number, traceId: string | undefined, protocol: Protocol | undefined,
    outcome: Outcome,
  ): void {
    ++this.#completed;
    // Callers in JavaScript pass anything.
    if (typeof operation !== 'string') operation = '_OTHER';
    this.#measurements.addOperation(layer, operation, durationNs / 1e6);
    if (!isLayer(layer)) return;
    this.#sender?.add({
      operation, layer, startNs, durationNs, traceId, stack: this.#stack, protocol, status: outcome.status, errorCode: outcome.errorCode,
    });
  }
}

function atLeast(value: number | undefined, least: number, otherwise: number): number {
  return value !== undefined && value >= least ? value : otherwise;
}
