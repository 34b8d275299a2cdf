// SPDX-License-Identifier: GPL-3.0-or-later
// Requests in flight, the oldest first.
import { element, setClass, setRows, setText, tableOf } from '/page/dom.js';
import { count, duration, name } from '/page/format.js';

const oldNs = 1e9;  // may be stuck
const mostRows = 10;

export class InflightPanel {
  #body = element('tbody');
  #line = element('p', { class: 'quiet' });
  #table = tableOf(['Operation', 'Stack', 'Phase', 'For'], this.#body, 3);

  constructor(container) {
    container.append(this.#line, this.#table);
  }

  /** Of an instance of the overview. Connections have one request after another, so each is a row. */
  show(instance) {
    const requests = instance?.inflight ?? [];
    const shown = requests.slice(0, mostRows);
    const places = new Map();
    const keyed = shown.map((request) => {
      const place = places.get(request.connection) ?? 0;
      places.set(request.connection, place + 1);
      return { ...request, key: `${request.connection} ${place}` };
    });
    this.#table.hidden = shown.length === 0;
    setRows(this.#body, keyed, (request) => request.key,
      () => element('tr', {}, element('th', { scope: 'row' }, element('bdi')), element('td'), element('td'), element('td', { class: 'number' })),
      (row, request) => {
        const isOld = request.age_ns >= oldNs;
        setText(row.firstChild.firstChild, name(request.operation));
        [name(request.stack), name(request.phase), (isOld ? '▲ ' : '') + duration(request.age_ns)].forEach((text, i) => setText(row.children[i + 1], text));
        setClass(row, 'alarming', isOld);
      });
    const all = instance?.daemon.inflight ?? 0;
    setText(this.#line, !instance ? 'Nothing is known yet.' : all === 0 && shown.length === 0 ? 'Nothing is in flight.'
      : shown.length < Math.max(all, requests.length) ? `The oldest ${shown.length} of ${count(Math.max(all, requests.length))} requests.` : '');
  }
}
