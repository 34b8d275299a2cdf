// SPDX-License-Identifier: GPL-3.0-or-later
import type { OpenSpan } from './collector.js';
import type { Outcome } from './outcome.js';

/** An id as JSON-RPC has it; 1 and "1" are different. */
export type RequestId = string | number;

/** What is kept of a request until its answer comes. */
interface OpenRequest {
  readonly span: OpenSpan;
  readonly sinceMs: number;
}

const openMax = 8_192;

/** Requests of one connection that wait for their answers. Bounded: beyond, the oldest counts as unanswered. */
export class OpenRequests {
  readonly #requests = new Map<RequestId, OpenRequest>();
  readonly #unansweredAfterMs: number;
  #timer: NodeJS.Timeout | undefined;

  /** A request without an answer ends as unanswered after `unansweredAfterMs`; Infinity: its caller knows better. */
  constructor(unansweredAfterMs = Infinity) {
    this.#unansweredAfterMs = unansweredAfterMs;
  }

  add(id: RequestId, span: OpenSpan): void {
    // The same id again: which of the two is answered nobody can say, so the older one never is.
    this.end(id, { status: 'unanswered' });
    if (this.#requests.size >= openMax) this.#endOldest();
    this.#requests.set(id, { span, sinceMs: performance.now() });
    this.#watch();
  }

  /** Nothing happens if no such request is open. */
  end(id: RequestId, outcome: Outcome): void {
    const request = this.#requests.get(id);
    if (request === undefined) return;
    this.#requests.delete(id);
    request.span.end(outcome);
  }

  endAll(outcome: Outcome): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const requests = [...this.#requests.values()];
    this.#requests.clear();
    for (const request of requests) request.span.end(outcome);
  }

  #endOldest(): void {
    for (const id of this.#requests.keys()) {
      this.end(id, { status: 'unanswered' });
      return;
    }
  }

  // One timer for all: a map is in the order in which requests began.
  #watch(): void {
    if (this.#timer !== undefined || this.#unansweredAfterMs === Infinity) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      const limit = performance.now() - this.#unansweredAfterMs;
      for (const request of this.#requests.values()) {
        if (request.sinceMs > limit) break;
        this.#endOldest();
      }
      if (this.#requests.size > 0) this.#watch();
    }, this.#unansweredAfterMs);
    this.#timer.unref();
  }
}
