// SPDX-License-Identifier: GPL-3.0-or-later
// What the figures of a daemon say, in the words of the viewer (viewer-qt/models/figures.cpp): [{ name, value, hint, alarming }].
// An alarm is for what somebody should act on.
import { bytes, count, duration, latencyRoom, memoryRoom, name, percent, rate, unknown } from '/page/format.js';

const longWindows = ['1m', '5m', '15m'];
const oldNs = 1e9;  // a request in flight may be stuck
const highCost = 0.03;

const ofWindows = (windows, value) => longWindows.map((one) => value(windows[one])).join(' / ');
const within = (window, field) => (window.latency.count === 0 ? unknown : duration(window.latency[field]));
const mean = (window) => within(window, 'mean_ns');
const failed = (outcomes) => outcomes.error + outcomes.unanswered + outcomes.malformed + outcomes.cancelled;

/** What the last second says, large and often. */
export const nowFigures = (windows, isLive) => ({ latency: mean(windows.now), throughput: isLive ? rate(windows.now.rate_per_second) : unknown });

export function latencyFigures(windows, targetNs) {
  const minute = windows['1m'];
  const target = { name: 'Target', value: unknown, hint: 'How long a whole operation should take on average, as the operator set it' };
  if (targetNs) {
    target.value = duration(targetNs);
    if (minute.latency.count !== 0) {
      const room = targetNs - minute.latency.mean_ns;
      target.hint = `The last minute is ${latencyRoom(room)}`;
      target.alarming = room < 0;
    }
  }
  const quantile = (of, field) => ({
    name: `p${of}`, value: within(minute, field),
    hint: `${of} of 100 requests of the last minute were answered within this time; 1, 5 and 15 minutes: ${ofWindows(windows, (w) => within(w, field))}`,
  });
  return [
    { name: 'Now', value: mean(windows.now), hint: 'Mean of the last second' },
    target,
    { name: '1 / 5 / 15 min', value: ofWindows(windows, mean), hint: 'Means' },
    quantile(50, 'p50_ns'), quantile(95, 'p95_ns'), quantile(99, 'p99_ns'),
  ];
}

/** A daemon that has ended has no rate any more. */
export function throughputFigures(windows, targetPerSecond, isLive, requests) {
  const value = (window) => (isLive ? rate(window.rate_per_second) : unknown);
  const { outcomes } = windows['1m'];
  const figures = [
    { name: 'Now', value: value(windows.now), hint: 'Requests that ended in the last second' },
    { name: 'Target', value: targetPerSecond ? rate(targetPerSecond) : unknown,
      hint: 'How many operations a second there should be, as the operator set it; fewer may only mean that fewer were asked for' },
    { name: '1 / 5 / 15 min', value: ofWindows(windows, value), hint: 'Requests a second' },
    { name: 'Not ok, 1 min', value: count(failed(outcomes)),
      hint: `${count(outcomes.error)} errors, ${count(outcomes.unanswered)} unanswered, ${count(outcomes.malformed)} malformed, ${
        count(outcomes.cancelled)} cancelled. A client that asks for what does not exist gets errors, too` },
  ];
  if (requests !== undefined) figures.push(requestsFigure(requests));
  return figures;
}

const requestsFigure = (requests) => ({ name: 'Requests', value: count(requests), hint: 'Since the daemon began, up to this moment' });

function workers({ daemon }, layers) {
  if (daemon.workers_configured === 0) return { name: 'Workers', value: unknown, hint: 'The daemon does not say how many it has' };
  return { name: 'Workers', value: `${count(daemon.workers_busy)} of ${count(daemon.workers_configured)} busy`,
    hint: `Used in the last minute: ${percent(layers?.worker_utilisation_ratio['1m'])}` };
}

/** What changes more often than once a second, of all lists. */
export function quickFigures(overview, layers) {
  const { daemon, inflight } = overview;
  return [
    requestsFigure(daemon.run_total.all),
    { name: 'Clients', value: count(daemon.connections),
      hint: `Connected now; ${count(daemon.connections_total)} since the start; ${count(daemon.open_descriptors)} sockets open` },
    { name: 'In flight', value: count(daemon.inflight), hint: 'Requests that are being worked on, or wait for it',
      alarming: inflight.length > 0 && inflight[0].age_ns >= oldNs },
    { name: 'Queue', value: daemon.workers_configured === 0 ? unknown : count(daemon.queue_depth), hint: 'Requests that wait for a worker' },
    workers(overview, layers),
  ];
}

