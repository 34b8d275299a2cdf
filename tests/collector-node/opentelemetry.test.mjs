// SPDX-License-Identifier: GPL-3.0-or-later
// Where the host uses OpenTelemetry, with its real API and SDK.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as otel from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { BasicTracerProvider } from '@opentelemetry/sdk-trace-base';
import { instrumentJsonRpc } from 'goxel-telemetry-collector';
import { reporting, run } from './support.mjs';

otel.trace.setGlobalTracerProvider(new BasicTracerProvider());
otel.context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
const tracer = otel.trace.getTracer('test');

/** What the client sends as context of one call. */
async function sentBy(collector, around) {
  let meta;
  const client = instrumentJsonRpc({ call: async (_, params) => { meta = params._meta; } }, collector);
  await around(() => client.call('op', {}));
  return meta;
}

test('the active span is the parent, and its baggage and state are passed on', async (t) => {
  const { receiver, collector } = await reporting(t);
  const parent = { traceId: '4bf92f3577b34da6a3ce929d0e0e4736', spanId: '00f067aa0ba902b7', traceFlags: 0, traceState: otel.createTraceState('a=1'), isRemote: true };
  const active = otel.propagation.setBaggage(
    otel.trace.setSpanContext(otel.context.active(), parent), otel.propagation.createBaggage({ 'user id': { value: 'a, b' } }));
  const meta = await sentBy(collector, (call) => otel.context.with(active, call));
  assert.match(meta.traceparent, new RegExp(`^00-${parent.traceId}-[0-9a-f]{16}-00$`));
  assert.ok(!meta.traceparent.includes(parent.spanId));
  assert.deepEqual([meta.tracestate, meta.baggage], ['a=1', 'user%20id=a%2C%20b']);
  await receiver.until(() => receiver.span('op'));
  assert.equal(receiver.span('op').trace_id, parent.traceId);
});

test('a span of the host within an operation of ours stays in its trace', async (t) => {
  const { collector } = await reporting(t);
  await tracer.startActiveSpan('host', async (host) => {
    const { traceId } = host.spanContext();
    const meta = await sentBy(collector, (call) => collector.span('mcp-server', 'outer',
      () => tracer.startActiveSpan('within', call)));
    assert.ok(meta.traceparent.startsWith(`00-${traceId}-`));
  });
});

test('the trace that an operation of ours has goes before another one that is active', async (t) => {
  const { receiver, collector } = await reporting(t);
  const meta = await sentBy(collector, (call) => collector.span('mcp-server', 'outer',
    () => otel.context.with(otel.ROOT_CONTEXT, () => tracer.startActiveSpan('unrelated', { root: true }, call))));
  await receiver.until(() => receiver.span('outer'));
  assert.ok(meta.traceparent.startsWith(`00-${receiver.span('outer').trace_id}-`));
});

test('without an active span there is a new trace, and a span that records nothing is none', async (t) => {
  const { collector } = await reporting(t);
  const none = otel.trace.setSpan(otel.context.active(), otel.trace.wrapSpanContext(otel.INVALID_SPAN_CONTEXT));
  const meta = await sentBy(collector, (call) => otel.context.with(none, call));
  assert.match(meta.traceparent, /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-01$/);
});

test('the host\'s instrumentation of HTTP is not shown what the collector sends', async (t) => {
  const { receiver, collector } = await reporting(t);
  const suppressKey = otel.createContextKey('OpenTelemetry SDK Context Key SUPPRESS_TRACING');
  const { default: http } = await import('node:http');
  const suppressed = [];
  const emit = http.ClientRequest.prototype.emit;
  t.mock.method(http.ClientRequest.prototype, 'emit', function (event, ...args) {
    if (event === 'socket') suppressed.push(otel.context.active().getValue(suppressKey));
    return emit.call(this, event, ...args);
  });
  await tracer.startActiveSpan('host', async () => collector.recordOperation('ts-client', 'op', 1));
  await receiver.until(() => receiver.span('op'));
  assert.deepEqual(suppressed, [true]);
});

test('the collector never loads OpenTelemetry', async () => {
  const { code, stdout } = await run(`
    import { createRequire } from 'node:module';
    import { PerformanceCollector } from 'goxel-telemetry-collector';
    const collector = new PerformanceCollector({ layer: 'ts-client', bridge: false });
    await collector.span('ts-client', 'op', async () => {});
    createRequire(import.meta.url)('goxel-telemetry-collector');
    const loaded = Object.keys(createRequire(import.meta.url).cache).filter((file) => !file.includes('goxel-telemetry-collector'));
    console.log(JSON.stringify([loaded, Symbol.for('opentelemetry.js.api.1') in globalThis]));`);
  assert.deepEqual([code, stdout], [0, '[[],false]\n']);
});
