// SPDX-License-Identifier: GPL-3.0-or-later
// What speaks for an alert: which operations, by how much and how sure, in which layers, compared with what, and what was not looked at.
import { element } from '/page/dom.js';
import { count, duration, name, percent, sentence } from '/page/format.js';

const columns = ['Operation', 'Stack', 'What', 'Before → after', 'Effect', '95 %', 'Requests', 'Where'];
const channels = { centre: 'usual time', tail: 'slowest', errors: 'failures' };
const times = (ratio) => (Number.isFinite(ratio) ? `×${ratio.toFixed(2)}` : '–');

function rowOf(shift) {
  const value = shift.channel === 'errors' ? percent : duration;
  const cells = [name(shift.stack), channels[shift.channel] ?? name(shift.channel), `${value(shift.before)} → ${value(shift.after)}`, times(shift.ratio),
    `${times(shift.ratio_low)} to ${times(shift.ratio_high)}`, `${count(shift.count_before)} → ${count(shift.count_after)}`,
    shift.layers.map(({ layer, share, shift_ns: ns }) => `${name(layer)} ${percent(share)} (${ns < 0 ? '' : '+'}${duration(ns)})`).join(', ') || 'not known'];
  return element('tr', {}, element('th', { scope: 'row' }, element('bdi', {}, shift.operation ? name(shift.operation) : 'all operations')),
    ...cells.map((cell) => element('td', {}, cell)));
}

/** Elements. */
export function evidence({ operations, compared_with: compared, not_looked_at: notLookedAt, facts }) {
  const shown = [];
  if (operations.length > 0) {
    shown.push(element('div', { class: 'scrolls', tabindex: '0', role: 'region', 'aria-label': 'Operations of this alert' }, element('table', {},
      element('thead', {}, element('tr', {}, ...columns.map((column) => element('th', { scope: 'col' }, column)))),
      element('tbody', {}, ...operations.map(rowOf)))));
  }
  if (compared) shown.push(element('p', {}, sentence(`compared with ${compared}`)));
  if (facts.length > 0) shown.push(element('dl', {}, ...facts.map((fact) => element('div', {}, element('dt', {}, name(fact.name)), element('dd', {}, name(fact.value))))));
  for (const why of notLookedAt) shown.push(element('p', {}, sentence(`not looked at: ${why}`)));
  return shown.length > 0 ? shown : [element('p', {}, 'There is no more than that.')];
}
