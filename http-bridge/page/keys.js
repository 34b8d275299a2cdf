// SPDX-License-Identifier: GPL-3.0-or-later
// What each key does, and the list of them. A key alone counts, and only where nothing is written.
import { byId, element } from '/page/dom.js';
import { change, view } from '/page/view.js';

const next = (values, value) => values[(values.indexOf(value) + 1) % values.length];
const toggle = (flag) => () => change({ [flag]: !view[flag] });

/** `stepDaemon(by)` chooses another daemon. */
export function listen(stepDaemon) {
  const keys = [
    ['1', 'all stacks', () => change({ stack: 'all' })],
    ['2', '4-layer', () => change({ stack: '4-layer' })],
    ['3', '2-layer', () => change({ stack: '2-layer' })],
    ['4', 'compare both stacks', () => change({ stack: 'compare' })],
    ['[', 'the daemon before', () => stepDaemon(-1)],
    [']', 'the next daemon', () => stepDaemon(1)],
    ['t', 'trend of an hour, a day, a week', () => change({ trend: next(['1h', '24h', '7d'], view.trend), from: undefined, to: undefined })],
    ['g', 'latency logarithmic or linear', () => change({ scale: next(['log', 'linear'], view.scale) })],
    ['v', 'values of the charts as tables', toggle('tables')],
    ['e', 'explain each figure', toggle('explain')],
    ['w', 'wall: large, for a screen that nobody touches', toggle('wall')],
    ['d', 'colours: as the system, light, dark', () => change({ theme: next(['', 'light', 'dark'], view.theme) })],
    ['Home', 'live again, after a link held the trend still', () => change({ from: undefined, to: undefined })],
    ['?', 'this list', () => byId('keys').showModal()],
  ];
  byId('keys-list').append(...keys.map(([key, does]) => element('div', {}, element('dt', {}, element('kbd', {}, key)), element('dd', {}, does))));
  byId('help').addEventListener('click', () => byId('keys').showModal());
  addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.target.matches('input:not([type=radio]), textarea, select') || document.querySelector('dialog[open]')) return;
    const found = keys.find(([key]) => key === event.key);
    if (!found || (event.key === 'Home' && view.from === undefined)) return;
    event.preventDefault();
    found[2]();
  });
}
