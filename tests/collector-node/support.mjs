// SPDX-License-Identifier: GPL-3.0-or-later
import { spawn } from 'node:child_process';
import { PerformanceCollector } from 'goxel-telemetry-collector';
import { Receiver } from './receiver.mjs';

/** A receiver and a collector that reports to it; both end with the test `t`. */
export async function reporting(t, options = {}) {
  const receiver = await new Receiver().start();
  const collector = new PerformanceCollector({ layer: 'ts-client', instance: 'test', bridge: receiver.url, flushIntervalMs: 5, ...options });
  t.after(async () => {
    await collector.close(0);
    await receiver.stop();
  });
  return { receiver, collector };
}

export async function startReceiver(t) {
  const receiver = await new Receiver().start();
  t.after(() => receiver.stop());
  return receiver;
}

const here = new URL('.', import.meta.url).pathname;

/** Runs a script as a process of its own: { code, signal, stdout, stderr }. */
export function run(script, { env = {}, onStart = () => {} } = {}) {
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    env: { ...process.env, ...env }, cwd: here, stdio: ['ignore', 'pipe', 'pipe'],
  });
  onStart(child);
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (data) => { stdout += data; });
  child.stderr.on('data', (data) => { stderr += data; });
  return new Promise((resolve) => child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr })));
}

/** How a client's stdio transport starts a script as its server. */
export function stdioServer(script) {
  return { command: process.execPath, args: ['--input-type=module', '--eval', script], cwd: here, stderr: 'inherit' };
}
