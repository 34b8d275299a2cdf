// SPDX-License-Identifier: GPL-3.0-or-later
// Where the page could mislead, it says so: sentences about what is missing, cut, or of another time than one would think.
import { count, duration, name, percent, timeOfDay } from '/page/format.js';
import { coverage } from '/page/figures.js';

const plural = (number, one, many) => `${count(number)} ${number === 1 ? one : many}`;

function ofRun({ daemon, own_cost: cost }) {
  const said = [];
  if (daemon.state === 'dead' || daemon.state === 'retired') said.push('The daemon has ended: these are its last figures.');
  if (daemon.runs_seen > 1) {
    said.push(`This is run ${count(daemon.runs_seen)} of this daemon that the bridge has seen, begun ${timeOfDay(daemon.started_realtime_ns / 1e6)}: `
      + 'Requests count it alone, the minutes before it are of the runs before.');
  }
  const minute = daemon.windows['1m'];
  if (minute.covered_seconds < 59) said.push(`Only ${duration(minute.covered_seconds * 1e9)} were watched so far: what says 1, 5 or 15 minutes is of these.`);
  else if (daemon.windows['15m'].covered_seconds < 890) said.push(`Only ${duration(daemon.windows['15m'].covered_seconds * 1e9)} of the last 15 minutes were watched.`);
  if (daemon.state === 'live' && minute.outcomes.all === 0) said.push('No request ended in the last minute.');
  if (!daemon.owner_verified && daemon.owner) said.push(`Whoever wrote these figures is not proven to be ${name(daemon.owner)}.`);
  if (cost.samples === 0 && minute.outcomes.all > 0) said.push('What the plugin costs was not timed yet.');
  return said;
}

function ofLoss({ ring, daemon }) {
  const said = [];
  const lost = ring.lost + ring.lane_misses;
  if (lost > 0) said.push(`${plural(lost, 'record is', 'records are')} missing in latencies and rates: lost, of ${count(ring.published)}.`);
  if (ring.inflight_misses > 0) said.push(`${plural(ring.inflight_misses, 'request was', 'requests were')} not listed in flight: there was no place.`);
  if (ring.unobserved_connections > 0) said.push(`${plural(ring.unobserved_connections, 'connection was', 'connections were')} not watched.`);
  if (daemon.run_without_operation > 0) {
    said.push(`${plural(daemon.run_without_operation, 'request counts', 'requests count')} for the daemon, but for no operation.`);
  }
  return said;
}

function ofLayers(layers, stack) {
  const said = [];
  if (!layers) return said;
  if (layers.outer_records_lost > 0) said.push(`${plural(layers.outer_records_lost, 'span', 'spans')} of the outer layers were lost.`);
  if (layers.chains_dropped > 0) said.push(`${plural(layers.chains_dropped, 'operation', 'operations')} had no room in the layer breakdown.`);
  const least = coverage(layers).sort((a, b) => a.ratio - b.ratio)[0];
  if (least && least.ratio < 0.995) said.push(`Of ${percent(least.ratio)} of the operations of ${name(least.layer)} there are spans; the others are not in the layers' figures.`);
  for (const one of layers.stacks) {
    if (stack !== 'all' && stack !== 'compare' && stack !== one.stack) continue;
    const { breakdown, counts_differ: differ } = one.windows['1m'];
    if (breakdown.source === 'by_subtraction') {
      said.push(`In ${name(one.stack)}, means of layers are subtracted, because requests have no trace ids${
        differ ? '; the layers did not see the same number of operations, so a part may even be negative' : ''}.`);
    }
  }
  return said;
}

/** All that is to be said of what was last received. */
export function notices({ overview, overviewDocument, operations, layers, stack, isSlow }) {
  const said = [];
  if (overviewDocument?.instances_left_out > 0) {
    said.push(`${plural(overviewDocument.instances_left_out, 'daemon has', 'daemons have')} no place among those that the bridge watches.`);
  }
  if (overview) said.push(...ofRun(overview), ...ofLoss(overview));
  if (operations?.operations_dropped > 0) said.push(`${plural(operations.operations_dropped, 'record', 'records')} of operations beyond the limit count as _OTHER.`);
  if (operations?.windows_shortened) said.push('The bridge has no memory for whole windows: they are shorter than they say.');
  said.push(...ofLayers(layers, stack));
  if (isSlow) said.push('This browser is too slow for ten updates a second: some are left out, none comes late.');
  return said;
}
