// SPDX-License-Identifier: GPL-3.0-or-later
// What the bridge watches for regressions, and which change it would notice, asked for while somebody looks at it.
import { channels, times } from '/page/alert-evidence.js';
import { Repeated, get, path } from '/page/api.js';
import { element, scrolled, setText, tableOf } from '/page/dom.js';
import { count, duration, name, percent, sentence, unknown } from '/page/format.js';

const everyMs = 15_000;
const most = 60;  // rows
const seconds = (value) => duration(value * 1e9);

function noticeable({ noticeable: change, state }) {
  if (change) return `${change.share === null ? times(change.ratio) : percent(change.share)} in ${seconds(change.within_seconds)}`;
  return ['learning', 'arming'].includes(state) ? unknown : 'nothing within an hour';
}

function rowOf(series) {
  const { all, operation, stack, outer, layer, channel, state, seconds_needed: needed, usual_ns: usual, usual_share: share, load_ratio: load } = series;
  const cells = [all ? '' : name(stack) + (outer ? `, ${name(layer)}` : ''), channels[channel] ?? name(channel), name(state) + (needed === null ? '' : `, ${seconds(needed)} more`),
    channel === 'errors' ? percent(share) : duration(usual), noticeable(series), load === null ? '' : times(load)];
  return element('tr', {}, element('th', { scope: 'row' }, element('bdi', {}, all ? `all operations${outer ? ' of outer layers' : ''}` : name(operation))),
    ...cells.map((cell) => element('td', {}, cell)));
}

export class SeriesPanel {
  #details;
  #note = element('p', { class: 'quiet' });
  #body = element('tbody');
  #instance;
  #asking = new Repeated((signal) => this.#look(signal));

  constructor(details) {
    this.#details = details;
    this.#details.append(this.#note, scrolled('What would be noticed',
      tableOf(['Operation', 'Stack', 'What', 'State', 'Usual', 'Would be noticed', 'Due to load'], this.#body)));
  }

  start(instance) {
    this.#instance = instance;
    if (this.#details.open && instance !== undefined) this.#asking.start();
    else this.stop();
    if (instance === undefined) setText(this.#note, 'No daemon is watched.');
  }

  stop() { this.#asking.stop(); }

  async #look(signal) {
    try {
      const { instances: [one], message } = await get(path('alerts/series', { instance: this.#instance }), signal);
      const series = one?.series ?? [];
      this.#body.replaceChildren(...series.slice(0, most).map(rowOf));
      const left = series.length + (one?.series_left_out ?? 0) - this.#body.children.length;
      setText(this.#note, sentence(message) || (series.length === 0 ? 'Nothing is watched yet.' : left > 0 ? `Those of most requests; ${count(left)} more are not shown.` : ''));
    } catch (error) {
      if (!signal.aborted) setText(this.#note, error.message);
    }
    return everyMs;
  }
}
