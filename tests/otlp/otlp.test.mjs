// SPDX-License-Identifier: GPL-3.0-or-later
// A collector gets what the chain did, whatever it answers.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { test as nodeTest } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually, World } from '../chain/world.mjs';
import { answer, Receiver, traces } from './receiver.mjs';

// What hangs fails.
const test = (name, fn) => nodeTest(name, { timeout: 180_000 }, fn);
const layers = ['mcp-client', 'mcp-server', 'ts-client', 'daemon'];
const all = ['--otlp-share', '1'];

async function receiverFor(t, ...how) {
  const receiver = await new Receiver().start(...how);
  t.after(() => receiver.stop());
  return receiver;
}

async function worldAndReceiver(t, bridgeOptions = all, daemonOptions = []) {
  const receiver = await receiverFor(t);
  return { receiver, world: await World.start(t, daemonOptions, ['--otlp-endpoint', receiver.url, ...bridgeOptions]) };
}

function folderFor(t) {
  const folder = mkdtempSync('/tmp/otlp-');
  t.after(() => rmSync(folder, { recursive: true }));
  return folder;
}

/** Operations through two layers, each of which is sent as two spans. */
async function operations(world, count) {
  const { code, error } = await world.chain('--stack', '2-layer', '--operations', String(count));
  assert.deepEqual({ code, error }, { code: 0, error: '' });
}

/** What the load client counted of 400 operations through layers that it plays itself, and how many of them failed. */
function playedLayers(world) {
  const report = JSON.parse(execFileSync(`${process.env.GOXEL_BUILT}/tests/load-client/goxel-load-client`,
    ['--socket', world.socket, '--connections', '4', '--requests', '100', '--mix', 'mixed', '--layers', world.instance, '--json', '-',
      '--methods', 'goxel.add_voxel,goxel.get_voxel,goxel_add_voxels,goxel_list_layers,no_such_method']));
  const errors = Object.values(report.operations).reduce((sum, operation) => sum + operation.errors, 0);
  assert.ok(errors > 0);
  return { four: report.layers['4-layer'].operations, two: report.layers['2-layer'].operations, errors, seconds: report.seconds };
}

async function exported(world) {
  const text = await world.get('/metrics');
  const of = (name) => Number(new RegExp(`^goxel_otlp_${name} (\\S+)$`, 'm').exec(text)?.[1]);
  return {
    sent: of('spans_sent_total'), waiting: of('spans_waiting'), success: of('last_success_timestamp_seconds'),
    queueFull: of('spans_dropped_total{reason="queue_full"}'), rate: of('spans_dropped_total{reason="rate"}'),
    refused: of('spans_dropped_total{reason="refused"}'), givenUp: of('spans_dropped_total{reason="given_up"}'),
  };
}
const sent = (spans) => ({ sent: spans, waiting: 0, queueFull: 0, rate: 0, refused: 0, givenUp: 0 });

async function untilExported(world, wanted) {
  await eventually(() => exported(world), (seen) => Object.entries(wanted).every(([name, value]) => seen[name] === value), JSON.stringify(wanted));
}

const complaints = (world) => world.log('bridge').split('\n').filter((line) => line.includes('event=otlp '));
const layerOf = (span) => span.attributes['goxel.layer'];
const depthOf = (span, byId) => (span.parentSpanId === undefined ? 0 : 1 + depthOf(byId.get(span.parentSpanId), byId));

test('four layers: each operation is a trace, each layer a span in that of the next outer one', async (t) => {
  const count = 300;
  const { world, receiver } = await worldAndReceiver(t);
  const began = BigInt(Date.now()) * 1_000_000n;
  const { code, error } = await world.chain('--stack', '4-layer', '--transport', 'stdio', '--operations', String(count));
  assert.deepEqual({ code, error }, { code: 0, error: '' });
  // The server answers the handshake itself.
  await receiver.until(() => receiver.spans.length >= 4 * count + 2, 'all spans');
  assert.deepEqual(receiver.faults, []);
  await untilExported(world, sent(4 * count + 2));
  assert.equal(receiver.spans.length, 4 * count + 2);
  assert.ok(Math.abs((await exported(world)).success - Date.now() / 1000) < 60);

  const byTrace = traces(receiver.spans);
  assert.equal(byTrace.length, count + 1);
  for (const spans of byTrace) {
    const byId = new Map(spans.map((span) => [span.spanId, span]));
    const inOrder = [...spans].sort((a, b) => depthOf(a, byId) - depthOf(b, byId));
    assert.deepEqual(inOrder.map(layerOf), spans.length === 2 ? layers.slice(0, 2) : layers);
    assert.doesNotMatch(spans[0].traceId, /^0{16}/);
    assert.deepEqual(inOrder.map(({ kind }) => kind), [3, 2, 3, 2].slice(0, spans.length));
    for (const [i, span] of inOrder.entries()) {
      const layer = layerOf(span);
      const [start, end] = [BigInt(span.startTimeUnixNano), BigInt(span.endTimeUnixNano)];
      assert.ok(began <= start && start < end && end <= BigInt(Date.now()) * 1_000_000n);
      // Layers read the clock by different functions, and calibrations are not exact.
      const slack = 1_000_000n;
      if (i > 0) assert.ok(BigInt(inOrder[i - 1].startTimeUnixNano) - slack <= start && end <= BigInt(inOrder[i - 1].endTimeUnixNano) + slack);
      assert.equal(span.resource['service.name'], `goxel-${layer}`);
      assert.equal(span.resource['process.pid'], layer === 'daemon' ? String(world.pid('daemon')) : undefined);
      assert.deepEqual([span.attributes['goxel.stack'], span.attributes['goxel.instance']], ['4-layer', world.instance]);
      assert.deepEqual([span.status, span.attributes['error.type']], [undefined, undefined]);
      if (layer.startsWith('mcp')) {
        const tool = span.attributes['gen_ai.tool.name'];
        assert.equal(span.name, spans.length === 2 ? 'initialize' : `tools/call ${tool}`);
        assert.equal(span.attributes['mcp.method.name'], spans.length === 2 ? 'initialize' : 'tools/call');
      } else {
        assert.equal(span.attributes['rpc.system.name'], 'jsonrpc');
        assert.equal(span.attributes['rpc.method'], span.name);
      }
    }
  }
  assert.deepEqual(complaints(world), []);
});

