// SPDX-License-Identifier: GPL-3.0-or-later
// A bridge that listens on a Unix socket.
import assert from 'node:assert/strict';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { PerformanceCollector } from 'goxel-telemetry-collector';
import { Receiver } from './receiver.mjs';
import { run } from './support.mjs';

async function temporaryFolder(t) {
  const folder = await mkdtemp('/tmp/collector-');
  t.after(() => rm(folder, { recursive: true }));
  return folder;
}

async function listening(t, path) {
  const receiver = await new Receiver().start({ path });
  t.after(() => receiver.stop().catch(() => {}));
  return receiver;
}

function reportingTo(t, bridge, options = {}) {
  const collector = new PerformanceCollector({ layer: 'mcp-server', bridge, flushIntervalMs: 5, ...options });
  t.after(() => collector.close(0));
  return collector;
}

/** What a process that reports to `bridge` says on stderr. */
async function warningAbout(bridge, env = {}) {
  const { code, stdout, stderr } = await run(`
    import { PerformanceCollector } from 'goxel-telemetry-collector';
    new PerformanceCollector({ layer: 'mcp-server', ${bridge === undefined ? '' : `bridge: ${JSON.stringify(bridge)}`} })
      .recordOperation('mcp-server', 'op', 1);`, { env });
  assert.deepEqual([code, stdout], [0, '']);
  return stderr;
}

test('is reached by its path, with or without "unix:", whatever characters it has', async (t) => {
  const path = join(await temporaryFolder(t), 'spans %20 é ?#.sock');
  const receiver = await listening(t, path);
  for (const bridge of [`unix:${path}`, `unix://${path}`, path]) {
    reportingTo(t, bridge).recordOperation('mcp-server', bridge, 1);
    await receiver.until(() => receiver.span(bridge));
  }
});

test('is named by the environment', async (t) => {
  const path = join(await temporaryFolder(t), 'spans.sock');
  const receiver = await listening(t, path);
  assert.equal(await warningAbout(undefined, { GOXEL_TELEMETRY_BRIDGE: `unix:${path}` }), '');
  await receiver.until(() => receiver.span('op'));
});

test('a relative path is from where the process was when it made its collector', async (t) => {
  const folder = await temporaryFolder(t);
  const receiver = await listening(t, join(folder, 'spans.sock'));
  const before = process.cwd();
  process.chdir(folder);
  const collector = reportingTo(t, 'unix:spans.sock');
  process.chdir(before);
  collector.recordOperation('mcp-server', 'op', 1);
  await receiver.until(() => receiver.span('op'));
});

test('a relative path of a folder that was removed is one warning', async (t) => {
  const folder = await temporaryFolder(t);
  const { code, stderr } = await run(`
    import { mkdirSync, rmdirSync } from 'node:fs';
    import { PerformanceCollector } from 'goxel-telemetry-collector';
    mkdirSync('${folder}/gone');
    process.chdir('${folder}/gone');
    rmdirSync('${folder}/gone');
    new PerformanceCollector({ layer: 'mcp-server', bridge: 'unix:spans.sock' }).recordOperation('mcp-server', 'op', 1);`);
  assert.equal(code, 0);
  assert.match(stderr, /is no address of a telemetry bridge/);
});

test('a path that no socket can have is one warning, and nothing else is reached instead', async (t) => {
  const folder = await temporaryFolder(t);
  // 107 bytes; in a name that is one longer, Node before 20 would leave the last one out.
  const longest = join(folder, 'x'.repeat(107 - folder.length - 1));
  const receiver = await listening(t, longest);
  for (const bridge of [`unix:${longest}y`, 'unix:']) {
    const warning = await warningAbout(bridge);
    assert.match(warning, /is no address of a telemetry bridge/);
    assert.equal(warning.split('is no address').length, 2, warning);
  }
  assert.equal(receiver.requests.length, 0);
  assert.equal(await warningAbout(`unix:${longest}`), '');
  await receiver.until(() => receiver.span('op'));
});

test('a bridge that comes later, and comes back, gets everything once', async (t) => {
  const path = join(await temporaryFolder(t), 'spans.sock');
  const collector = reportingTo(t, `unix:${path}`);
  collector.recordOperation('mcp-server', 'before', 1);
  while (collector.stats.lastProblem === undefined) await new Promise(setImmediate);
  assert.equal(collector.stats.lastProblem, 'the bridge does not answer: ENOENT');
  const first = await listening(t, path);
  assert.equal(await collector.flush(20_000), true);
  await first.stop();
  collector.recordOperation('mcp-server', 'between', 1);
  const second = await listening(t, path);
  await second.until(() => second.span('between'));
  assert.deepEqual(first.spans.map((span) => span.operation), ['before']);
  assert.deepEqual(second.spans.map((span) => span.operation), ['between']);
});

test('who may not connect is told so', { skip: process.getuid() !== 0 && 'needs root, to become somebody else' }, async (t) => {
  const folder = await temporaryFolder(t);
  await chmod(folder, 0o755);
  const path = join(folder, 'spans.sock');
  await listening(t, path);
  await chmod(path, 0o600);
  const { stdout, stderr } = await run(`
    import { PerformanceCollector } from 'goxel-telemetry-collector';
    process.setgroups([]); process.setgid(65534); process.setuid(65534);
    const collector = new PerformanceCollector({ layer: 'mcp-server', bridge: 'unix:${path}' });
    collector.recordOperation('mcp-server', 'op', 1);
    await collector.close();
    console.log(collector.stats.lastProblem);`);
  assert.deepEqual([stdout, stderr], ['the bridge does not answer: EACCES\n', '']);
});

test('what is left is sent when the process calls process.exit()', async (t) => {
  const path = join(await temporaryFolder(t), 'spans.sock');
  const receiver = await listening(t, path);
  const { code } = await run(`
    import { PerformanceCollector } from 'goxel-telemetry-collector';
    const collector = new PerformanceCollector({ layer: 'mcp-server', bridge: 'unix:${path}', flushIntervalMs: 60_000 });
    collector.recordOperation('mcp-server', 'first', 1);
    while (collector.stats.taken < 1) await new Promise((resolve) => setTimeout(resolve, 1));
    collector.recordOperation('mcp-server', 'last', 1);
    process.exit(0);`);
  assert.equal(code, 0);
  await receiver.until(() => receiver.span('last'));
  assert.deepEqual(receiver.spans.map((span) => span.operation), ['first', 'last']);
});
