// SPDX-License-Identifier: GPL-3.0-or-later
// The MCP server of the 4-layer stack, and in it the TypeScript client: a process that client.mjs starts, and that ends with its stdin.
// Over HTTP, its only line on stdout is its address.
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import { instrumentJsonRpc, PerformanceCollector, wrapServer } from 'goxel-telemetry-collector';
import { randomUUID, webcrypto } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { DaemonSocket, Exchanges } from './daemon-socket.mjs';
import { JsonRpcClient } from './json-rpc-client.mjs';
import { Stopwatch, StopwatchTransport } from './stopwatch.mjs';
import { registerTools } from './tools.mjs';

const { socket, transport, bridge, instance, queue, stopwatch } = JSON.parse(process.argv[2]);
const patienceMs = 500;  // a client gives its server 4 s to end
const flushMs = 10_000;
const watches = { request: new Stopwatch(), handler: new Stopwatch(), call: new Stopwatch(), exchange: new Stopwatch() };

const collectors = ['mcp-server', 'ts-client'].map((layer) => new PerformanceCollector({
  layer, bridge, instance, stack: '4-layer', maxQueuedSpans: queue,
}));
const daemon = new Exchanges(await DaemonSocket.connect(socket).catch((error) => {
  process.stderr.write(`chain: ${error.message}\n`);
  process.exit(1);
}), watches.exchange);
daemon.onEnd = () => void end(1, 'the daemon hung up');
const rpc = instrumentJsonRpc(new JsonRpcClient(daemon), collectors[1]);
const server = wrapServer(new McpServer({ name: 'goxel-chain', version: '1.0.0' }), collectors[0]);
registerTools(server, (method, params) => watches.handler.around(async () => {
  try {
    const result = await watches.call.around(() => rpc.call(method, params));
    return { content: [{ type: 'text', text: JSON.stringify(result) }] };
  } catch (error) {
    return { content: [{ type: 'text', text: error.message }], isError: true };
  }
}));

let ending = false;
async function end(code, reason) {
  if (ending) return;
  ending = true;
  if (reason !== undefined) process.stderr.write(`chain: the MCP server ends: ${reason}\n`);
  // What it has begun it ends, and nothing else is begun.
  process.stdin.pause();
  await Promise.race([watches.request.idle(), sleep(patienceMs)]);
  daemon.close();
  await Promise.race([watches.request.idle(), sleep(patienceMs)]);
  await Promise.all(collectors.map((collector) => collector.close(flushMs)));
  const { request, handler, call, exchange } = watches;
  writeFileSync(stopwatch, JSON.stringify({
    stopwatches: { 'mcp-server': { outside: request, inside: handler }, 'ts-client': { outside: call, inside: exchange }, 'daemon': { outside: exchange } },
    collectors: Object.fromEntries(collectors.map(({ layer, stats }) => [layer, stats])),
  }));
  process.exit(code);
}
// A terminal sends these to the client, too, which then says when.
for (const signal of ['SIGINT', 'SIGHUP']) process.on(signal, () => {});
process.on('SIGTERM', () => void end(0));
process.stdin.on('end', () => void end(0));

if (transport === 'http') {
  process.stdin.resume();
  globalThis.crypto ??= webcrypto;  // Node 18 has it only there, and the SDK takes it from here
  const { StreamableHTTPServerTransport } = await import('@modelcontextprotocol/sdk/server/streamableHttp.js');
  const http = new StreamableHTTPServerTransport({ sessionIdGenerator: randomUUID });
  await server.connect(new StopwatchTransport(http, watches.request));
  const listening = createServer((request, response) => void http.handleRequest(request, response));
  listening.listen(0, '127.0.0.1', () => process.stdout.write(`http://127.0.0.1:${listening.address().port}/mcp\n`));
} else {
  await server.connect(new StopwatchTransport(new StdioServerTransport(), watches.request));
}
