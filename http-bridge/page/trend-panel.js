// SPDX-License-Identifier: GPL-3.0-or-later
// The last hour, day or week from the bridge's history, decimated there to as many points as the chart has pixels; of a bridge without one, the
// minutes since the page was opened.
import { Repeated, get, path } from '/page/api.js';
import { byId, setText } from '/page/dom.js';
import { dateTime, duration, sentence } from '/page/format.js';
import { shortDuration } from '/page/scales.js';
import { Series, pointsOf, unwatched } from '/page/series.js';
import { TimeChart } from '/page/time-chart.js';

const spans = { '1h': 3600, '24h': 86_400, '7d': 604_800 };
const names = { '1h': 'Last hour', '24h': 'Last 24 hours', '7d': 'Last 7 days' };
const everyMs = 20_000;
const withoutHistoryMs = 200_000;  // each refusal is a line in the browser's console
const mostPoints = 1000;

export class TrendPanel extends Repeated {
  #chart = new TimeChart(byId('trend-chart'), { name: 'Latency trend', format: duration, tickFormat: shortDuration });
  #minutes = new Series(60, spans['24h']);

  constructor() { super((signal, ...what) => this.#look(signal, ...what)); }

  get chart() { return this.#chart; }

  /** Where there is no history: the last minute of the overview, once a minute. */
  sample(instance) {
    if (instance.daemon.state === 'live') this.#minutes.sample(instance.daemon.windows['1m'], instance.taken_realtime_ns / 1e6);
  }

  forget() { this.#minutes = new Series(60, spans['24h']); }

  /** `source`: { instance, stack, layer } of the history; `targetNs()`. */
  start(view, source, now, targetNs) {
    setText(byId('trend-name').firstChild, view.from === undefined ? names[view.trend] : 'Trend, held still');
    super.start(view, source, now, targetNs);
  }

  async #look(signal, view, source, now, targetNs) {
    const isStill = view.from !== undefined;
    let next = everyMs;
    const to = isStill ? view.to : Math.floor(now() / 1000);
    const from = isStill ? view.from : to - spans[view.trend];
    const common = { from, to, isLogarithmic: view.scale === 'log', target: targetNs() };
    try {
      const document = await get(path('history', { ...source, from, to, points: Math.min(this.#chart.width, mostPoints) }), signal);
      // What the newest point lacks may only not be written yet.
      const points = pointsOf(document).filter((point) => isStill || point.begin + point.seconds < to - 2 || point.isWatched);
      this.#show({ ...common, points, note: `${isStill ? `${dateTime(from * 1000)} to ${dateTime(to * 1000)}. ` : ''}Each point is of ${
        duration(document.point_seconds * 1e9)}.${document.message ? ` ${sentence(document.message)}` : ''}` });
    } catch (error) {
      if (signal.aborted) return undefined;
      if (error.status === 404) next = withoutHistoryMs;
      const points = error.status === 404 && !source.stack ? this.#minutes.list : [];
      const began = points[0]?.begin;
      this.#show({ ...common, points, from: isStill || began === undefined ? from : Math.max(from, Math.min(began, to - 600)),
        note: `${error.message}${error.status === 404 && !source.stack ? ` Without a history, this chart is of what this page saw, ${began === undefined ? 'from the first whole minute on' : `since ${dateTime(began * 1000)}`}.` : ''}` });
    }
    return isStill ? undefined : next;
  }

  #show({ points, note, ...common }) {
    setText(byId('trend-note'), note);
    this.#chart.show({
      ...common, unwatched: unwatched(points, common.from, common.to),
      lines: [{ name: 'max', ink: 'max', field: 'max', points }, { name: 'p99', ink: 'p99', dash: true, field: 'p99', points }, { name: 'p50', ink: 'p50', field: 'p50', points }],
    });
  }
}
