// SPDX-License-Identifier: GPL-3.0-or-later
import type { SpanRecord } from './span-record.js';

/** Spans that wait to be sent. Full, it gives up the oldest: what is going on now says more. */
export class SpanQueue {
  readonly #capacity: number;
  #spans: SpanRecord[] = [];
  #first = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get size(): number {
    return this.#spans.length - this.#first;
  }

  /** False if the oldest had to go. */
  push(span: SpanRecord): boolean {
    this.#spans.push(span);
    if (this.size <= this.#capacity) return true;
    this.#forget(1);
    return false;
  }

  /** Takes out the oldest spans for which `wants` says yes, up to the first for which it does not. */
  takeWhile(wants: (span: SpanRecord) => boolean): void {
    let end = this.#first;
    for (; end < this.#spans.length; ++end) {
      if (!wants(this.#spans[end] as SpanRecord)) break;
    }
    this.#forget(end - this.#first);
  }

  #forget(count: number): void {
    this.#first += count;
    // Moved together only when half is empty, so that a span is moved once on average.
    if (this.#first * 2 >= this.#spans.length) {
      this.#spans = this.#spans.slice(this.#first);
      this.#first = 0;
    }
  }
}
