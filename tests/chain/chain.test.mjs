// SPDX-License-Identifier: GPL-3.0-or-later
// Real chains on the official SDK, with a collector in each process: what the bridge says is what the chain's own stopwatches say.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test as nodeTest } from 'node:test';
import { eventually, World } from './world.mjs';

// What hangs fails.
const test = (name, fn) => nodeTest(name, { timeout: 120_000 }, fn);

const operations = 300;
// The client's first request is the handshake.
const withHandshake = operations + 1;

const chains = [
  {
    name: '4 layers over stdio', options: ['--stack', '4-layer', '--transport', 'stdio'],
    counts: { 'mcp-client': withHandshake, 'mcp-server': withHandshake, 'ts-client': operations, 'daemon': operations },
    // The server answers the handshake itself: an operation of two layers.
    joined: operations, otherChains: 1, alone: 0,
  },
  {
    name: '4 layers over HTTP', options: ['--stack', '4-layer', '--transport', 'http'],
    counts: { 'mcp-client': withHandshake, 'mcp-server': withHandshake, 'ts-client': operations, 'daemon': operations },
    joined: operations, otherChains: 1, alone: 0,
  },
  {
    name: '2 layers in the stock daemon\'s dialect', options: ['--stack', '2-layer', '--dialect', 'stock'],
    counts: { 'mcp-client': withHandshake, 'daemon': operations },
    // The transport answers the handshake.
    joined: operations, otherChains: 0, alone: 1,
  },
  {
    name: '2 layers in MCP as it is specified', options: ['--stack', '2-layer', '--dialect', 'mcp'], daemon: ['--mcp'],
    counts: { 'mcp-client': withHandshake, 'daemon': withHandshake },
    joined: withHandshake, otherChains: 0, alone: 0,
  },
  {
    name: '2 layers in MCP as it is specified, to a daemon that loads plugins', options: ['--stack', '2-layer', '--dialect', 'mcp'],
    daemon: ['--mcp', '--pool'],
    counts: { 'mcp-client': withHandshake, 'daemon': withHandshake },
    joined: withHandshake, otherChains: 0, alone: 0,
  },
];

/** { layer: { count, sumNs } } of the operations for which `which` is true, to the nanosecond. */
async function layerTimes(world, stack, which = () => true) {
  const times = {};
  for (const [member, family, scale] of [['count', '_count', 1], ['sumNs', '_sum', 1e9]]) {
    for (const sample of await world.samples(`goxel_layer_duration_seconds${family}`)) {
      if (sample.stack !== stack || !which(sample.operation)) continue;
      const layer = times[sample.layer] ??= { count: 0, sumNs: 0 };
      layer[member] += Math.round(sample.value * scale);
    }
  }
  return times;
}