test('as many operations and errors as the load client counted', async (t) => {
  const { world, receiver } = await worldAndReceiver(t);
  const { four, two, errors } = playedLayers(world);
  const spans = 4 * four + 2 * two;
  await receiver.until(() => receiver.spans.length >= spans, `${spans} spans`);
  await untilExported(world, sent(spans));
  assert.deepEqual(receiver.faults, []);
  const byTrace = traces(receiver.spans);
  assert.equal(byTrace.filter((trace) => trace.length === 4).length, four);
  assert.equal(byTrace.filter((trace) => trace.length === 2).length, two);
  const failed = receiver.spans.filter((span) => layerOf(span) === 'daemon' && span.status !== undefined);
  assert.equal(failed.length, errors);
  for (const span of failed) assert.deepEqual([span.status, typeof span.attributes['error.type']], [{ code: 2 }, 'string']);
  // Nobody reported these traces to the bridge: of their ids the last half is known.
  for (const span of receiver.spans) assert.match(span.traceId, /^0{16}/);
});

test('without a share, what failed and the slowest of each second', async (t) => {
  const { world, receiver } = await worldAndReceiver(t, ['--otlp-share', '0']);
  const { four, two, errors, seconds } = playedLayers(world);
  const isFailed = (trace) => trace.some(({ status }) => status !== undefined);
  await receiver.until(() => traces(receiver.spans).filter(isFailed).length >= errors, `${errors} failed operations`);
  await receiver.until(() => !traces(receiver.spans).every(isFailed), 'a slow operation');
  // All that waits for its second to be over has come when it is asked to end.
  assert.equal(await world.end('bridge'), 0);
  assert.deepEqual(receiver.faults, []);
  const slow = traces(receiver.spans).filter((trace) => !isFailed(trace)).map((trace) => trace.find(({ parentSpanId }) => parentSpanId === undefined));
  const ofEach = new Map();
  for (const root of slow) ofEach.set(root.name, (ofEach.get(root.name) ?? 0) + 1);
  // Two stacks, two of each second.
  for (const [name, some] of ofEach) assert.ok(some <= 4 * (Math.ceil(seconds) + 1), `${some} of ${name} in ${seconds} s`);
  assert.ok(slow.length < four + two - errors);
});

test('a collector that fails in every way gets all at last, and the log has two lines', async (t) => {
  const { world, receiver } = await worldAndReceiver(t);
  const at = [];
  const ways = [
    (response) => response.socket.destroy(),
    (response) => response.socket.end('\0\x01 this is no HTTP\r\n\r\n'),
    (response) => response.socket.end('HTTP/1.1 20'),
    (response) => response.writeHead(429, { 'Retry-After': '5' }).end('{"code":8,"message":"slowly"}'),
    (response) => response.writeHead(503).end(),
  ];
  receiver.misbehave = (request, response, number) => {
    at.push(Date.now());
    ways[number - 1]?.(response);
    return number <= ways.length;
  };
  await operations(world, 20);
  await receiver.until(() => receiver.spans.length >= 40, '40 spans');
  await untilExported(world, sent(40));
  assert.deepEqual(receiver.faults, []);
  assert.equal(receiver.spans.length, 40);
  assert.ok(at[4] - at[3] >= 5_000, `${at[4] - at[3]} ms after Retry-After: 5`);
  const said = complaints(world);
  assert.equal(said.length, 2, said.join('\n'));
  assert.match(said[0], /spans cannot be sent to http:\/\/localhost:\d+\/v1\/traces: .*trying again/);
  assert.match(said[1], /again; none was lost/);
});

