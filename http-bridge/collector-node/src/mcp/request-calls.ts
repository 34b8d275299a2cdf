// SPDX-License-Identifier: GPL-3.0-or-later
// A request that its caller gives up, or whose time runs out, gets no answer, and says so on the wire in different ways or not at
// all (over streamable HTTP of 2026-07-28 its stream just ends). The promise of the client's request() always tells.
import { outcomeOfError, type Outcome } from '../outcome.js';

type OnRejected = (outcome: Outcome) => void;
type RequestFunction = (...args: unknown[]) => unknown;

export class RequestCalls {
  /** Of the call of request() that is running now. It sends before it returns. */
  #current: OnRejected[] | undefined;

  /** Watches `client.request`. */
  watch(client: object): void {
    const requester = client as { request?: RequestFunction };
    const request = requester.request;
    if (typeof request !== 'function') return;
    const calls = this;
    requester.request = function (this: unknown, ...args: unknown[]): unknown {
      const outer = calls.#current;
      const waiting: OnRejected[] = calls.#current = [];
      let result: unknown;
      try {
        result = request.apply(this, args);
      } finally {
        calls.#current = outer;
      }
      if (waiting.length === 0 || !(result instanceof Promise)) return result;
      return result.catch((error: unknown) => {
        const outcome = rejection(error, args);
        for (const onRejected of waiting) onRejected(outcome);
        throw error;
      });
    };
  }

  /** Calls `onRejected` if the running request() is rejected. False if none is running. */
  onRejected(onRejected: OnRejected): boolean {
    this.#current?.push(onRejected);
    return this.#current !== undefined;
  }
}

/** The SDKs reject with the same error whether time ran out or the caller gave up; the caller's signal says which. */
function rejection(error: unknown, args: unknown[]): Outcome {
  for (const arg of args) {
    const signal = (arg as { signal?: unknown } | null | undefined)?.signal;
    if (signal instanceof AbortSignal && signal.aborted) {
      const name = (signal.reason as { name?: unknown } | undefined)?.name;
      return { status: name === 'TimeoutError' ? 'unanswered' : 'cancelled' };
    }
  }
  return outcomeOfError(error);
}
