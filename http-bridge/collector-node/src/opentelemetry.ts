// SPDX-License-Identifier: GPL-3.0-or-later
// The active OpenTelemetry context, where the host uses OpenTelemetry. Nothing is imported: `@opentelemetry/api` puts its one
// instance under a well-known symbol, so that all its copies find each other, and makes its context keys with Symbol.for.
import { readTraceMembers, type TraceContext } from './trace-context.js';

interface OtelContext {
  getValue(key: symbol): unknown;
  setValue(key: symbol, value: unknown): OtelContext;
}
interface OtelContextManager {
  active(): OtelContext;
  with<T>(context: OtelContext, fn: () => T): T;
}
interface OtelSpan {
  spanContext(): { traceId: string; spanId: string; traceFlags: number; traceState?: { serialize(): string } };
}
interface OtelBaggage {
  getAllEntries(): [string, { value: string }][];
}

const api = Symbol.for('opentelemetry.js.api.1');
const spanKey = Symbol.for('OpenTelemetry Context Key SPAN');
const baggageKey = Symbol.for('OpenTelemetry Baggage Key');
const suppressKey = Symbol.for('OpenTelemetry SDK Context Key SUPPRESS_TRACING');

function contextManager(): OtelContextManager | undefined {
  return (globalThis as { [key: symbol]: { context?: OtelContextManager } | undefined })[api]?.context;
}

/** The span that is active in OpenTelemetry; undefined where the host has none. */
export function activeOtelContext(): TraceContext | undefined {
  try {
    const active = contextManager()?.active();
    const span = active?.getValue(spanKey) as OtelSpan | undefined;
    if (active === undefined || span === undefined) return undefined;
    const { traceId, spanId, traceFlags, traceState } = span.spanContext();
    const flags = (traceFlags & 0xff).toString(16).padStart(2, '0');
    // Through the same checks as what comes from outside: a non-recording span has ids of zeros.
    return readTraceMembers({
      traceparent: `00-${traceId}-${spanId}-${flags}`, tracestate: traceState?.serialize(),
      baggage: baggageText(active.getValue(baggageKey) as OtelBaggage | undefined),
    });
  } catch {
    return undefined;  // not the OpenTelemetry that we know
  }
}

function baggageText(baggage: OtelBaggage | undefined): string | undefined {
  return baggage?.getAllEntries()
    .map(([key, entry]) => `${encodeURIComponent(key)}=${encodeURIComponent(entry.value)}`).join(',');
}

/** Runs `fn` where OpenTelemetry's instrumentation of HTTP makes no spans: our reports are not what the host does. */
export function withoutOtel<T>(fn: () => T): T {
  const manager = contextManager();
  let suppressed: OtelContext | undefined;
  try {
    suppressed = manager?.active().setValue(suppressKey, true);
  } catch {
    // not the OpenTelemetry that we know
  }
  return manager === undefined || suppressed === undefined ? fn() : manager.with(suppressed, fn);
}
