// SPDX-License-Identifier: GPL-3.0-or-later
// The collector without a bridge.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PerformanceCollector } from 'goxel-telemetry-collector';
import { startReceiver, run } from './support.mjs';

test('without a bridge the latest operations are there, and nothing is sent', async (t) => {
  const receiver = await startReceiver(t);
  process.env.GOXEL_TELEMETRY_BRIDGE = receiver.url;
  const collector = new PerformanceCollector({ layer: 'ts-client', bridge: false });
  delete process.env.GOXEL_TELEMETRY_BRIDGE;
  const before = Date.now();
  collector.recordOperation('ts-client', 'add_voxel', 2.5);
  await collector.span('mcp-server', 'render', async () => {});
  assert.equal(await collector.flush(), true);

  const [first, second] = collector.recent('latency');
  assert.deepEqual([first.value, first.layer, first.operation], [2.5, 'ts-client', 'add_voxel']);
  assert.ok(before <= first.timeMs && first.timeMs <= Date.now());
  assert.deepEqual([second.layer, second.operation], ['mcp-server', 'render']);
  assert.equal(collector.stats.completed, 2);
  await collector.close();
  assert.equal(receiver.requests.length, 0);
});

test('the last 10,000 of a metric are kept, oldest first', () => {
  const collector = new PerformanceCollector({ layer: 'ts-client', bridge: false });
  for (let i = 0; i < 10_003; ++i) collector.recordOperation('ts-client', 'op', i);
  const values = collector.recent('latency').map((sample) => sample.value);
  assert.equal(values.length, 10_000);
  assert.deepEqual([values[0], values[1], values.at(-1)], [3, 4, 10_002]);
  collector.close();
});

test('throughput, memory and CPU of the process are sampled once a second, in their units', async () => {
  const start = process.hrtime.bigint();
  const collector = new PerformanceCollector({ layer: 'ts-client', bridge: false });
  for (let i = 0; i < 100; ++i) collector.recordOperation('ts-client', 'op', 1);
  const cpuStart = process.cpuUsage();
  while (collector.recent('cpu').length === 0) await new Promise(setImmediate);
  const seconds = Number(process.hrtime.bigint() - start) / 1e9;
  const cpu = process.cpuUsage(cpuStart);
  const [throughput] = collector.recent('throughput');
  const [memory] = collector.recent('memory');
  const [cpuUse] = collector.recent('cpu');
  // The collector's stopwatch ran for a second at least, within ours.
  assert.ok(100 / seconds <= throughput.value && throughput.value <= 100 / 0.99, `${throughput.value}`);
  assert.ok(memory.value > 1e6 && memory.value <= process.resourceUsage().maxRSS * 1024, `${memory.value}`);
  assert.ok(cpuUse.value > 0 && cpuUse.value <= (cpu.user + cpu.system + 200_000) / 1e6 / 0.99, `${cpuUse.value}`);
  await collector.close();
});

test('a process that only uses the library ends by itself, silently', async () => {
  const { code, stdout, stderr } = await run(`
    import { PerformanceCollector } from 'goxel-telemetry-collector';
    const collector = new PerformanceCollector({ layer: 'ts-client', bridge: false });
    collector.recordOperation('ts-client', 'op', 1);
    if (collector.recent('latency').length !== 1) process.exitCode = 1;`);
  assert.deepEqual([code, stdout, stderr], [0, '', '']);
});
