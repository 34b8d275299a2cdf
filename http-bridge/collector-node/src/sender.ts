// SPDX-License-Identifier: GPL-3.0-or-later
// Spans on their way to the bridge, in the background. A batch that was not answered is sent again, unchanged and under its number,
// before any later one: the bridge counts each number once. Nothing here waits, throws or keeps the process alive.
import { runOutside } from './active-context.js';
import { takeBatch, type Batch, type Source } from './batch.js';
import { BridgeConnection, type Answer } from './bridge-connection.js';
import type { BridgeAddress } from './bridge-address.js';
import type { CollectorStats } from './collector-stats.js';
import { SpanQueue } from './span-queue.js';
import type { SpanRecord } from './span-record.js';

/** How spans are sent. */
export interface SenderOptions {
  readonly flushIntervalMs: number;
  readonly maxQueuedSpans: number;
  readonly requestTimeoutMs: number;
  readonly token: string | undefined;
}

const retryMinMs = 50;
const retryMaxMs = 1_000;
const retryAfterMaxMs = 60_000;
const notTakenRetryMs = 5_000;
const idle = undefined;

export class Sender {
  readonly #connection: BridgeConnection;
  readonly #source: Source;
  readonly #options: SenderOptions;
  readonly #queue: SpanQueue;
  #batch: Batch | undefined;
  #lastNumber = 0;
  #timer: NodeJS.Timeout | undefined = idle;
  #connected = false;
  #retryMs = 0;
  #closed = false;
  #completed = 0;
  #taken = 0;
  #refused = 0;
  #dropped = 0;
  #lastProblem: string | undefined;
  #watchers = new Set<(answered: boolean) => void>();

  constructor(address: BridgeAddress, source: Source, options: SenderOptions) {
    this.#connection = new BridgeConnection(address, options.requestTimeoutMs, options.token);
    this.#source = source;
    this.#options = options;
    this.#queue = new SpanQueue(options.maxQueuedSpans);
  }

  get stats(): CollectorStats {
    return {
      completed: this.#completed, taken: this.#taken, refused: this.#refused, dropped: this.#dropped,
      queued: this.#waiting, lastProblem: this.#lastProblem,
    };
  }

  get #waiting(): number {
    return this.#queue.size + (this.#batch?.spans ?? 0);
  }

  add(span: SpanRecord): void {
    if (this.#closed) return;
    ++this.#completed;
    if (!this.#queue.push(span)) ++this.#dropped;
    // The first span goes at once: then the connection stands when a short-lived process ends.
    if (this.#timer === idle && !this.#connection.busy) this.#sendIn(this.#connected ? this.#options.flushIntervalMs : 0);
  }

  /**
   * Sends what there is. True when everything was answered; false after `timeoutMs`, or at the first failure with `oneTry`. Only
   * meanwhile the process is kept alive.
   */
  flush(timeoutMs: number, oneTry = false): Promise<boolean> {
    return new Promise((resolve) => {
      const end = (answered: boolean): void => {
        clearTimeout(deadline);
        this.#watchers.delete(watch);
        resolve(answered);
      };
      const deadline = setTimeout(end, timeoutMs, false);
      const watch = (answered: boolean): void => {
        if (this.#waiting === 0) end(true);
        else if (!answered && oneTry) end(false);
        else if (answered) this.#send();
      };
      this.#watchers.add(watch);
      if (this.#waiting === 0) end(true);
      else this.#send();
    });
  }

  /** Hands what there is to the kernel before it returns, as far as that goes. For the moment in which the process ends. */
  writeNow(): void {
    // A batch that is under way was written before.
    if (this.#batch !== undefined && !this.#connection.busy) this.#connection.writeNow(this.#batch.body);
    if (this.#queue.size > 0) this.#connection.writeNow(this.#takeBatch().body);
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#connection.close();
  }

  #sendIn(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#send(), ms);
    this.#timer.unref();
  }

  #takeBatch(): Batch {
    return takeBatch(this.#queue, this.#source, ++this.#lastNumber, { completed: this.#completed, dropped: this.#dropped });
  }

  #send(): void {
    clearTimeout(this.#timer);
    this.#timer = idle;
    if (this.#closed || this.#connection.busy) return;
    if (this.#batch === undefined) {
      if (this.#queue.size === 0) return;
      this.#batch = this.#takeBatch();
    }
    this.#connected = true;
    const { body } = this.#batch;
    runOutside(() => this.#connection.post(body, (answer) => this.#answered(answer)));
  }

  #answered(answer: Answer): void {
    const wait = this.#settle(answer);
    const settled = this.#batch === undefined;
    if (!this.#closed && this.#waiting > 0) this.#sendIn(wait);
    for (const watch of [...this.#watchers]) watch(settled);
  }

  /** What the answer means for the batch; how long to wait before the next request. */
  #settle(answer: Answer): number {
    const batch = this.#batch as Batch;
    const { status } = answer;
    if (status === 200) {
      this.#count(batch, answer.body);
    } else if (status === 401 || status === 403 || status === 404) {
      // A bridge that takes no spans, or none from us, may be replaced by one that does.
      return this.#later(`the bridge takes no spans: it answers ${status}`, notTakenRetryMs);
    } else if (status === 0 || status === 408 || status === 429 || status >= 500) {
      return this.#later(status === 0 ? `the bridge does not answer${answer.body && `: ${answer.body}`}` : `the bridge answers ${status}`, answer.retryAfterMs);
    } else {
      // It would be refused again.
      this.#dropped += batch.spans;
      this.#lastProblem = `the bridge refused a batch: ${status} ${answer.body.slice(0, 200)}`;
    }
    this.#batch = undefined;
    this.#retryMs = 0;
    return this.#queue.size * 2 > this.#options.maxQueuedSpans ? 0 : this.#options.flushIntervalMs;
  }

  #later(problem: string, retryAfterMs: number | undefined): number {
    this.#lastProblem = problem;
    this.#retryMs = Math.min(Math.max(2 * this.#retryMs, retryMinMs), retryMaxMs);
    return Math.min(Math.max(retryAfterMs ?? 0, this.#retryMs), retryAfterMaxMs);
  }

  #count(batch: Batch, body: string): void {
    let said: { taken?: unknown; refused?: { why?: unknown }[]; refused_count?: unknown; duplicate?: unknown } = {};
    try {
      said = (JSON.parse(body) as typeof said | null) ?? {};
    } catch {
      // taken, then
    }
    const refused = typeof said.refused_count === 'number' ? said.refused_count : said.refused?.length ?? 0;
    this.#refused += refused;
    // A duplicate was taken when it came first, though its answer was lost.
    this.#taken += said.duplicate !== true && typeof said.taken === 'number' ? said.taken : batch.spans - refused;
    if (refused > 0) this.#lastProblem = `the bridge refused spans: ${String(said.refused?.[0]?.why ?? 'without a reason')}`;
  }
}
