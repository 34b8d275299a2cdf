// SPDX-License-Identifier: GPL-3.0-or-later
// What each operation of the daemon costs, by its share of the time. Rows hold still while pointer or focus is among them.
import { element, scrolled, setClass, setRows, setText, tableOf } from '/page/dom.js';
import { count, duration, latencyRoom, name, percent, rate, unknown } from '/page/format.js';

const fewRows = 12;
const columns = ['Operation', 'Stack', 'Share', 'Rate', 'Mean', 'p50', 'p99', 'Max', 'Errors', 'Target'];

const busy = ({ windows: { '1m': { latency } } }) => latency.count * (latency.mean_ns ?? 0);
const key = (operation) => JSON.stringify([operation.operation, operation.stack, operation.protocol]);

function texts(operation, all) {
  const { latency, outcomes, rate_per_second: perSecond } = operation.windows['1m'];
  const time = (field) => (latency.count === 0 ? unknown : duration(latency[field]));
  const room = operation.target_ns && latency.count > 0 ? operation.target_ns - latency.mean_ns : undefined;
  return {
    cells: [name(operation.operation), name(operation.stack), all > 0 ? percent(busy(operation) / all) : unknown, rate(perSecond),
      time('mean_ns'), time('p50_ns'), time('p99_ns'), time('max_ns'), count(outcomes.error + outcomes.malformed), room === undefined ? '' : latencyRoom(room)],
    isOver: room < 0,
    share: all > 0 ? busy(operation) / all : 0,
  };
}

export class OperationsPanel {
  #body = element('tbody');
  #note = element('p', { class: 'quiet' });
  #more = element('button', { type: 'button', 'aria-expanded': 'false' });
  #areAllShown = false;
  #order = [];
  #last;

  constructor(container) {
    container.append(scrolled('Operations', tableOf(columns, this.#body, 2)), this.#note, this.#more);
    this.#more.addEventListener('click', () => {
      this.#areAllShown = !this.#areAllShown;
      this.#more.setAttribute('aria-expanded', String(this.#areAllShown));
      this.show(...this.#last);
    });
  }

  show(operations, stack) {
    this.#last = [operations, stack];
    const isWanted = (each) => each.layer === 'daemon' && (stack === 'all' || stack === 'compare' || each.stack === stack) && each.windows['1m'].outcomes.all > 0;
    const wanted = (operations?.operations ?? []).filter(isWanted);
    const all = wanted.reduce((sum, each) => sum + busy(each), 0);
    wanted.sort((a, b) => busy(b) - busy(a) || (key(a) < key(b) ? -1 : 1));
    if (this.#body.matches(':hover, :focus-within')) {
      const place = (each) => (this.#order.includes(key(each)) ? this.#order.indexOf(key(each)) : Infinity);
      wanted.sort((a, b) => place(a) - place(b) || 0);
    }
    this.#order = wanted.map(key);
    const shown = this.#areAllShown ? wanted : wanted.slice(0, fewRows);
    setRows(this.#body, shown, key,
      () => element('tr', {}, element('th', { scope: 'row' }, element('bdi')), ...columns.slice(1).map((_, i) => element('td', i > 0 ? { class: 'number' } : {}))),
      (row, each) => {
        const { cells, isOver, share } = texts(each, all);
        setText(row.firstChild.firstChild, cells[0]);
        cells.slice(1).forEach((text, i) => setText(row.children[i + 1], text));
        setClass(row.lastChild, 'alarming', isOver);
        row.children[2].style.setProperty('--part', `${(share * 100).toFixed(0)}%`);
        row.title = each.operation.length > 60 ? cells[0] : '';
      });
    const rest = wanted.slice(shown.length).reduce((sum, each) => sum + busy(each), 0);
    setText(this.#note, !operations ? 'Nothing is known of operations yet.' : wanted.length === 0 ? 'No operation ended in the last minute.'
      : rest > 0 || shown.length < wanted.length ? `${shown.length} of ${wanted.length} operations; the others took ${percent(all > 0 ? rest / all : 0)} of the time.` : '');
    this.#more.hidden = wanted.length <= fewRows;
    setText(this.#more, this.#areAllShown ? `Show the first ${fewRows}` : `Show all ${wanted.length}`);
  }
}
