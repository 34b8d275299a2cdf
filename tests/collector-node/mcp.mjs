// SPDX-License-Identifier: GPL-3.0-or-later
// The same conversation between an MCP client and an MCP server, for both majors of the SDK and several transports.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PerformanceCollector, wrapClient } from 'goxel-telemetry-collector';
import { startReceiver } from './support.mjs';

/**
 * Tests of a pair. `connect(t, receiverUrl)` gives { client, call } where call(name, args, meta, options) calls a tool of a connected
 * client, whose server is wrapped and reports to the receiver, too; `client` was wrapped with `collector` before it was connected.
 * Where a `cancellation` does not reach the request by the transport's nature, nothing is expected of it in the server.
 */
export function mcpTests(name, connect, { cancellation = true } = {}) {
  async function pair(t) {
    const receiver = await startReceiver(t);
    const collector = new PerformanceCollector({ layer: 'mcp-client', bridge: receiver.url, flushIntervalMs: 5 });
    const { client, call } = await connect(t, receiver.url, (made) => wrapClient(made, collector));
    t.after(async () => {
      await client.close();
      await collector.close(0);
    });
    const spans = (operation, layer) => receiver.spans.filter((span) =>
      span.operation === operation && (span.layer ?? receiver.batches.find((batch) => batch.spans.includes(span)).source.layer) === layer);
    const both = async (operation, count = 1) => {
      await receiver.until(() => spans(operation, 'mcp-client').length >= count && spans(operation, 'mcp-server').length >= count, operation);
      const [outer, inner] = [spans(operation, 'mcp-client').at(-1), spans(operation, 'mcp-server').at(-1)];
      return { outer, inner };
    };
    return { receiver, collector, client, call, spans, both };
  }
  const textOf = (result) => result.content[0].text;

  test(`${name}: a tool's call is one operation in both layers, named like the tool`, async (t) => {
    const { call, both, spans } = await pair(t);
    assert.equal(textOf(await call('add_voxel', { n: 7 })), '7');
    const { outer, inner } = await both('add_voxel');
    assert.equal(inner.trace_id, outer.trace_id);
    assert.deepEqual([outer.status, inner.status, outer.protocol, inner.protocol], ['ok', 'ok', 'mcp', 'mcp']);
    // The server works while the client waits, by the same clock.
    assert.ok(BigInt(outer.start_ns) <= BigInt(inner.start_ns));
    assert.ok(inner.duration_ns <= outer.duration_ns);
    assert.equal(spans('tools/call', 'mcp-client').length, 0);
  });

  test(`${name}: a list is named like its method, and notifications are no operations`, async (t) => {
    const { client, both, receiver } = await pair(t);
    await client.listTools();
    await both('tools/list');
    const operations = receiver.spans.map((span) => span.operation);
    assert.deepEqual(operations.filter((operation) => operation.startsWith('notifications/')), []);
  });

  test(`${name}: a tool that fails is an error in both layers, an unknown method has its code`, async (t) => {
    const { call, both, client } = await pair(t);
    const result = await call('broken', {});
    assert.equal(result.isError, true);
    const { outer, inner } = await both('broken');
    assert.deepEqual([outer.status, inner.status], ['error', 'error']);

    // Over HTTP of 2026-07-28 it is a 404, of which the client's SDK makes an error of its own, without JSON-RPC's code.
    const error = await request(client, 'resources/list').catch((rejection) => rejection);
    const unknown = await both('resources/list');
    assert.deepEqual([unknown.outer.status, unknown.outer.error_code], ['error', Number.isInteger(error.code) ? error.code : undefined]);
    assert.deepEqual([unknown.inner.status, unknown.inner.error_code], ['error', -32601]);
  });

  test(`${name}: a call that its caller gives up is cancelled in both layers`, async (t) => {
    const { call, both, receiver, spans } = await pair(t);
    const giveUp = new AbortController();
    const called = call('never', {}, undefined, { signal: giveUp.signal });
    // It must have arrived before it can be cancelled: what follows on the same connection comes later.
    await call('add_voxel', {});
    giveUp.abort('changed my mind');
    await assert.rejects(called);
    await receiver.until(() => spans('never', 'mcp-client').length === 1);
    assert.equal(spans('never', 'mcp-client')[0].status, 'cancelled');
    if (cancellation) assert.equal((await both('never')).inner.status, 'cancelled');
  });

  test(`${name}: a call whose time runs out is unanswered`, async (t) => {
    const { call, both, receiver, spans } = await pair(t);
    await assert.rejects(call('never', {}, undefined, { timeout: 300 }));
    await receiver.until(() => spans('never', 'mcp-client').length === 1);
    assert.equal(spans('never', 'mcp-client')[0].status, 'unanswered');
    if (cancellation) assert.match((await both('never')).inner.status, /^(cancelled|unanswered)$/);
  });

  test(`${name}: progress ends nothing`, async (t) => {
    const { call, both, spans } = await pair(t);
    await call('progressing', {}, undefined, { onprogress: () => {} });
    const { outer, inner } = await both('progressing');
    // The tool goes on for a while after it.
    const end = (span) => BigInt(span.start_ns) + BigInt(span.duration_ns);
    assert.ok(end(outer) >= end(inner));
    assert.deepEqual([outer.status, inner.status], ['ok', 'ok']);
    assert.equal(spans('progressing', 'mcp-client').length, 1);
  });

  test(`${name}: a caller's own context is kept: the same trace, a new parent, state and baggage as they were`, async (t) => {
    const { call, both } = await pair(t);
    const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
    const given = { traceparent: `00-${traceId}-00f067aa0ba902b7-00`, tracestate: 'a=1', baggage: 'user=7', other: { kept: true } };
    const meta = JSON.parse(textOf(await call('meta', {}, given)));
    assert.match(meta.traceparent, new RegExp(`^00-${traceId}-[0-9a-f]{16}-00$`));
    assert.notEqual(meta.traceparent, given.traceparent);
    assert.deepEqual([meta.tracestate, meta.baggage, meta.other], ['a=1', 'user=7', { kept: true }]);
    const { outer, inner } = await both('meta');
    assert.deepEqual([outer.trace_id, inner.trace_id], [traceId, traceId]);
  });

  test(`${name}: a malformed context is replaced, and its state goes with it`, async (t) => {
    const { call, both } = await pair(t);
    const zeros = '00000000000000000000000000000000';
    for (const [i, traceparent] of ['', 'x', `00-${zeros}-00f067aa0ba902b7-01`, '00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01',
      '00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01', 'ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
      '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more'].entries()) {
      const meta = JSON.parse(textOf(await call('meta', {}, { traceparent, tracestate: 'a=1' })));
      const { outer, inner } = await both('meta', i + 1);
      assert.match(meta.traceparent, new RegExp(`^00-${outer.trace_id}-[0-9a-f]{16}-[0-9a-f]{2}$`));
      assert.ok(!/4bf92f35|^0+$/i.test(outer.trace_id));
      assert.equal(inner.trace_id, outer.trace_id);
      assert.equal(meta.tracestate, undefined);
    }
  });

  test(`${name}: what the caller does in a span, and what the handler calls, belongs to the call's trace`, async (t) => {
    const { collector, call, both, receiver } = await pair(t);
    await collector.span('mcp-client', 'work', () => call('outer_tool', {}));
    const { inner } = await both('outer_tool');
    await receiver.until(() => receiver.span('work') && receiver.span('inner'));
    assert.equal(receiver.span('work').trace_id, inner.trace_id);
    assert.equal(receiver.span('inner').trace_id, inner.trace_id);
  });

  test(`${name}: a hundred calls at once are told apart`, async (t) => {
    const { call, receiver, spans } = await pair(t);
    const results = await Promise.all(Array.from({ length: 100 }, (_, n) => call('add_voxel', { n })));
    assert.deepEqual(results.map(textOf), Array.from({ length: 100 }, (_, n) => String(n)));
    await receiver.until(() => spans('add_voxel', 'mcp-server').length === 100 && spans('add_voxel', 'mcp-client').length === 100);
    const traces = (layer) => new Set(spans('add_voxel', layer).map((span) => span.trace_id));
    assert.equal(traces('mcp-client').size, 100);
    assert.deepEqual(traces('mcp-server'), traces('mcp-client'));
  });

  test(`${name}: a client that is wrapped twice reports once`, async (t) => {
    const { client, collector, call, both, spans } = await pair(t);
    assert.equal(wrapClient(client, collector), client);
    await call('add_voxel', {});
    await both('add_voxel');
    assert.equal(spans('add_voxel', 'mcp-client').length, 1);
  });
}

let passThrough;
/** A request that the SDK does not check against the server's capabilities. */
function request(client, method) {
  return client.request({ method }, passThrough);
}
/** A schema that takes any result, in the words of the SDK under test. */
export function setPassThrough(schema) { passThrough = schema; }
