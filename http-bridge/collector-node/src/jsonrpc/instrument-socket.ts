// SPDX-License-Identifier: GPL-3.0-or-later
import { activeContext } from '../active-context.js';
import type { PerformanceCollector } from '../collector.js';
import { defaultCollector } from '../default-collector.js';
import { answeredId, cancelledRequest, isRequest, membersOf, metaOf, operationOf, outcomeOfAnswer, type Members } from '../messages.js';
import { OpenRequests } from '../open-requests.js';
import { readTraceMembers } from '../trace-context.js';
import { frameWithContext } from './frame.js';
import { LineSplitter } from './line-splitter.js';

/** What is needed of a net.Socket. */
export interface StreamSocket {
  write(...args: never[]): boolean;
  end(...args: never[]): unknown;
  push(...args: never[]): boolean;
  once(event: 'close', listener: () => void): unknown;
}

/** How a socket's requests are looked at. */
export interface SocketOptions {
  /** A request without an answer counts as unanswered after this many milliseconds; 30,000 if it is not said, as in the daemon. */
  unansweredAfterMs?: number;
}

type ChunkFunction = (this: unknown, chunk?: unknown, ...more: unknown[]) => unknown;
const instrumented = new WeakSet<object>();

/**
 * Reports the requests that are sent over a socket, one JSON-RPC message a line, with the trace context in the `_meta` of their
 * parameters. For code without a client object; else see instrumentJsonRpc(). A message gets its context if it is written in one piece, by
 * one write(); in pieces it passes as it is, and is reported all the same. Returns the socket. Without a `collector`, the environment
 * says where the bridge is.
 */
export function instrumentSocket<T extends StreamSocket>(
  socket: T, collector: PerformanceCollector = defaultCollector('ts-client'), options: SocketOptions = {},
): T {
  if (instrumented.has(socket)) return socket;
  instrumented.add(socket);
  const requests = new SocketRequests(collector, options.unansweredAfterMs ?? 30_000);
  const functions = socket as unknown as Record<'write' | 'end' | 'push', ChunkFunction>;
  const { push } = functions;
  for (const name of ['write', 'end'] as const) {
    const send = functions[name];
    functions[name] = function (chunk, ...more) {
      const encoding = more[0];
      const utf8 = typeof encoding !== 'string' || /^utf-?8$/i.test(encoding);
      return send.call(this, utf8 ? requests.sending(chunk) : chunk, ...more);
    };
  }
  // Where a socket's bytes come in. A listener for "data" would make it flow before its owner reads.
  functions.push = function (chunk, ...more) {
    requests.received(chunk);
    return push.call(this, chunk, ...more);
  };
  socket.once('close', () => requests.closed());
  return socket;
}

class SocketRequests {
  readonly #collector: PerformanceCollector;
  readonly #open: OpenRequests;
  readonly #sent = new LineSplitter();
  readonly #answers = new LineSplitter();

  constructor(collector: PerformanceCollector, unansweredAfterMs: number) {
    this.#collector = collector;
    this.#open = new OpenRequests(unansweredAfterMs);
  }

  /** What is to be written instead of `chunk`. */
  sending(chunk: unknown): unknown {
    if (typeof chunk !== 'string' && !(chunk instanceof Uint8Array)) return chunk;
    const bytes = typeof chunk === 'string' ? chunk : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    const lines = this.#sent.atStart ? wholeMessages(bytes.toString()) : undefined;
    if (lines === undefined) {
      for (const text of this.#sent.add(bytes)) this.#begin({ text, message: parse(text) });
      return chunk;
    }
    let changed = false;
    const frames = lines.map((line) => {
      const frame = this.#begin(line);
      changed ||= frame !== line.text;
      return frame;
    });
    if (!changed) return chunk;
    return typeof chunk === 'string' ? frames.join('\n') : Buffer.from(frames.join('\n'));
  }

  received(chunk: unknown): void {
    if (typeof chunk !== 'string' && !Buffer.isBuffer(chunk)) return;
    for (const line of this.#answers.add(chunk)) {
      const message = parse(line);
      const id = message && answeredId(message);
      if (message !== undefined && id !== undefined) this.#open.end(id, outcomeOfAnswer(message));
    }
  }

  closed(): void {
    this.#open.endAll({ status: 'unanswered' });
  }

  /** The line as it is to be sent. */
  #begin({ text, message }: Line): string {
    if (message === undefined) return text;
    if (!isRequest(message)) {
      const cancelled = cancelledRequest(message);
      if (cancelled !== undefined) this.#open.end(cancelled.id, { status: cancelled.timedOut ? 'unanswered' : 'cancelled' });
      return text;
    }
    const parent = readTraceMembers(metaOf(message)) ?? activeContext();
    const span = this.#collector.startSpan(operationOf(message.method, message['params']), { parent, protocol: 'jsonrpc' });
    this.#open.add(message.id, span);
    return frameWithContext(text, message, span.context) ?? text;
  }
}

interface Line {
  readonly text: string;
  readonly message: Members | undefined;
}

/** The lines of `text` if each is a message, or empty; the last may lack its newline, which then comes by a write of its own. */
function wholeMessages(text: string): Line[] | undefined {
  const lines: Line[] = [];
  for (const line of text.split('\n')) {
    const message = parse(line);
    if (message === undefined && line.trim() !== '') return undefined;
    lines.push({ text: line, message });
  }
  return lines;
}

function parse(line: string): Members | undefined {
  try {
    return membersOf(JSON.parse(line));
  } catch {
    return undefined;
  }
}
