// SPDX-License-Identifier: GPL-3.0-or-later
// The outermost process of a real chain to the daemon: an MCP client on the official SDK. options.mjs says what it takes.
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { PerformanceCollector, wrapClient } from 'goxel-telemetry-collector';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { DaemonSocket, Exchanges } from './daemon-socket.mjs';
import { LineTransport, StockDialectTransport } from './daemon-transports.mjs';
import { readOptions, UsageError } from './options.mjs';
import { Stopwatch, StopwatchTransport } from './stopwatch.mjs';
import { operation } from './tools.mjs';

const flushMs = 10_000;
const watches = { call: new Stopwatch(), request: new Stopwatch(), exchange: new Stopwatch() };

/** { transport, end }: end() gives what the stopwatches and the collectors of the layers below say. */
const stacks = {
  '4-layer': async (options) => {
    const stopwatch = `${options.stopwatch ?? join(tmpdir(), `goxel-chain-${process.pid}`)}.server`;
    const { socket, transport: kind, bridge, instance, queue } = options;
    const server = {
      command: process.execPath,
      args: [new URL('server.mjs', import.meta.url).pathname, JSON.stringify({ socket, transport: kind, bridge, instance, queue, stopwatch })],
    };
    const { transport, ended } = kind === 'http' ? await overHttp(server) : overStdio(server);
    return {
      transport,
      end: async () => {
        await ended();
        try {
          return JSON.parse(readFileSync(stopwatch, 'utf8'));
        } catch {
          throw new Error('the MCP server left no times');
        } finally {
          rmSync(stopwatch, { force: true });
        }
      },
    };
  },
  '2-layer': async ({ socket, dialect }) => {
    const daemon = await DaemonSocket.connect(socket);
    if (dialect === 'mcp') return { transport: new LineTransport(daemon), end: async () => ({ stopwatches: { daemon: { outside: watches.request } } }) };
    const transport = new StockDialectTransport(new Exchanges(daemon, watches.exchange));
    return { transport, end: async () => ({ stopwatches: { daemon: { outside: watches.exchange } } }) };
  },
};

function overStdio(server) {
  // Its close() waits for the server's end.
  return { transport: new StdioClientTransport(server), ended: async () => {} };
}

async function overHttp({ command, args }) {
  const server = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const exit = once(server, 'exit');
  const [address] = await Promise.race([once(createInterface(server.stdout), 'line'), exit]);
  if (server.exitCode !== null) throw new Error('the MCP server did not start');
  const ended = async () => {
    server.stdin.end();
    const overdue = setTimeout(() => server.kill('SIGKILL'), 3_000);  // as the SDK does it over stdio
    await exit;
    clearTimeout(overdue);
  };
  const transport = new StreamableHTTPClientTransport(new URL(address));
  exit.then(() => transport.onclose?.());
  return { transport, ended };
}

async function main(options) {
  let stopped = false;
  let ending = false;
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      stopped = true;
      stop.abort();
    });
  }

  const { stack, bridge, instance, queue: maxQueuedSpans } = options;
  const collector = new PerformanceCollector({ layer: 'mcp-client', stack, bridge, instance, maxQueuedSpans });
  const client = wrapClient(new Client({ name: 'goxel-chain', version: '1.0.0' }), collector);
  const { transport, end } = await stacks[stack](options);
  let operations = 0;
  let errors = 0;
  let failure;
  client.onclose = () => {
    if (ending) return;
    stopped = true;
    failure ??= new Error(`the ${stack === '4-layer' ? 'MCP server' : 'daemon'} hung up`);
    stop.abort();
  };
  try {
    await watches.call.around(() => client.connect(new StopwatchTransport(transport, watches.request)));
    const begin = performance.now();
    const seconds = () => (performance.now() - begin) / 1000;
    let due = 0;
    while (!stopped && operations !== options.operations && !(seconds() >= options.seconds)) {
      const { isError } = await watches.call.around(() => client.callTool(operation(operations)));
      ++operations;
      errors += isError ? 1 : 0;
      if (options.rate === undefined) continue;
      // After a pause nothing is made up for.
      due = Math.max(due + 1 / options.rate, seconds() - 1);
      await sleep((due - seconds()) * 1000, undefined, { signal: stop.signal }).catch(() => {});
    }
  } catch (error) {
    failure ??= error;
  }
  ending = true;
  await client.close().catch(() => {});
  const below = await end().catch((error) => { failure ??= error; });
  await collector.close(flushMs);
  const result = {
    stack, via: stack === '4-layer' ? options.transport : options.dialect, instance, operations, errors,
    stopwatches: { 'mcp-client': { outside: watches.call, inside: watches.request }, ...below?.stopwatches },
    collectors: { 'mcp-client': collector.stats, ...below?.collectors },
  };
  writeFileSync(options.stopwatch ?? process.stdout.fd, `${JSON.stringify(result, null, 1)}\n`);
  if (failure !== undefined) throw failure;
}

try {
  const options = readOptions(process.argv.slice(2));
  if (options !== undefined) await main(options);
} catch (error) {
  process.stderr.write(`chain: ${error.message}\n`);
  process.exit(error instanceof UsageError ? 2 : 1);
}
process.exit(0);
