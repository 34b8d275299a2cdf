// SPDX-License-Identifier: GPL-3.0-or-later
// The tarball as those see it who install it.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync, mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import * as esm from 'goxel-telemetry-collector';
import { startReceiver } from './support.mjs';

const require = createRequire(import.meta.url);
const cjs = require('goxel-telemetry-collector');

test('the tarball holds what was compiled, its README and its description, and depends on nothing', () => {
  const files = execFileSync('tar', ['-tzf', process.env.TARBALL], { encoding: 'utf8' }).trim().split('\n');
  assert.ok(files.includes('package/README.md'));
  for (const file of files) assert.match(file, /^package\/(README\.md|package\.json|dist\/(esm|cjs)\/.*(\.js|\.d\.ts|package\.json))$/);
  const description = require('goxel-telemetry-collector/package.json');
  for (const kind of ['dependencies', 'peerDependencies', 'optionalDependencies', 'bundledDependencies']) {
    assert.equal(description[kind], undefined);
  }
});

test('import and require give the same names', () => {
  assert.deepEqual(Object.keys(cjs).filter((name) => name !== '__esModule').sort(), Object.keys(esm).sort());
  assert.notEqual(cjs.PerformanceCollector, esm.PerformanceCollector);
});

test('a process that has both kinds has one trace', async (t) => {
  const receiver = await startReceiver(t);
  const outer = new esm.PerformanceCollector({ layer: 'mcp-server', bridge: receiver.url });
  const inner = new cjs.PerformanceCollector({ layer: 'ts-client', bridge: receiver.url });
  await outer.span('mcp-server', 'outer', () => inner.span('ts-client', 'inner', async () => {}));
  await Promise.all([outer.close(), inner.close()]);
  assert.equal(receiver.span('inner').trace_id, receiver.span('outer').trace_id);
});

test('the types hold for import and require, under the strictest rules, without the types of Node', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'collector-types-'));
  t.after(() => rmSync(folder, { recursive: true }));
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(new URL('node_modules/goxel-telemetry-collector', import.meta.url).pathname,
    join(folder, 'node_modules', 'goxel-telemetry-collector'));
  const use = readFileSync(new URL('types-use.ts', import.meta.url), 'utf8');
  writeFileSync(join(folder, 'use.mts'), use);
  writeFileSync(join(folder, 'use.cts'), use);
  const { status, stdout } = spawnSync(process.execPath, [process.env.TYPESCRIPT, '--noEmit', '--strict', '--exactOptionalPropertyTypes',
    '--preserveSymlinks', '--target', 'es2022', '--module', 'node16', 'use.mts', 'use.cts'], { cwd: folder, encoding: 'utf8' });
  assert.equal(status, 0, stdout);
});