export function daemonFigures(overview, layers) {
  const { process, targets, own_cost: cost } = overview;
  const resident = process.resident_bytes === null ? null : process.resident_bytes - (cost.resident_bytes ?? 0);
  const memory = {
    name: 'Memory', value: bytes(resident),
    hint: cost.resident_bytes ? `Resident memory of the daemon's process without the plugin's ${bytes(cost.resident_bytes)}`
      : 'Resident memory of the daemon\'s process, the plugin\'s included',
  };
  if (targets.resident_bytes && resident !== null) {
    const room = targets.resident_bytes - resident;
    memory.value += ` of ${bytes(targets.resident_bytes)}`;
    memory.hint += `: ${memoryRoom(room)} the target of ${bytes(targets.resident_bytes)}`;
    memory.alarming = room < 0;
  }
  const figures = [
    ...quickFigures(overview, layers).slice(1),
    { name: 'CPU', value: percent(process.cpu_ratio), hint: 'Of the daemon\'s process; 100 % is one core' },
    memory,
  ];
  for (const one of (layers?.processes ?? []).filter((each) => each.running && each.layer !== 'daemon').slice(0, 6)) {
    figures.push({ name: name(one.layer), value: `${percent(one.process.cpu_ratio)}, ${bytes(one.process.resident_bytes)}`,
      hint: `CPU and resident memory of process ${one.process.pid}, which reports for this layer` });
  }
  return figures;
}

function freshness({ freshness: { daemon, outer } }) {
  const figure = { name: 'Counted after', value: unknown, hint: 'No record came in the last minute' };
  if (daemon) {
    figure.value = duration(daemon.p99_ns);
    figure.hint = `99 of 100 records of the last minute were counted by the bridge so soon after their request had ended, half within ${duration(daemon.p50_ns)}`;
  }
  if (outer) figure.hint += `; of the layers outside, which report in batches, within ${duration(outer.p99_ns)}`;
  return figure;
}

function lost({ ring }) {
  return { name: 'Lost', value: count(ring.lost + ring.lane_misses), alarming: ring.lost + ring.lane_misses !== 0,
    hint: `${count(ring.lost)} overwritten before the bridge read them, ${count(ring.lane_misses)} never written because every lane was taken. Of ${
      count(ring.published)} records published, ${count(ring.read)} were read; ${count(ring.before_reader)} were gone before the bridge began` };
}

/** Of each outer layer that reports: the part of its operations of which there are spans. */
export function coverage(layers) {
  const sums = new Map();
  for (const { layer, reported } of layers?.processes ?? []) {
    if (!reported) continue;
    const sum = sums.get(layer) ?? { completed: 0, taken: 0 };
    sums.set(layer, { completed: sum.completed + reported.operations_completed, taken: sum.taken + reported.spans_taken });
  }
  return [...sums].filter(([, sum]) => sum.completed > 0).map(([layer, sum]) => ({ layer, ratio: sum.taken / sum.completed }));
}

function covered(layers) {
  const parts = coverage(layers);
  if (parts.length === 0) return { name: 'Coverage', value: unknown, hint: 'No layer outside of the daemon reports how many operations it has' };
  return { name: 'Coverage', value: percent(Math.min(...parts.map((part) => part.ratio))),
    hint: `The part of their operations of which there are spans: ${parts.map((part) => `${name(part.layer)} ${percent(part.ratio)}`).join(', ')}` };
}

function ownCost({ own_cost: cost }) {
  const figure = { name: 'Plugin cost', value: unknown, hint: 'No call was timed' };
  if (cost.samples !== 0) {
    figure.hint = `${percent(cost.busy_ratio)} of the daemon's busy time; ${count(cost.samples)} calls were timed, ${count(cost.interrupted)} of them interrupted`;
    figure.alarming = Math.max(cost.waited_share ?? 0, cost.busy_ratio ?? 0) > highCost;
  }
  if (cost.waited_ns_per_request !== null) {
    figure.value = duration(cost.waited_ns_per_request);
    let waits = `A request waits ${figure.value} (95 %: ${duration(cost.waited_ns_low)} to ${duration(cost.waited_ns_high)}) for the plugin`;
    if (cost.waited_share !== null) {
      figure.value += `, ${percent(cost.waited_share)}`;
      waits += `, ${percent(cost.waited_share)} of its latency`;
    }
    figure.hint = `${waits}; ${figure.hint}`;
  }
  if (cost.resident_bytes) figure.hint += `; ${bytes(cost.resident_bytes)} of the process's memory, shared memory included`;
  return figure;
}

export function watchingFigures(overview, layers) {
  return [freshness(overview), lost(overview), covered(layers), ownCost(overview),
    { name: 'Telemetry\'s memory', value: bytes(overview.own_cost.resident_bytes),
      hint: `The plugin's part of the process's memory; the segment has room for ${bytes(overview.ring.segment_bytes)}` }];
}
