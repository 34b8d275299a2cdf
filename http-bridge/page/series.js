// SPDX-License-Identifier: GPL-3.0-or-later
// Points of time with what was measured in them: of the bridge's history where it has them, else of what came over the socket.
// { begin, seconds, isWatched, mean, p50, p99, max, rate, failed }; times in Unix seconds, latencies null where nothing was answered.

const failed = (outcomes) => outcomes.error + outcomes.unanswered + outcomes.malformed + outcomes.cancelled;

/** Of a window of the snapshot, or a point of the history. */
export function pointOf(window, begin, seconds) {
  const latency = window.latency.count === 0 ? {} : window.latency;
  const isWatched = window.covered_seconds > 0;
  return {
    begin, seconds, isWatched,
    mean: latency.mean_ns ?? null, p50: latency.p50_ns ?? null, p99: latency.p99_ns ?? null, max: latency.max_ns ?? null,
    rate: isWatched ? window.rate_per_second : null,
    failed: isWatched ? failed(window.outcomes) / window.covered_seconds : null,
  };
}

export const pointsOf = (history) => history.points.map((point) => pointOf(point, point.begin_seconds, point.seconds));

/** The last points, at most `keptSeconds` of them, each of `step` seconds; what nobody watched is a hole between them. */
export class Series {
  #points = new Map();
  #step;
  #kept;

  constructor(step, keptSeconds) {
    this.#step = step;
    this.#kept = keptSeconds;
  }

  /** What a window said that ended at `endMs`; the first one of each step counts. True: it is a new point. */
  sample(window, endMs) {
    const begin = (Math.round(endMs / 1000 / this.#step) - 1) * this.#step;
    if (this.#points.has(begin) || window.covered_seconds <= 0) return false;
    this.#points.set(begin, pointOf(window, begin, this.#step));
    this.#drop(begin);
    return true;
  }

  /** What the history knows takes the place of what was sampled in the same time, be its points longer. The newest of it may not be whole yet, and is left out. */
  fill(points, nowMs) {
    for (const point of points) {
      if (!point.isWatched || point.begin + point.seconds > nowMs / 1000 - 2) continue;
      for (let second = point.begin; second < point.begin + point.seconds; second += this.#step) this.#points.delete(second);
      this.#points.set(point.begin, point);
    }
    if (points.length > 0) this.#drop(points.at(-1).begin);
  }

  get list() { return [...this.#points.values()].sort((a, b) => a.begin - b.begin); }

  #drop(newest) {
    for (const begin of this.#points.keys()) if (begin < newest - this.#kept) this.#points.delete(begin);
  }
}

/** The stretches [from, to] between or beside points that nobody watched. */
export function unwatched(points, from, to) {
  const stretches = [];
  let at = from;
  for (const point of points) {
    if (!point.isWatched) continue;
    if (point.begin - at > 1.5 * point.seconds) stretches.push([at, point.begin]);
    at = Math.max(at, point.begin + point.seconds);
  }
  const last = points.at(-1)?.seconds ?? 1;
  if (to - at > 2.5 * last + 1) stretches.push([at, to]);
  return stretches;
}
