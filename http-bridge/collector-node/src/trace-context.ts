// SPDX-License-Identifier: GPL-3.0-or-later
// W3C trace context: what is read from a message, and what is written into one.
import { newSpanId, newTraceId } from './random-ids.js';

/** Where an operation stands in its trace. */
export interface TraceContext {
  /** 32 hex digits, the same in all layers. */
  readonly traceId: string;
  /** 16 hex digits: the span that is going on. The next layer's parent. */
  readonly spanId: string;
  /** Two hex digits; the last bit says that the trace is sampled. */
  readonly flags: string;
  /** Passed on as it came. */
  readonly tracestate?: string | undefined;
  /** Passed on as it came. */
  readonly baggage?: string | undefined;
}

// Version 00 has exactly these four fields; a later version may add more, and begins with the same four.
const traceparentForm = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const onlyZeros = /^0+$/;
const printable = /^[\x20-\x7e]*$/;
const tracestateMax = 512;
const baggageMax = 8192;

function textOf(value: unknown, max: number): string | undefined {
  return typeof value === 'string' && value.length > 0 && value.length <= max && printable.test(value) ? value : undefined;
}

/** What `_meta` says; undefined if there is no context in it, or a malformed one. */
export function readTraceMembers(meta: unknown): TraceContext | undefined {
  if (typeof meta !== 'object' || meta === null) return undefined;
  const { traceparent, tracestate, baggage } = meta as Record<string, unknown>;
  if (typeof traceparent !== 'string' || traceparent.length > 512) return undefined;
  const fields = traceparentForm.exec(traceparent);
  if (fields === null) return undefined;
  const [, version, traceId, spanId, flags, more] = fields as unknown as [string, string, string, string, string, string?];
  if (version === 'ff' || (version === '00' && more !== undefined)) return undefined;
  if (onlyZeros.test(traceId) || onlyZeros.test(spanId)) return undefined;
  return { traceId, spanId, flags, tracestate: textOf(tracestate, tracestateMax), baggage: textOf(baggage, baggageMax) };
}

/** A new span below `parent`, or the first one of a new trace. */
export function childOf(parent: TraceContext | undefined): TraceContext {
  // Each with all members, in one order: objects of one shape are what engines are fast at.
  return parent === undefined
    ? { traceId: newTraceId(), spanId: newSpanId(), flags: '01', tracestate: undefined, baggage: undefined }
    : { traceId: parent.traceId, spanId: newSpanId(), flags: parent.flags, tracestate: parent.tracestate, baggage: parent.baggage };
}

/**
 * `_meta` with this context in it instead of whatever context it had. What else it has stays, well-formed baggage included: it does not
 * belong to a trace.
 */
export function withTraceMembers(meta: unknown, context: TraceContext): Record<string, unknown> {
  const traceparent = `00-${context.traceId}-${context.spanId}-${context.flags}`;
  let members: Record<string, unknown> = { traceparent };
  let old: unknown;
  if (typeof meta === 'object' && meta !== null && !Array.isArray(meta)) {
    const { traceparent: _, tracestate: __, baggage, ...others } = meta as Record<string, unknown>;
    members = { ...others, traceparent };
    old = baggage;
  }
  if (context.tracestate !== undefined) members['tracestate'] = context.tracestate;
  const baggage = context.baggage ?? textOf(old, baggageMax);
  if (baggage !== undefined) members['baggage'] = baggage;
  return members;
}
