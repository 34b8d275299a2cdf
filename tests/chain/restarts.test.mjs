// SPDX-License-Identifier: GPL-3.0-or-later
// Exactness across restarts: operations through the 4-layer stack, and meanwhile every process of it and the bridge are restarted again and
// again. At the end each layer's own count is what readers of the bridge have seen of it, span by span.
// GOXEL_RESTARTS_OPERATIONS: how many operations, at least. GOXEL_RESTARTS_SEED: in which order what happens.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { BadWay } from './bad-way.mjs';
import { SpanTail } from './span-tail.mjs';
import { eventually, World } from './world.mjs';

const operations = Number(process.env.GOXEL_RESTARTS_OPERATIONS ?? 8_000);
const seed = Number(process.env.GOXEL_RESTARTS_SEED ?? Math.floor(Math.random() * 2 ** 32));
// The bridge remembers 64 sources: each chain has three, and all incidents but two begin another one.
const times = operations >= 50_000 ? 4 : 2;
// Spans of an operation that come later than that are joined without the others (metrics/layers/span_join.h).
const patienceNs = 5_000_000_000n;
const layers = ['mcp-client', 'mcp-server', 'ts-client', 'daemon'];
const reporting = layers.slice(0, 3);

// Mulberry32: numbers in [0, 1).
function randomNumbers(state) {
  return () => {
    state = (state + 0x6D2B79F5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function shuffled(list, random) {
  const left = [...list];
  return list.map(() => left.splice(Math.floor(random() * left.length), 1)[0]);
}

const isAnswered = ({ status }) => status === 'ok' || status === 'error';

/** Every span that an independent reader of the rings saw, by trace. */
class Seen {
  counts = Object.fromEntries(layers.map((layer) => [layer, 0]));
  answered = 0;
  traces = new Map();  // trace id: spans
  #since = 0;
  #operationsSince = 0;
  #tails = [];
  #complaints = [];

  /** From the beginning; a chain has been started. */
  static async by(t, world) {
    const seen = new Seen();
    seen.#follow(t, world.startTail(world.instance));
    await eventually(() => existsSync(`/dev/shm/goxel-telemetry.${world.instance}.layers`), Boolean, 'a span of the outer layers');
    seen.#follow(t, world.startTail(`${world.instance}.layers`));
    return seen;
  }

  #follow(t, { spans, complaints }) {
    this.#tails.push(new SpanTail(t, spans, (span) => this.#take(span)));
    this.#complaints.push(complaints);
  }

  read() { for (const tail of this.#tails) tail.read(); }

  /** Until `count` operations that began after this call were seen: their outermost spans come last, so all readers have seen all of them. */
  async operations(count) {
    this.#since = Number(process.hrtime.bigint());
    this.#operationsSince = 0;
    await this.#until(() => this.#operationsSince, count, 'operations');
  }

  async daemonRecords(count) {
    const before = this.counts.daemon;
    await this.#until(() => this.counts.daemon - before, count, 'records of the daemon');
  }

  // However slow the machine is, some come.
  async #until(came, count, what) {
    for (let next = 0; next < count;) {
      next = Math.min(count, next + 200);
      await eventually(() => (this.read(), came()), (now) => now >= next, `${next} ${what}`);
    }
  }

  /** What the readers missed, in their own words. */
  get lost() {
    return this.#complaints.flatMap((path) => readFileSync(path, 'utf8').split('\n').filter((line) => line.includes('overwritten')));
  }

  #take({ layer, operation, status, start_monotonic_ns: start, duration_ns: duration, trace_id: trace }) {
    ++this.counts[layer];
    if (isAnswered({ status })) ++this.answered;
    if (layer === 'mcp-client' && start >= this.#since) ++this.#operationsSince;
    if (!this.traces.has(trace)) this.traces.set(trace, []);
    this.traces.get(trace).push({ layer, operation, status, start, duration });
  }
}

const ofEach = (of) => Object.fromEntries(reporting.map((layer) => [layer, of(layer)]));

async function coverageOf(world) {
  const samples = await world.samples('goxel_layer_coverage_ratio');
  return Object.fromEntries(samples.map(({ layer, value }) => [layer, value]));
}

/** Chains, one after the other; what each one says of itself at its end is in `ended`. */
class Chains {
  ended = [];
  hungUp = 0;  // so many ended because something below them had
  #world;
  #options;
  #running;

  constructor(world, ...options) {
    this.#world = world;
    this.#options = options;
  }

  start() { this.#running = this.#world.chain('--stack', '4-layer', ...this.#options); }

  async endsInOrder() {
    const { code, error, times } = await this.#running;
    assert.deepEqual([code, error], [0, '']);
    this.ended.push(times);
  }

  async hangsUp() {
    const { code, error, times } = await this.#running;
    assert.equal(code, 1);
    assert.match(error, /^chain: .*hung up$/m);
    this.ended.push(times);
    ++this.hungUp;
  }

  /** Over all that have ended. */
  sum(of) { return this.ended.reduce((sum, chain) => sum + of(chain), 0); }
}

/** What can happen. Each leaves a chain that works. */
function incidentsOf(world, chains, way, random) {
  const startBridge = async () => {
    way.bridge = await world.startBridge('bridge');
  };
  const startDaemon = async () => {
    await world.startDaemon();
    chains.start();
  };
  return {
    'bridge killed': async () => {
      await world.kill('bridge');
      await sleep(1_000 * random());
      await startBridge();
    },
    // For longer than a collector waits for an answer.
    'bridge stalled': async () => {
      world.signal('bridge', 'SIGSTOP');
      await sleep(1_200 + 600 * random());
      world.signal('bridge', 'SIGCONT');
    },
    'daemon killed': async () => {
      await world.kill('daemon');
      await chains.hangsUp();
      await startDaemon();
    },
    'daemon and bridge killed': async () => {
      await Promise.all([world.kill('daemon'), world.kill('bridge')]);
      await sleep(500 * random());
      await startBridge();
      await chains.hangsUp();
      await startDaemon();
    },
    'MCP server ended': async () => {
      world.signalServer('SIGTERM');
      await chains.hangsUp();
      chains.start();
    },
    'MCP client ended': async () => {
      world.signal('chain', 'SIGTERM');
      await chains.endsInOrder();
      chains.start();
    },
  };
}

test(`${operations} operations and a restart of everything in between: every one is counted once`, { timeout: 240_000 + 20 * operations }, async (t) => {
  t.diagnostic(`GOXEL_RESTARTS_SEED=${seed}`);
  const random = randomNumbers(seed);
  const begin = performance.now();
  const world = await World.start(t);
  const way = new BadWay(random);
  way.bridge = world.url;
  await way.start(t);
  // A second bridge only reads, all the time.
  world.url = await world.startBridge('observer');
  const chains = new Chains(world, '--bridge', way.url);
  chains.start();
  const seen = await Seen.by(t, world);

  const incidents = incidentsOf(world, chains, way, random);
  const order = shuffled(Object.keys(incidents).flatMap((name) => Array(times).fill(name)), random);
  const between = Math.ceil(operations / (order.length + 1));
  for (const name of order) {
    await seen.operations(between);
    await incidents[name]();
  }
  await seen.operations(between);
  world.signal('chain', 'SIGTERM');
  await chains.endsInOrder();
  const seconds = (performance.now() - begin) / 1000;

  // What the processes say themselves: their collectors count as their stopwatches do, and all was answered for.
  const own = ofEach((layer) => chains.sum(({ collectors }) => collectors[layer].completed));
  for (const { collectors, stopwatches } of chains.ended) {
    for (const layer of reporting) {
      const { completed, lastProblem, ...fates } = collectors[layer];
      assert.deepEqual(fates, { taken: completed, refused: 0, dropped: 0, queued: 0 }, `${layer}: ${lastProblem}`);
      assert.equal(stopwatches[layer].outside.count, completed, layer);
    }
  }

  // Each span was seen, and none twice.
  const look = async () => {
    seen.read();
    const { join, processes, outer_records_lost: outerLost } = await world.layers();
    const [records, before, lost] = await Promise.all(['records_total', 'before_bridge_records', 'lost_records_total'].map(async (name) =>
      (await world.samples(`goxel_ring_${name}`))[0].value));
    return { join, processes, daemonRecords: records + before, lost: { tails: seen.lost, outer: outerLost, daemon: lost }, counts: seen.counts };
  };
  const { join, processes, daemonRecords, lost } = await eventually(look, (now) => now.join.held === 0 && now.join.spans >= seen.answered &&
    Object.entries({ ...own, daemon: now.daemonRecords }).every(([layer, count]) => now.counts[layer] >= count), 'all spans');
  assert.deepEqual(lost, { tails: [], outer: 0, daemon: 0 });
  const { daemon: daemonSpans, ...reported } = seen.counts;
  assert.deepEqual(reported, own);
  assert.deepEqual(way.wrong, []);
  const twice = [...seen.traces.values()].flatMap((spans) => spans.filter((span, i) =>
    spans.findIndex((other) => ['layer', 'operation', 'start', 'duration'].every((member) => span[member] === other[member])) < i));
  assert.deepEqual(twice, []);
  assert.equal(daemonSpans, daemonRecords);

  // An operation has all its layers, but for the one that was under way when a process below it ended: whose daemon was killed before it
  // had recorded the request, whose server ended before it had read it. A daemon's record comes after its answer: it may be killed when it has
  // answered one request, not recorded that, and the next one is on its way.
  const traces = [...seen.traces.values()];
  const kindOf = (spans) => layers.filter((layer) => spans.some((span) => span.layer === layer && isAnswered(span))).join(' ');
  const kinds = {};
  for (const spans of traces) {
    assert.equal(new Set(spans.map(({ layer }) => layer)).size, spans.length, 'each layer once');
    kinds[kindOf(spans)] = (kinds[kindOf(spans)] ?? 0) + 1;
  }
  const { [layers.join(' ')]: whole, 'mcp-client mcp-server': handshakes, [reporting.join(' ')]: withoutDaemon = 0, '': unread = 0, ...others } = kinds;
  assert.deepEqual(others, {});
  assert.equal(handshakes, chains.ended.length);
  assert.equal(whole + withoutDaemon, chains.sum((chain) => chain.operations));
  const daemonKills = order.filter((name) => /daemon.*killed/.test(name)).length;
  const failedWithoutDaemon = traces.filter((spans) => kindOf(spans) === reporting.join(' ') && spans.some(({ status }) => status === 'error')).length;
  const without = `${withoutDaemon} without the daemon, ${failedWithoutDaemon} of them failed`;
  assert.ok(failedWithoutDaemon <= daemonKills && withoutDaemon - failedWithoutDaemon <= daemonKills, without);
  assert.ok(chains.ended.every(({ errors }) => errors <= 1), without);
  assert.ok(unread <= chains.hungUp, `${unread} unread`);
  assert.ok(whole >= operations);

  // What was there to join is joined. A reader that waited long enough for every span is never late.
  const answered = 4 * whole + 3 * withoutDaemon + 2 * handshakes;
  const { late } = join;
  assert.equal(join.spans, answered);
  assert.ok(late === 0 || way.longestWaitNs > patienceNs - 1_000_000_000n, `${late} spans late, though none waited longer than ${way.longestWaitNs} ns`);
  if (late === 0) {
    const { joined, alone, irregular, duplicates, untraced, misplaced, sticking_out, early } = join;
    assert.deepEqual({ joined, alone, irregular, duplicates, untraced, misplaced, sticking_out, early },
      { joined: answered, alone: 0, irregular: 0, duplicates: 0, untraced: 0, misplaced: 0, sticking_out: 0, early: 0 });
  }

  // The bridges say that nothing is missing.
  for (const { layer, reported: says } of processes) if (says !== null) assert.equal(says.spans_taken, says.operations_completed, layer);
  const said = (layer) => processes.filter((process) => process.layer === layer).reduce((sum, { reported: says }) => sum + says.operations_completed, 0);
  assert.deepEqual(ofEach(said), own);
  assert.deepEqual(await coverageOf(world), ofEach(() => 1));

  t.diagnostic(JSON.stringify({
    operations: chains.sum((chain) => chain.operations), seconds: Math.round(seconds), each: times, chains: chains.ended.length, order, own, daemonSpans,
    whole, handshakes, withoutDaemon, unread, join, way: way.counts, longestWaitMs: Number(way.longestWaitNs / 1_000_000n),
  }));
  for (const count of Object.values(way.counts)) assert.ok(count > 0, JSON.stringify(way.counts));
});

test('what had to be given up is named, by whom it was', { timeout: 240_000 }, async (t) => {
  const world = await World.start(t);
  const reader = await world.startBridge('observer');
  // No more than some hundredths of a second bring.
  const chains = new Chains(world, '--queue', '200');
  chains.start();
  const seen = await Seen.by(t, world);

  // Collectors while their bridge is away.
  await seen.operations(100);
  world.signal('bridge', 'SIGSTOP');
  await seen.daemonRecords(2_000);
  world.signal('bridge', 'SIGCONT');

  // A reader that does not come in time: each ring was written around.
  world.signal('observer', 'SIGSTOP');
  await seen.operations(7_000);
  world.signal('observer', 'SIGCONT');
  world.signal('chain', 'SIGTERM');
  await chains.endsInOrder();

  const [{ collectors, stopwatches }] = chains.ended;
  for (const layer of reporting) {
    const { completed, taken, dropped, refused, queued } = collectors[layer];
    assert.ok(dropped > 0, layer);
    assert.deepEqual([taken + dropped, refused, queued, stopwatches[layer].outside.count], [completed, 0, 0, completed], layer);
  }
  const taken = ofEach((layer) => collectors[layer].taken);
  const there = { ...taken, daemon: stopwatches.daemon.outside.count };
  await eventually(() => (seen.read(), seen.counts), (counts) => layers.every((layer) => counts[layer] >= there[layer]), 'all spans that were taken');
  assert.deepEqual([seen.counts, seen.lost], [there, []]);
  const coverage = ofEach((layer) => taken[layer] / collectors[layer].completed);
  await eventually(() => coverageOf(world), (said) => isDeepStrictEqual(said, coverage), JSON.stringify(coverage));

  world.url = reader;
  const spans = Object.values(seen.counts).reduce((sum, count) => sum + count);
  const account = async () => {
    const { join, outer_records_lost: outerLost } = await world.layers();
    const [{ value: lost }] = await world.samples('goxel_ring_lost_records_total');
    return { spans: join.spans, outerLost, lost };
  };
  const { outerLost } = await eventually(account, (seenNow) => seenNow.spans + seenNow.outerLost + seenNow.lost === spans, `an account of ${spans} spans`);
  assert.ok(outerLost > 0);
});
