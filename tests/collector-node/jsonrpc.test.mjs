// SPDX-License-Identifier: GPL-3.0-or-later
// JSON-RPC clients: one that has call() or request(), and a socket alone.
import assert from 'node:assert/strict';
import { createServer, connect } from 'node:net';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { instrumentJsonRpc, instrumentSocket } from 'goxel-telemetry-collector';
import { reporting } from './support.mjs';

const traceparent = (traceId) => new RegExp(`^00-${traceId}-[0-9a-f]{16}-[0-9a-f]{2}$`);

for (const name of ['call', 'request']) {
  test(`a client's ${name}() is an operation, and its context goes with its parameters`, async (t) => {
    const { receiver, collector } = await reporting(t);
    const seen = [];
    const client = { prefix: 'p', async [name](method, params, ...more) { seen.push(params); return [this.prefix, method, ...more]; } };
    assert.equal(instrumentJsonRpc(client, collector), client);
    const given = { x: 1, _meta: { mine: true } };
    assert.deepEqual(await client[name]('goxel.add_voxel', given, 'extra'), ['p', 'goxel.add_voxel', 'extra']);
    await client[name]('goxel.ping');
    await receiver.until(() => receiver.spans.length === 2);
    const [add, ping] = receiver.spans;
    assert.deepEqual([add.operation, add.status, add.protocol], ['goxel.add_voxel', 'ok', 'jsonrpc']);
    assert.match(seen[0]._meta.traceparent, traceparent(add.trace_id));
    assert.deepEqual([seen[0].x, seen[0]._meta.mine, given], [1, true, { x: 1, _meta: { mine: true } }]);
    assert.match(seen[1]._meta.traceparent, traceparent(ping.trace_id));
  });
}

test('an operation of a client that works within a span belongs to its trace', async (t) => {
  const { receiver, collector } = await reporting(t);
  const client = instrumentJsonRpc({ call: async () => {} }, collector);
  await collector.span('mcp-server', 'tool', () => client.call('method', {}));
  await receiver.until(() => receiver.spans.length === 2);
  assert.equal(receiver.span('method').trace_id, receiver.span('tool').trace_id);
});

test('a client whose call() uses its request() reports once', async (t) => {
  const { receiver, collector } = await reporting(t);
  const client = instrumentJsonRpc({
    async call(method, params) { await null; return this.request(method, params); },
    async request() { return 7; },
  }, collector);
  assert.equal(await client.call('inner', {}), 7);
  assert.equal(await client.request('inner', {}), 7);
  await collector.flush();
  assert.equal(receiver.spans.length, 2);
});

test('a client\'s failures keep their codes and reach the caller as they were', async (t) => {
  const { receiver, collector } = await reporting(t);
  const errors = {
    coded: Object.assign(new Error(), { code: -32602 }), plain: new Error(), aborted: new DOMException('', 'AbortError'),
    late: new DOMException('', 'TimeoutError'), broken: Object.assign(new Error(), { code: 'ECONNRESET' }),
  };
  const client = instrumentJsonRpc({
    call: (method) => { if (method === 'thrown') throw errors.plain; return Promise.reject(errors[method]); },
  }, collector);
  for (const method of Object.keys(errors)) await assert.rejects(client.call(method), (error) => error === errors[method]);
  assert.throws(() => client.call('thrown'), (error) => error === errors.plain);
  await receiver.until(() => receiver.spans.length === 6);
  assert.deepEqual(receiver.spans.map(({ operation, status, error_code }) => [operation, status, error_code]), [
    ['coded', 'error', -32602], ['plain', 'error', undefined], ['aborted', 'cancelled', undefined], ['late', 'unanswered', undefined],
    ['broken', 'unanswered', undefined], ['thrown', 'error', undefined]]);
});

test('parameters by position are passed on as they are', async (t) => {
  const { receiver, collector } = await reporting(t);
  const seen = [];
  const client = instrumentJsonRpc({ call: async (_, params) => { seen.push(params); } }, collector);
  const params = [1, 2];
  await client.call('by position', params);
  assert.equal(seen[0], params);
  await receiver.until(() => receiver.span('by position'));
});

/** A server that gets lines, and a socket to it that is instrumented. */
async function socketPair(t, answer, options) {
  const { receiver, collector } = await reporting(t);
  const lines = [];
  const server = createServer((peer) => createInterface({ input: peer }).on('line', (line) => {
    lines.push(line);
    answer(JSON.parse(line), (reply) => peer.write(`${JSON.stringify(reply)}\n`), peer);
  }));
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const socket = connect(server.address().port, '127.0.0.1');
  assert.equal(instrumentSocket(socket, collector, options), socket);
  t.after(() => { socket.destroy(); server.close(); });
  return { receiver, collector, lines, socket };
}
const reply = ({ id }, send) => send({ jsonrpc: '2.0', id, result: 0 });

