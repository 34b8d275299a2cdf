// SPDX-License-Identifier: GPL-3.0-or-later
// What happens to spans while the bridge is slow, absent, restarted or refuses: nothing is counted twice, every loss is told.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PerformanceCollector } from 'goxel-telemetry-collector';
import { Receiver, status } from './receiver.mjs';
import { reporting } from './support.mjs';

const once = (behaviour) => {
  let done = false;
  return (...args) => !done && (done = true, behaviour(...args));
};

test('a batch that is not answered is sent again unchanged, before any later one', async (t) => {
  const { receiver, collector } = await reporting(t, { requestTimeoutMs: 50 });
  receiver.misbehave = once(() => true);
  collector.recordOperation('ts-client', 'first', 1);
  await receiver.until(() => receiver.requests.length === 1);
  collector.recordOperation('ts-client', 'second', 1);
  await receiver.until(() => receiver.span('second'));
  const [hung, again, later] = receiver.requests;
  assert.equal(again.text, hung.text);
  assert.deepEqual([hung.number, again.number, later.number], [1, 1, 2]);
  assert.deepEqual(later.batch.spans.map((span) => span.operation), ['second']);
});

test('a batch that was taken but whose answer was lost counts once', async (t) => {
  const { receiver, collector } = await reporting(t, { requestTimeoutMs: 5_000 });
  const answered = receiver.batches;
  receiver.misbehave = once((seen, response) => {
    answered.push(seen.batch);
    receiver.misbehave = once((_, second) => {
      second.end(JSON.stringify({ taken: 0, refused: [], duplicate: true }));
      return true;
    });
    response.destroy();
    return true;
  });
  collector.recordOperation('ts-client', 'once', 1);
  assert.equal(await collector.flush(20_000), true);
  assert.deepEqual(receiver.requests.map((request) => request.number), [1, 1]);
  assert.deepEqual([collector.stats.completed, collector.stats.taken], [1, 1]);
});

for (const code of [429, 503, 500, 408, 404, 401, 403]) {
  test(`a bridge that says ${code} gets the same batch later`, async (t) => {
    const { receiver, collector } = await reporting(t);
    receiver.misbehave = once(status(code));
    collector.recordOperation('ts-client', 'op', 1);
    await receiver.until(() => receiver.requests.length === 1);
    await receiver.until(() => collector.stats.lastProblem !== undefined);
    assert.match(collector.stats.lastProblem, new RegExp(code));
    // Asking for a flush is a reason to try again at once.
    assert.equal(await collector.flush(20_000), true);
    assert.deepEqual(receiver.requests.map((request) => request.text), [receiver.requests[0].text, receiver.requests[0].text]);
    assert.equal(receiver.spans.length, 1);
  });
}

test('a bridge that says when to come again is left alone until then', async (t) => {
  const { receiver, collector } = await reporting(t);
  receiver.misbehave = once(status(429, { 'Retry-After': '1' }));
  const start = Date.now();
  collector.recordOperation('ts-client', 'op', 1);
  await receiver.until(() => receiver.span('op'));
  assert.ok(Date.now() - start >= 1_000);
  assert.equal(receiver.requests.length, 2);
});

for (const code of [400, 413]) {
  test(`a batch that is refused with ${code} is not sent again, and the next one tells of its loss`, async (t) => {
    const { receiver, collector } = await reporting(t);
    receiver.misbehave = once(status(code));
    collector.recordOperation('ts-client', 'lost', 1);
    await receiver.until(() => collector.stats.dropped === 1);
    collector.recordOperation('ts-client', 'kept', 1);
    await receiver.until(() => receiver.span('kept'));
    const { number, batch } = receiver.requests[1];
    assert.deepEqual([number, batch.completed, batch.dropped, batch.spans.length], [2, 2, 1, 1]);
    assert.match(collector.stats.lastProblem, new RegExp(code));
  });
}

test('spans that the bridge refuses one by one are counted, with the reason', async (t) => {
  const { receiver, collector } = await reporting(t);
  receiver.misbehave = once((_, response) => {
    response.end(JSON.stringify({ taken: 1, refused: [{ index: 0, why: 'too long ago' }], refused_count: 1, duplicate: false }));
    return true;
  });
  collector.recordOperation('ts-client', 'bad', 1);
  collector.recordOperation('ts-client', 'good', 1);
  assert.equal(await collector.flush(20_000), true);
  const { taken, refused, dropped, lastProblem } = collector.stats;
  assert.deepEqual([taken, refused, dropped], [1, 1, 0]);
  assert.match(lastProblem, /too long ago/);
});

test('while the bridge is away the oldest spans are dropped, and it is told how many when it comes', async (t) => {
  const receiver = await new Receiver().start();
  const { port } = receiver;
  await receiver.stop();
  const collector = new PerformanceCollector({
    layer: 'ts-client', bridge: `http://127.0.0.1:${port}`, flushIntervalMs: 5, maxQueuedSpans: 10,
  });
  t.after(() => collector.close(0));
  collector.recordOperation('ts-client', 'numbered', 1);
  await receiver.until(() => collector.stats.lastProblem !== undefined);
  // The first is in a batch already, which has a number; of the other 25, 10 wait.
  for (let i = 1; i <= 25; ++i) collector.recordOperation('ts-client', `op ${i}`, 1);
  assert.deepEqual([collector.stats.completed, collector.stats.dropped, collector.stats.queued], [26, 15, 11]);

  await receiver.start({ port, host: '127.0.0.1' });
  t.after(() => receiver.stop());
  await receiver.until(() => receiver.span('op 25'));
  assert.deepEqual(receiver.spans.map((span) => span.operation),
    ['numbered', ...Array.from({ length: 10 }, (_, i) => `op ${16 + i}`)]);
  assert.deepEqual([receiver.batches.at(-1).completed, receiver.batches.at(-1).dropped], [26, 15]);
});

test('a bridge that is restarted gets every span once', async (t) => {
  const { receiver, collector } = await reporting(t);
  const { port } = receiver;
  for (let i = 0; i < 40; ++i) {
    collector.recordOperation('ts-client', `op ${i}`, 1);
    if (i === 20) await receiver.stop();
    if (i === 30) await receiver.start({ port, host: '127.0.0.1' });
    await new Promise(setImmediate);
  }
  assert.equal(await collector.flush(20_000), true);
  assert.deepEqual(receiver.spans.map((span) => span.operation), Array.from({ length: 40 }, (_, i) => `op ${i}`));
});

test('a bridge that hangs holds up no operation and no caller', async (t) => {
  const { receiver, collector } = await reporting(t, { maxQueuedSpans: 100 });
  receiver.misbehave = () => true;
  for (let i = 0; i < 1_000; ++i) await collector.span('ts-client', 'op', async () => {});
  assert.equal(collector.stats.completed, 1_000);
  assert.ok(collector.stats.queued <= 1_100);
  assert.equal(await collector.flush(20), false);
});

test('what is no answer of a bridge does no harm', async (t) => {
  const { receiver, collector } = await reporting(t);
  const bodies = ['', 'null', '[]', '7', '{"refused":7}', '{"taken":"x","refused":[null],"refused_count":-1}', 'x'.repeat(1000)];
  receiver.misbehave = (_, response) => {
    const body = bodies.shift();
    if (body === undefined) return false;
    response.end(body);
    return true;
  };
  for (let i = 0; i < 7; ++i) {
    collector.recordOperation('ts-client', 'op', 1);
    assert.equal(await collector.flush(20_000), true);
  }
  collector.recordOperation('ts-client', 'after', 1);
  await receiver.until(() => receiver.span('after'));
});
