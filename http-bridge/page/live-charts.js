// SPDX-License-Identifier: GPL-3.0-or-later
// Latency and throughput of the last five minutes, second by second: from the history what was before the page, then from what comes.
import { get, path } from '/page/api.js';
import { byId } from '/page/dom.js';
import { duration, rate } from '/page/format.js';
import { shortDuration } from '/page/scales.js';
import { Series, pointsOf, unwatched } from '/page/series.js';
import { TimeChart } from '/page/time-chart.js';

const shownSeconds = 300;
const leastSeconds = 30;

export class LiveCharts {
  #latency = new TimeChart(byId('latency-chart'), { name: 'Latency', format: duration, tickFormat: shortDuration });
  #throughput = new TimeChart(byId('throughput-chart'), { name: 'Throughput', format: rate, tickFormat: (value) => `${value}/s` });
  #series = new Map();  // by stack
  #marks = new Map();

  get charts() { return [this.#latency, this.#throughput]; }

  forget() {
    this.#series.clear();
    this.#marks.clear();
  }

  /** A window that ended at `endMs`. */
  sample(stack, window, endMs) { return this.#of(stack).sample(window, endMs); }

  /** When the daemon began, and when it ended if it has; also runs that came and went between two looks. */
  mark({ started_realtime_ns: started, uptime_seconds: uptime, state, ended_runs: ended }) {
    const runs = ended.map((run) => ({ started: run.started_realtime_ns / 1e9, end: run.last_sign_of_life_realtime_ns / 1e9, state: run.state }));
    runs.push({ started: started / 1e9, end: started / 1e9 + uptime, state });
    for (const run of runs) {
      this.#marks.set(`${run.started} start`, { at: run.started, sign: '▶', name: 'start' });
      if (run.state === 'dead') this.#marks.set(`${run.started} end`, { at: run.end, sign: '✖', name: 'crash' });
      if (run.state === 'retired') this.#marks.set(`${run.started} end`, { at: run.end, sign: '■', name: 'end' });
    }
    for (const old of [...this.#marks.keys()].slice(0, -20)) this.#marks.delete(old);
  }

  /** Fills what was not seen from the history. `source` as for the trend. A bridge without one leaves it as it is. */
  async fill(stack, source, nowMs, signal) {
    const series = this.#of(stack);
    const to = Math.floor(nowMs / 1000);  // so that each point is of one second
    const document = await get(path('history', { ...source, from: to - shownSeconds, to, points: shownSeconds }), signal);
    series.fill(pointsOf(document), nowMs);
  }

  /** `stacks`: those whose lines are drawn. */
  show({ stacks, nowMs, targetNs, targetPerSecond, isLogarithmic }) {
    const lists = stacks.map((stack) => [stack, this.#of(stack).list]);
    const newest = Math.max(...lists.map(([, points]) => (points.length > 0 ? points.at(-1).begin + points.at(-1).seconds : 0)));
    // The axis ends with the newest second, so that the line does not jump, unless none came for long.
    const to = newest > nowMs / 1000 - 3 ? newest : Math.floor(nowMs / 1000);
    const first = Math.min(...lists.map(([, points]) => points[0]?.begin ?? Infinity));
    const from = Math.max(to - shownSeconds, Math.min(first, to - leastSeconds));
    const common = { from, to, marks: [...this.#marks.values()].filter((mark) => mark.at > from && mark.at <= to), unwatched: unwatched(lists[0][1], from, to) };
    const [latencies, rates] = lists.length === 1 ? ofOne(lists[0][1]) : ofSeveral(lists);
    this.#latency.show({ ...common, lines: latencies, target: targetNs, isLogarithmic });
    this.#throughput.show({ ...common, lines: rates, target: targetPerSecond });
    if (first !== Infinity && performance.getEntriesByName('first-chart').length === 0) performance.mark('first-chart');
  }

  #of(stack) {
    if (!this.#series.has(stack)) this.#series.set(stack, new Series(1, shownSeconds));
    return this.#series.get(stack);
  }
}

const ofOne = (points) => [
  [{ name: 'max', ink: 'max', field: 'max', points }, { name: 'p99', ink: 'p99', dash: true, field: 'p99', points }, { name: 'p50', ink: 'p50', field: 'p50', points }],
  [{ name: 'all', ink: 'rate', field: 'rate', points }, { name: 'not ok', ink: 'failed', dash: true, field: 'failed', points }],
];
const ofSeveral = (lists) => ['mean', 'rate'].map((field) => lists.map(([stack, points], i) => (
  { name: `${stack}${field === 'mean' ? ' mean' : ''}`, ink: i === 0 ? 'first' : 'second', dash: i > 0, field, points })));