test('a collector that does not answer is asked again, and does not hold up the end', async (t) => {
  const { world, receiver } = await worldAndReceiver(t);
  receiver.misbehave = (request, response, number) => number !== 2;
  await operations(world, 5);
  await receiver.until(() => receiver.spans.length >= 10, '10 spans');
  assert.match(complaints(world).join(), /timed out|Timeout/i);
  await operations(world, 5);
  await receiver.until(() => receiver.requests.length >= 3, 'a request that stalls');
  const asked = Date.now();
  assert.equal(await world.end('bridge'), 0);
  // It may take 2 s, and a request 10 s.
  assert.ok(Date.now() - asked < 7_000, `${Date.now() - asked} ms`);
  assert.match(complaints(world).at(-1), /10 spans were not sent/);
});

test('what the collector rejects counts as refused, and is not sent again', async (t) => {
  const { world, receiver } = await worldAndReceiver(t);
  const elsewhere = await receiverFor(t);
  receiver.misbehave = (request, response) => answer(response, { rejectedSpans: 3, errorMessage: 'too \x1b[31mold' });
  await operations(world, 5);
  await untilExported(world, { ...sent(7), refused: 3 });
  assert.match(complaints(world).at(-1), /3 that the collector refused \(too \S+old\)/);
  assert.doesNotMatch(world.log('bridge'), /\x1b/);

  receiver.misbehave = (request, response) => response.writeHead(307, { Location: `${elsewhere.url}/v1/traces` }).end();
  await operations(world, 5);
  await untilExported(world, { ...sent(7), refused: 13 });
  receiver.misbehave = (request, response) => response.writeHead(400).end('{"code":3,"message":"no"}');
  await operations(world, 5);
  await untilExported(world, { ...sent(7), refused: 23 });
  receiver.misbehave = () => false;
  await operations(world, 5);
  await untilExported(world, { ...sent(17), refused: 23 });
  assert.equal(elsewhere.requests.length, 0);
  // All of an answer's body that is no answer is ignored.
  receiver.misbehave = (request, response) => response.writeHead(200).end('x'.repeat(1_000_000));
  await operations(world, 5);
  await untilExported(world, { ...sent(27), refused: 23 });
  assert.deepEqual(receiver.faults, []);
});

test('a collector that comes later', async (t) => {
  const gone = await new Receiver().start();
  await gone.stop();
  const world = await World.start(t, [], ['--otlp-endpoint', `http://127.0.0.1:${gone.port}`, ...all]);
  await operations(world, 10);
  await eventually(() => complaints(world), (said) => said.length === 1, 'a complaint');
  await untilExported(world, { waiting: 20 });
  const receiver = await receiverFor(t, gone.port);
  await receiver.until(() => receiver.spans.length >= 20, '20 spans');
  await eventually(() => complaints(world), (said) => said.length === 2, 'the end of it');
  await untilExported(world, sent(20));
});

test('a bridge that is started again sends what the one before did not, with whole ids', async (t) => {
  const folder = folderFor(t);
  const { world, receiver } = await worldAndReceiver(t, [...all, '--spans-socket', `${folder}/spans`]);
  const count = 600;
  const chain = world.chain('--bridge', `unix:${folder}/spans`, '--rate', '50', '--operations', String(count));
  await receiver.until(() => receiver.spans.length >= 800, 'what is joined');
  assert.equal(await world.end('bridge'), 0);
  await sleep(1_000);
  world.url = await world.startBridge('bridge');
  const { code, error } = await chain;
  assert.deepEqual({ code, error }, { code: 0, error: '' });
  const whole = () => traces(receiver.spans).filter((trace) => trace.length === 4).length;
  // What was under way when the first one ended is not whole in either: a quarter of a second, and what a busy machine adds.
  await receiver.until(() => whole() > 0.9 * count, 'nearly all operations');
  assert.deepEqual(receiver.faults, []);
  for (const { traceId } of receiver.spans) assert.doesNotMatch(traceId, /^0{16}/);
});

test('TLS, with headers from a file', async (t) => {
  const folder = folderFor(t);
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', '-subj', '/CN=localhost',
    '-addext', 'subjectAltName=DNS:localhost', '-keyout', `${folder}/key`, '-out', `${folder}/cert`], { stdio: 'ignore' });
  const receiver = await receiverFor(t, 0, { key: readFileSync(`${folder}/key`), cert: readFileSync(`${folder}/cert`) });
  writeFileSync(`${folder}/headers`, '# of the vendor\nAuthorization: Bearer voxels\n');
  const headers = ['--otlp-endpoint', receiver.url, '--otlp-headers-file', `${folder}/headers`, ...all];
  const world = await World.start(t, [], [...headers, '--otlp-ca-file', `${folder}/cert`]);
  await operations(world, 5);
  await untilExported(world, sent(10));
  assert.deepEqual([...new Set(receiver.requests.map((request) => request.headers.authorization))], ['Bearer voxels']);
  assert.deepEqual(receiver.faults, []);

  const stranger = await World.start(t, [], headers);
  const before = receiver.requests.length;
  await operations(stranger, 5);
  await eventually(() => complaints(stranger), (said) => said.length > 0, 'a complaint');
  assert.match(complaints(stranger)[0], /certificate/);
  assert.equal(receiver.requests.length, before);
});