test('a socket\'s requests are operations, and their lines differ by the context alone', async (t) => {
  const { receiver, lines, socket } = await socketPair(t, reply);
  const texts = [
    '{"jsonrpc":"2.0","id":1,"method":"a","params":{"x":1.0,"big":12345678901234567890}}',
    '{"jsonrpc": "2.0", "id": 2, "params": { }, "method": "b"}',
    '{"jsonrpc":"2.0","id":"3","method":"c"}',
    '{"id":4,"method":"d","params":{"_meta":{"k":1},"s":"\\"params\\":{"}}',
    '{"id":5,"method":"e","params":[1]}',
    '{"id":6,"method":"é","params":{"nested":{"params":{}},"list":[{"_meta":0}]}}',
  ];
  for (const text of texts) socket.write(`${text}\n`);
  await receiver.until(() => receiver.spans.length === texts.length);
  const trace = (operation) => receiver.span(operation).trace_id;
  const context = (i, operation) => {
    const { _meta } = JSON.parse(lines[i]).params;
    assert.match(_meta.traceparent, traceparent(trace(operation)));
    return `{"traceparent":"${_meta.traceparent}"}`;
  };
  assert.deepEqual(lines, [
    `{"jsonrpc":"2.0","id":1,"method":"a","params":{"_meta":${context(0, 'a')},"x":1.0,"big":12345678901234567890}}`,
    `{"jsonrpc": "2.0", "id": 2, "params": {"_meta":${context(1, 'b')} }, "method": "b"}`,
    `{"params":{"_meta":${context(2, 'c')}},"jsonrpc":"2.0","id":"3","method":"c"}`,
    `{"id":4,"method":"d","params":{"_meta":${context(3, 'd').replace('{', '{"k":1,')},"s":"\\"params\\":{"}}`,
    texts[4],
    `{"id":6,"method":"é","params":{"_meta":${context(5, 'é')},"nested":{"params":{}},"list":[{"_meta":0}]}}`,
  ]);
});

test('however a socket\'s bytes are cut, each request is one operation', async (t) => {
  const { receiver, lines, socket } = await socketPair(t, reply);
  const message = (id, method) => JSON.stringify({ id, method, params: { text: 'é' } });
  const bytes = Buffer.from(`${message(1, 'cut')}\n`);
  const middle = bytes.indexOf(0xc3) + 1;
  socket.write(bytes.subarray(0, middle));
  socket.write(bytes.subarray(middle));
  socket.write(`${message(2, 'two')}\n${message(3, 'at once')}\n`);
  socket.write(message(4, 'newline later'));
  socket.write('\n');
  socket.write(Buffer.from(`${message(5, 'bytes')}\n`));
  socket.write(Buffer.from(`${message(6, 'latin')}\n`).toString('latin1'), 'latin1');
  socket.write(`${message(7, 'last')}\n`, () => {});
  await receiver.until(() => receiver.spans.length >= 6);
  assert.deepEqual(receiver.spans.map((span) => span.operation), ['cut', 'two', 'at once', 'newline later', 'bytes', 'last']);
  const withContext = lines.map((line) => JSON.parse(line)).filter(({ params }) => params._meta !== undefined).map(({ method }) => method);
  assert.deepEqual(withContext, ['two', 'at once', 'newline later', 'bytes', 'last']);
  for (const line of lines) assert.equal(JSON.parse(line).params.text, 'é');
});

test('answers in any order and any pieces end their own requests, and what is no answer ends none', async (t) => {
  const { receiver, socket } = await socketPair(t, ({ id }, _, peer) => {
    if (id !== 3) return;
    peer.write('{"id":"1","result":0}\nno JSON\n{"method":"notifications/progress","params":{}}\n{"id":2,"method":"theirs"}\n{"id":3,"resu');
    setImmediate(() => peer.write('lt":{"isError":true}}\n{"id":2,"error":{"code":-32000}}\n{"id":1,"result":null}\n'));
  });
  let read = '';
  socket.on('data', (data) => { read += data; });
  for (const id of [1, 2, 3]) socket.write(`{"id":${id},"method":"m${id}"}\n`);
  socket.write('{"method":"notification"}\n');
  await receiver.until(() => receiver.spans.length === 3);
  assert.deepEqual(receiver.spans.map(({ operation, status, error_code }) => [operation, status, error_code]),
    [['m3', 'error', undefined], ['m2', 'error', -32000], ['m1', 'ok', undefined]]);
  assert.match(read, /^\{"id":"1".*\{"id":1,"result":null\}\n$/s);
});

test('a socket that nobody reads from is not made to flow', async (t) => {
  const { socket } = await socketPair(t, reply);
  socket.write('{"id":1,"method":"m"}\n');
  await new Promise((resolve) => socket.once('readable', resolve));
  assert.equal(socket.read().toString(), '{"jsonrpc":"2.0","id":1,"result":0}\n');
});

test('requests end as unanswered when their socket closes, and when their time is over', async (t) => {
  const closing = await socketPair(t, (_, send, peer) => peer.destroy());
  closing.socket.write('{"id":1,"method":"closed"}\n');
  closing.socket.resume();
  await closing.receiver.until(() => closing.receiver.span('closed'));
  assert.equal(closing.receiver.span('closed').status, 'unanswered');

  const silent = await socketPair(t, () => {}, { unansweredAfterMs: 20 });
  silent.socket.write('{"id":1,"method":"late"}\n');
  await silent.receiver.until(() => silent.receiver.span('late'));
  assert.equal(silent.receiver.span('late').status, 'unanswered');
});

test('a request that MCP cancels is cancelled', async (t) => {
  const { receiver, socket } = await socketPair(t, () => {});
  socket.write('{"id":7,"method":"tools/call","params":{"name":"slow"}}\n');
  socket.write('{"method":"notifications/cancelled","params":{"requestId":7,"reason":"no"}}\n');
  await receiver.until(() => receiver.span('slow'));
  assert.equal(receiver.span('slow').status, 'cancelled');
});