for (const { name, options, daemon, counts, joined, otherChains, alone } of chains) {
  test(`${name}: each layer is what the chain's own stopwatches say`, async (t) => {
    const world = await World.start(t, daemon);
    const stack = options[1];
    const { code, error, times } = await world.chain(...options, '--operations', String(operations));
    assert.deepEqual({ code, error, operations: times?.operations, errors: times?.errors }, { code: 0, error: '', operations, errors: 0 });

    const windowOf = (view) => view.stacks.find((candidate) => candidate.stack === stack)?.windows['15m'];
    const view = await eventually(() => world.layers(), (seen) => seen.join.held === 0 && windowOf(seen)?.breakdown.operations >= joined,
      `${joined} joined operations`);
    const { breakdown } = windowOf(view);

    // No span is missing, none counts twice, all are joined.
    const spans = Object.values(counts).reduce((sum, count) => sum + count);
    const { join } = view;
    assert.deepEqual({ spans: join.spans, joined: join.joined, alone: join.alone }, { spans, joined: spans - alone, alone });
    assert.deepEqual([breakdown.source, breakdown.operations, breakdown.other_chains], ['joined', joined, otherChains]);
    assert.equal(view.outer_records_lost, 0);
    // What needs no answer is no failure.
    const failures = await world.samples('goxel_operation_failures_total');
    assert.deepEqual(failures.filter(({ value }) => value !== 0), []);
    const reporting = Object.keys(counts).slice(0, -1);
    const coverage = await world.samples('goxel_layer_coverage_ratio');
    assert.deepEqual(Object.fromEntries(coverage.map(({ layer, value }) => [layer, value])), Object.fromEntries(reporting.map((layer) => [layer, 1])));

    // A stopwatch around a span is started before it and stopped after it, by the same clock; one within it the other way round. So of the
    // sums this holds exactly, on a machine however busy. What lies between is the SDK's and the collector's own work.
    const seen = await eventually(() => layerTimes(world, stack),
      (layers) => Object.keys(counts).every((layer) => layers[layer]?.count >= counts[layer]), 'all spans in /metrics');
    assert.deepEqual(Object.fromEntries(Object.entries(seen).map(([layer, { count }]) => [layer, count])), counts);
    for (const [layer, { outside, inside }] of Object.entries(times.stopwatches)) {
      assert.equal(outside.count, counts[layer], layer);
      assert.ok(outside.sum_ns >= seen[layer].sumNs, `${layer}: ${outside.sum_ns} ns outside, ${seen[layer].sumNs} ns reported`);
      if (inside !== undefined) assert.ok(inside.sum_ns <= seen[layer].sumNs, `${layer}: ${inside.sum_ns} ns inside, ${seen[layer].sumNs} ns reported`);
    }

    // The hops add up, and the time at each layer is the mean of its spans; rounding takes a nanosecond.
    const of = await layerTimes(world, stack, (operation) => otherChains + alone === 0 || operation !== 'initialize');
    let left = breakdown.mean_ns;
    for (const { outer, mean_ns: hop } of breakdown.hops) {
      assert.ok(Math.abs(left - of[outer].sumNs / joined) <= 1, `${outer}: ${left} ns, and its spans' mean is ${of[outer].sumNs / joined} ns`);
      assert.ok(hop > 0, outer);
      left -= hop;
    }
    assert.equal(left, 0);
    assert.deepEqual(breakdown.hops.map(({ outer }) => outer), Object.keys(counts));
  });
}

for (const transport of ['stdio', 'http']) {
  test(`over ${transport}, a chain that is told to end leaves no process and no operation behind`, async (t) => {
    const world = await World.start(t);
    const client = world.startChain('--transport', transport, '--rate', '50');
    const processOf = (view, layer) => view.processes.find((process) => process.layer === layer)?.process?.pid;
    const server = await eventually(async () => processOf(await world.layers(), 'mcp-server'), Boolean, 'the server\'s process');
    client.kill('SIGTERM');
    assert.deepEqual(await once(client, 'close'), [0, null]);
    assert.throws(() => process.kill(server, 0), { code: 'ESRCH' });
    const coverage = await world.samples('goxel_layer_coverage_ratio');
    assert.deepEqual(coverage.map(({ layer, value }) => [layer, value]), [['mcp-client', 1], ['mcp-server', 1], ['ts-client', 1]]);
  });
}

for (const { name, options, daemon } of chains) test(`${name}: a chain whose daemon ends says so and ends, too`, async (t) => {
  const world = await World.start(t, daemon);
  const ended = world.chain(...options, '--rate', '50');
  await eventually(() => world.samples('goxel_layer_duration_seconds_count'), (samples) => samples.length > 0, 'an operation');
  await world.stop('daemon');
  const { code, error } = await ended;
  assert.equal(code, 1);
  assert.match(error, /^chain: .*the daemon hung up$/m);
});

test('what cannot be done is one sentence', async (t) => {
  const world = await World.start(t);
  for (const [options, code, sentence] of [
    [['--socket', '/nowhere/at.all', '--stack', '2-layer'], 1, /^chain: no daemon answers at \/nowhere\/at\.all \(ENOENT\)\n$/],
    [['--stack', '3-layer'], 2, /^chain: --stack is 4-layer or 2-layer, not "3-layer"\n$/],
    [['--rate', 'fast'], 2, /^chain: --rate takes a number above 0, not "fast"\n$/],
    [['--dialect', 'mcp'], 2, /^chain: --dialect is not of the 4-layer stack\n$/],
    [['--no-such-flag'], 2, /^chain: Unknown option '--no-such-flag'.*\n$/],
  ]) {
    const ended = await world.chain(...options);
    assert.equal(ended.code, code, options.join(' '));
    assert.match(ended.error, sentence);
  }
});
