// SPDX-License-Identifier: GPL-3.0-or-later
// What speaks for an alert: its course, which operations, by how much and how sure, in which layers and phases inside the daemon, compared with what, and what was not looked at.
import { element, scrolled, tableOf } from '/page/dom.js';
import { bytes, count, duration, name, percent, sentence } from '/page/format.js';

const columns = ['Operation', 'Stack', 'What', 'Before → after', 'Effect', '95 %', 'Requests', 'Where', 'In the daemon'];
export const channels = { centre: 'usual time', tail: 'slowest', errors: 'failures' };
export const times = (ratio) => (Number.isFinite(ratio) ? `×${ratio.toFixed(2)}` : '–');

function interval({ ratio_low: low, ratio_high: high }) {
  if (Number.isFinite(low) && Number.isFinite(high)) return `${times(low)} to ${times(high)}`;
  if (Number.isFinite(low)) return `at least ${times(low)}`;
  return Number.isFinite(high) ? `at most ${times(high)}` : 'not known';
}

function rowOf(shift) {
  const value = shift.channel === 'errors' ? percent : duration;
  const cells = [name(shift.stack), channels[shift.channel] ?? name(shift.channel), `${value(shift.before)} → ${value(shift.after)}`, times(shift.ratio),
    interval(shift), `${count(shift.count_before)} → ${count(shift.count_after)}`,
    shift.layers.map(({ layer, share, shift_ns: ns }) => `${name(layer)} ${percent(share)} (${ns < 0 ? '' : '+'}${duration(ns)})`).join(', ') || 'not known',
    shift.phases.filter(({ share }) => share > 0).map(({ phase, share }) => `${name(phase)} ${percent(share)}`).join(', ') || 'not known'];
  return element('tr', {}, element('th', { scope: 'row' }, element('bdi', {}, shift.operation ? name(shift.operation) : 'all operations')),
    ...cells.map((cell) => element('td', {}, cell)));
}

const [width, height, margin] = [240, 48, 3];
const most = 1000;  // values; the bridge has fewer

const isShown = (value) => Number.isFinite(value) && value >= 0;

function words(value, unit) {
  const write = { ns: duration, bytes, ratio: percent }[unit];
  return write ? write(value) : `${Number(value.toPrecision(3))} ${name(unit)}`.trim();
}

function shape(tag, attributes) {
  const node = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  return node;
}

// As metrics/alerts/alert_course.h has it, from the oldest value to the newest, with the usual level in dashes. What is no number, or below zero, is
// a gap. Undefined: there is nothing to draw.
function courseOf({ course, course_usual: usual, unit }) {
  const values = course.slice(-most);
  const shown = values.filter(isShown);
  const greatest = shown.reduce((a, b) => Math.max(a, b), 0);
  const hasUsual = isShown(usual) && usual > 0;
  const top = hasUsual ? Math.max(greatest, usual) : greatest;
  if (values.length < 2 || shown.length === 0 || top === 0) return undefined;
  const x = (i) => (margin + i / (values.length - 1) * (width - 2 * margin)).toFixed(1);
  const y = (value) => (height - margin - value / top * (height - 2 * margin)).toFixed(1);
  // A line without length has round ends: so a value between two gaps is a dot.
  const line = values.map((value, i) => (!isShown(value) ? '' : isShown(values[i - 1]) ? `L${x(i)} ${y(value)}` : `M${x(i)} ${y(value)}h0`)).join('');
  const drawing = shape('svg', { viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: 'none', 'aria-hidden': true });
  if (hasUsual) drawing.append(shape('path', { class: 'usual', d: `M0 ${y(usual)}H${width}` }));
  drawing.append(shape('path', { d: line }));
  const last = values.at(-1);
  return element('div', { class: 'course' }, drawing, element('p', {}, 'Last ', element('b', {}, isShown(last) ? words(last, unit) : 'not known'),
    `, at most ${words(greatest, unit)}${hasUsual ? `, usual ${words(usual, unit)}` : ''}${shown.length < values.length ? ', with gaps' : ''}.`));
}

/** Elements. */
export function evidence({ operations, compared_with: compared, not_looked_at: notLookedAt, facts, ...course }) {
  const shown = [courseOf(course)].filter(Boolean);
  if (operations.length > 0) {
    shown.push(scrolled('Operations of this alert', tableOf(columns, element('tbody', {}, ...operations.map(rowOf)))));
  }
  if (compared) shown.push(element('p', {}, sentence(`compared with ${compared}`)));
  if (facts.length > 0) shown.push(element('dl', {}, ...facts.map((fact) => element('div', {}, element('dt', {}, name(fact.name)), element('dd', {}, name(fact.value))))));
  for (const why of notLookedAt) shown.push(element('p', {}, sentence(`not looked at: ${why}`)));
  return shown.length > 0 ? shown : [element('p', {}, 'There is no more than that.')];
}
