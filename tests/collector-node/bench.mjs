// SPDX-License-Identifier: GPL-3.0-or-later
// What a span costs the process that reports it: CPU time of all its threads, sending included, with and without the collector by turns.
// The receiver is a process of its own. tests/benchmarks/collector runs this.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { instrumentJsonRpc, PerformanceCollector, wrapClient, wrapServer } from 'goxel-telemetry-collector';
import { Receiver } from './receiver.mjs';

if (process.send) {
  const receiver = await new Receiver().start();
  setInterval(() => { receiver.requests.length = receiver.batches.length = 0; }, 100);
  process.send(receiver.url);
} else {
  await bench();
}

async function bench() {
  const rounds = Number(process.env.ROUNDS ?? 11);
  const child = fork(new URL(import.meta.url).pathname);
  const [bridge] = await once(child, 'message');
  // A queue that drops nothing: dropping would be cheaper than sending.
  const collectors = [];
  const collector = (layer) => {
    collectors.push(new PerformanceCollector({ layer, bridge, maxQueuedSpans: 1_000_000 }));
    return collectors.at(-1);
  };
  const own = collector('ts-client');

  const work = async () => {};
  const plain = { call: async (method, params) => params };
  const measured = instrumentJsonRpc({ call: async (method, params) => params }, own);
  const params = { x: 1, y: 2, z: 3, color: [255, 0, 0, 255] };

  const pairOf = async (client, server) => {
    const [ours, theirs] = InMemoryTransport.createLinkedPair();
    server.registerTool('add_voxel', {}, async () => ({ content: [] }));
    await server.connect(theirs);
    await client.connect(ours);
    return () => client.callTool({ name: 'add_voxel', arguments: params });
  };
  const info = { name: 'bench', version: '1' };
  const bare = await pairOf(new Client(info), new McpServer(info));
  const wrappedServer = await pairOf(new Client(info), wrapServer(new McpServer(info), collector('mcp-server')));
  const wrappedClient = await pairOf(wrapClient(new Client(info), collector('mcp-client')), new McpServer(info));

  console.log(`Node ${process.version}, ${rounds} rounds by turns; CPU time a span, sending included: median of the rounds (quartiles)`);
  await compare('span() around an empty function', 20_000, work, () => own.span('ts-client', 'add_voxel', work));
  await compare('recordOperation()', 20_000, async () => {}, async () => own.recordOperation('ts-client', 'add_voxel', 1.5));
  await compare('instrumentJsonRpc()', 20_000, () => plain.call('add_voxel', params), () => measured.call('add_voxel', params));
  await compare('wrapClient(), SDK 1.x in memory', 5_000, bare, wrappedClient);
  await compare('wrapServer(), SDK 1.x in memory', 5_000, bare, wrappedServer);
  await batches();
  child.kill();
  process.exit();

  /** What each flush costs, beside its spans: at most 20 a second. */
  async function batches() {
    const costs = [];
    for (let round = -2; round < rounds; ++round) {
      const start = process.cpuUsage();
      for (let i = 0; i < 200; ++i) {
        own.recordOperation('ts-client', 'add_voxel', 1.5);
        await own.flush(10_000);
      }
      const { user, system } = process.cpuUsage(start);
      if (round >= 0) costs.push((user + system) / 200);
    }
    const [low, middle, high] = quartiles(costs);
    console.log(`${'a batch of one span'.padEnd(34)} ${middle.toFixed(0)} us (${low.toFixed(0)} to ${high.toFixed(0)}), at most 20 a second`);
  }

  async function compare(what, count, without, withCollector) {
    const differences = [];
    const shares = [];
    for (let round = -2; round < rounds; ++round) {
      // Who goes first changes, too.
      const turns = round % 2 === 0 ? [without, withCollector] : [withCollector, without];
      const cost = new Map();
      for (const turn of turns) cost.set(turn, await cpuOf(count, turn));
      if (round < 0) continue;  // warming up
      differences.push((cost.get(withCollector) - cost.get(without)) / count);
      shares.push(cost.get(withCollector) / cost.get(without) - 1);
    }
    const [low, middle, high] = quartiles(differences);
    const share = what.startsWith('wrap') ? `, ${(100 * quartiles(shares)[1]).toFixed(1)} % of a call of this pair` : '';
    console.log(`${what.padEnd(34)} ${middle.toFixed(2)} us (${low.toFixed(2)} to ${high.toFixed(2)})${share}`);
  }

  /** In microseconds, until what was recorded is sent. */
  async function cpuOf(count, operation) {
    global.gc?.();
    const start = process.cpuUsage();
    for (let i = 0; i < count; ++i) {
      await operation();
      // As in a server, timers and sockets have their turn, so that spans are sent as they come.
      if (i % 50 === 0) await new Promise(setImmediate);
    }
    for (const each of collectors) await each.flush(10_000);
    const { user, system } = process.cpuUsage(start);
    return user + system;
  }
}

function quartiles(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return [0.25, 0.5, 0.75].map((q) => sorted[Math.floor(q * (sorted.length - 1))]);
}
