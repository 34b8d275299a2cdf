// SPDX-License-Identifier: GPL-3.0-or-later
// A process that ends: what is left goes out, and nothing holds it up. Each script ends within its first flush interval, which is a minute.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startReceiver, run } from './support.mjs';

const prelude = (url) => `
  import { PerformanceCollector } from 'goxel-telemetry-collector';
  const collector = new PerformanceCollector({ layer: 'mcp-client', bridge: '${url}', flushIntervalMs: 60_000, requestTimeoutMs: 60_000 });
  const record = (operation) => collector.recordOperation('mcp-client', operation, 1);
  // The first span makes the connection.
  record('first');
  while (collector.stats.taken < 1 && collector.stats.lastProblem === undefined) await new Promise((resolve) => setTimeout(resolve, 1));
`;

const ends = {
  'has nothing left to do': 'record("last");',
  'calls process.exit()': 'record("last"); process.exit(0);',
  'ends by an uncaught error': 'record("last"); process.on("uncaughtException", () => process.exit(0)); setTimeout(() => { throw new Error(); });',
  'handles SIGTERM by process.exit()': `
    process.on('SIGTERM', () => process.exit(0));
    record('last');
    process.kill(process.pid, 'SIGTERM');
    setTimeout(() => {}, 60_000);`,
  'closes its collector': 'record("last"); if (!await collector.close()) process.exitCode = 1;',
};
for (const [how, script] of Object.entries(ends)) {
  test(`what is left is sent when the process ${how}`, async (t) => {
    const receiver = await startReceiver(t);
    const { code, stdout, stderr } = await run(prelude(receiver.url) + script);
    assert.deepEqual([code, stdout, stderr], [0, '', '']);
    await receiver.until(() => receiver.span('last'));
    assert.deepEqual(receiver.spans.map((span) => span.operation), ['first', 'last']);
  });
}

test('SIGTERM without a handler ends the process by that signal', async (t) => {
  const receiver = await startReceiver(t);
  const { signal, stdout } = await run(`${prelude(receiver.url)}
    record('last');
    process.kill(process.pid, 'SIGTERM');
    setTimeout(() => {}, 60_000);`);
  assert.deepEqual([signal, stdout], ['SIGTERM', '']);
});

test('a process that ends at once sends what it has, if nothing ends it by force', async (t) => {
  const receiver = await startReceiver(t);
  const { code } = await run(`
    import { PerformanceCollector } from 'goxel-telemetry-collector';
    new PerformanceCollector({ layer: 'mcp-client', bridge: '${receiver.url}' }).recordOperation('mcp-client', 'only', 1);`);
  assert.equal(code, 0);
  await receiver.until(() => receiver.span('only'));
});

test('a process ends though its bridge is away', async (t) => {
  const receiver = await startReceiver(t);
  const { url } = receiver;
  await receiver.stop();
  t.mock.method(receiver, 'stop', async () => {});
  const { code, stdout, stderr } = await run(`${prelude(url)} record('last');`);
  assert.deepEqual([code, stdout, stderr], [0, '', '']);
});

test('a process ends though its bridge hangs', async (t) => {
  const receiver = await startReceiver(t);
  receiver.misbehave = () => true;
  // A request would time out after a minute, and so would this test's process.
  const { code, stdout, stderr } = await run(`
    import { PerformanceCollector } from 'goxel-telemetry-collector';
    const collector = new PerformanceCollector({ layer: 'mcp-client', bridge: '${receiver.url}', requestTimeoutMs: 600_000 });
    for (let i = 0; i < 20_000; ++i) collector.recordOperation('mcp-client', 'op', 1);`);
  assert.deepEqual([code, stdout, stderr], [0, '', '']);
});
