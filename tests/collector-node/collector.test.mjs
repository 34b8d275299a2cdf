// SPDX-License-Identifier: GPL-3.0-or-later
// The collector and what it sends, as a bridge sees it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PerformanceCollector } from 'goxel-telemetry-collector';
import { Receiver } from './receiver.mjs';
import { reporting } from './support.mjs';

test('a span has the times of the machine\'s monotonic clock, and its result is that of its function', async (t) => {
  const { receiver, collector } = await reporting(t, { stack: '2-layer' });
  const before = process.hrtime.bigint();
  let inside;
  const result = await collector.span('ts-client', 'add_voxel', async () => {
    inside = process.hrtime.bigint();
    return 'value';
  });
  const after = process.hrtime.bigint();
  assert.equal(result, 'value');
  await receiver.until(() => receiver.span('add_voxel'));

  const span = receiver.span('add_voxel');
  assert.ok(before <= BigInt(span.start_ns) && BigInt(span.start_ns) <= inside);
  const end = BigInt(span.start_ns) + BigInt(span.duration_ns);
  assert.ok(inside <= end && end <= after);
  assert.match(span.trace_id, /^[0-9a-f]{32}$/);
  assert.equal(span.status, 'ok');
  assert.equal(span.stack, '2-layer');
  const { instance, source, batch, completed, dropped } = receiver.batches[0];
  assert.deepEqual([instance, batch, completed, dropped], ['test', 1, 1, 0]);
  assert.deepEqual([source.pid, source.layer], [process.pid, 'ts-client']);
  assert.match(source.id, /^[0-9a-f]{16}$/);
  assert.deepEqual([receiver.requests[0].path, receiver.requests[0].headers['content-type']], ['/api/v1/spans', 'application/json']);
});

test('an operation that is recorded has ended just now and took what it is said to have taken', async (t) => {
  const { receiver, collector } = await reporting(t);
  const before = process.hrtime.bigint();
  collector.recordOperation('mcp-server', 'render', 12.5);
  const after = process.hrtime.bigint();
  await receiver.until(() => receiver.span('render'));
  const { start_ns, duration_ns, layer } = receiver.span('render');
  assert.equal(duration_ns, 12_500_000);
  assert.equal(layer, 'mcp-server');
  const end = BigInt(start_ns) + BigInt(duration_ns);
  assert.ok(before <= end && end <= after);
});

test('a function that fails is an error with its code, one that is aborted is cancelled, and both fail as before', async (t) => {
  const { receiver, collector } = await reporting(t);
  const coded = Object.assign(new Error('no'), { code: -32602 });
  const aborted = new DOMException('gone', 'AbortError');
  await assert.rejects(collector.span('ts-client', 'coded', async () => { throw coded; }), (error) => error === coded);
  await assert.rejects(collector.span('ts-client', 'thrown', () => { throw null; }), (error) => error === null);
  await assert.rejects(collector.span('ts-client', 'aborted', () => Promise.reject(aborted)), (error) => error === aborted);
  await receiver.until(() => receiver.spans.length === 3);
  const facts = receiver.spans.map(({ operation, status, error_code }) => [operation, status, error_code]);
  assert.deepEqual(facts, [['coded', 'error', -32602], ['thrown', 'error', undefined], ['aborted', 'cancelled', undefined]]);
});

test('what runs within a span has its trace, and what runs beside it has another', async (t) => {
  const { receiver, collector } = await reporting(t);
  const nested = (name) => collector.span('mcp-server', `${name} outer`, async () => {
    await new Promise(setImmediate);
    await collector.span('ts-client', `${name} inner`, async () => {});
    collector.recordOperation('ts-client', `${name} recorded`, 1);
  });
  await Promise.all([nested('a'), nested('b')]);
  await receiver.until(() => receiver.spans.length === 6);
  const trace = (operation) => receiver.span(operation).trace_id;
  for (const name of ['a', 'b']) {
    assert.equal(trace(`${name} inner`), trace(`${name} outer`));
    assert.equal(trace(`${name} recorded`), trace(`${name} outer`));
  }
  assert.notEqual(trace('a outer'), trace('b outer'));
});

test('batches are numbered one by one, and count what has ended', async (t) => {
  const { receiver, collector } = await reporting(t);
  for (let i = 1; i <= 3; ++i) {
    collector.recordOperation('ts-client', `op ${i}`, 1);
    assert.equal(await collector.flush(), true);
  }
  assert.deepEqual(receiver.requests.map((request) => [request.number, request.batch.completed]), [[1, 1], [2, 2], [3, 3]]);
  assert.deepEqual([collector.stats.completed, collector.stats.taken, collector.stats.queued], [3, 3, 0]);
});

test('names are cut at 55 bytes at a character\'s edge and hold no control characters', async (t) => {
  const { receiver, collector } = await reporting(t);
  // 55 bytes fit; of 28 two-byte characters (56 bytes) 26 stay, 52 bytes, before the three of the ellipsis.
  const names = ['x'.repeat(55), 'é'.repeat(28), 'a\nb\u0000"c\\', '', '\ud800'];
  for (const name of names) collector.recordOperation('ts-client', name, 1);
  await receiver.until(() => receiver.spans.length === names.length);
  assert.deepEqual(receiver.spans.map((span) => span.operation),
    ['x'.repeat(55), `${'é'.repeat(26)}…`, 'a\ufffdb\ufffd"c\\', '_OTHER', '\ufffd']);
});

test('many spans go in several batches, each within the bridge\'s bounds', async (t) => {
  const { receiver, collector } = await reporting(t);
  for (let i = 0; i < 12_000; ++i) collector.recordOperation('ts-client', `operation ${i % 7}`, 1);
  assert.equal(await collector.flush(20_000), true);
  assert.equal(receiver.spans.length, 12_000);
  assert.equal(receiver.requests.length, receiver.batches.length, 'a bridge that answers gets each batch once');
  for (const { text, batch } of receiver.requests) assert.ok(text.length < 1 << 20 && batch.spans.length <= 5_000);
});

test('the environment says where the bridge is and which instance is below', async (t) => {
  const receiver = await new Receiver().start();
  process.env.GOXEL_TELEMETRY_BRIDGE = receiver.url;
  process.env.GOXEL_TELEMETRY_INSTANCE = 'other';
  const collector = new PerformanceCollector({ layer: 'mcp-server' });
  delete process.env.GOXEL_TELEMETRY_BRIDGE;
  delete process.env.GOXEL_TELEMETRY_INSTANCE;
  t.after(async () => { await collector.close(0); await receiver.stop(); });
  collector.recordOperation('mcp-server', 'op', 1);
  await receiver.until(() => receiver.span('op'));
  assert.equal(receiver.batches[0].instance, 'other');
});

test('a token goes with every request, if there is one', async (t) => {
  const { receiver, collector } = await reporting(t, { token: 'secret' });
  collector.recordOperation('ts-client', 'op', 1);
  await receiver.until(() => receiver.span('op'));
  assert.equal(receiver.requests[0].headers.authorization, 'Bearer secret');
  const without = await reporting(t, { token: 'no\r\ntoken' });
  without.collector.recordOperation('ts-client', 'op', 1);
  await without.receiver.until(() => without.receiver.span('op'));
  assert.equal(without.receiver.requests[0].headers.authorization, undefined);
});

test('nothing that a caller passes makes the collector throw', async (t) => {
  const { receiver, collector } = await reporting(t);
  for (const duration of [NaN, -1, Infinity, undefined, null, 'x', 1e300, {}]) collector.recordOperation('ts-client', 'bad', duration);
  collector.recordOperation('no-such-layer', 'unknown layer', 1);
  collector.recordOperation(undefined, Symbol('s'), 1);
  for (const operation of [undefined, Symbol('s'), {}]) collector.recordOperation('ts-client', operation, 1);
  for (const metric of ['latency', 'nothing', '__proto__', undefined]) assert.ok(Array.isArray(collector.recent(metric)));
  collector.recordOperation('ts-client', 'good', 1);
  await receiver.until(() => receiver.span('good'));
  assert.deepEqual(receiver.spans.map((span) => span.operation), ['_OTHER', '_OTHER', '_OTHER', 'good']);
  assert.doesNotThrow(() => new PerformanceCollector({ layer: 'ts-client', bridge: 'ftp://nowhere' }));
});
