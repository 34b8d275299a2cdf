// SPDX-License-Identifier: GPL-3.0-or-later
// Where the time of each stack goes: its layers from the outside in, each bar beginning where the one before it ends, all stacks at one scale.
import { element, setAttribute, setRows, setText } from '/page/dom.js';
import { count, duration, name, percent } from '/page/format.js';

const nanoseconds = (stack) => {
  const { breakdown, outermost } = stack.windows['1m'];
  return breakdown.source === 'none' ? outermost.latency.mean_ns : breakdown.mean_ns;
};

// The rows of a stack; the first one is its heading.
function rowsOf(stack, longest) {
  const { breakdown, outermost, layers } = stack.windows['1m'];
  const mean = nanoseconds(stack);
  const heading = { key: stack.stack, isHeading: true, name: name(stack.stack), value: `${duration(mean)} on average`, note: '' };
  if (breakdown.source === 'none') {
    heading.note = `mean of ${count(outermost.latency.count)} operations; no other layer of this stack reports`;
    const layer = layers[0] ?? 'daemon';
    return [heading, { key: `${stack.stack} ${layer}`, layer, name: name(layer), begin: 0, length: mean / longest, value: duration(mean), share: percent(1) }];
  }
  heading.note = `mean${breakdown.source === 'by_subtraction' ? 's' : ''} of ${count(breakdown.operations)} operations`;
  let at = 0;
  return [heading, ...breakdown.hops.map((hop) => {
    const cost = Math.max(0, hop.mean_ns);
    const row = { key: `${stack.stack} ${hop.name}`, layer: hop.outer, name: name(hop.name), begin: at / longest, length: cost / longest,
      value: duration(hop.mean_ns), share: percent(hop.share_ratio),
      hint: hop.cost ? `p50 ${duration(hop.cost.p50_ns)}, p99 ${duration(hop.cost.p99_ns)}, of ${count(hop.cost.count)} operations` : '' };
    at += cost;
    return row;
  })];
}

const layerInks = ['mcp-client', 'mcp-server', 'ts-client', 'daemon'];

function make(row) {
  if (row.isHeading) {
    return element('tr', { class: 'heading' }, element('th', { scope: 'rowgroup', colspan: '4' }, element('span'), ' ', element('b'), ' ', element('small')));
  }
  const ink = layerInks.includes(row.layer) ? row.layer : 'daemon';
  return element('tr', {}, element('th', { scope: 'row' }), element('td', { class: `track ink-${ink}`, 'aria-hidden': 'true' }, element('div', { class: 'bar' })),
    element('td', { class: 'number' }), element('td', { class: 'number' }));
}

function fill(node, row) {
  if (row.isHeading) {
    const [label, value, note] = node.firstChild.children;
    setText(label, row.name);
    setText(value, row.value);
    setText(note, row.note);
    return;
  }
  const [label, track, value, share] = node.children;
  setText(label, row.name);
  setText(value, row.value);
  setText(share, row.share);
  setAttribute(node, 'title', row.hint ?? '');
  const { style } = track.firstChild;
  const [begin, width] = [row.begin, row.length].map((part) => `${(part * 100).toFixed(1)}%`);
  if (style.marginLeft !== begin) style.marginLeft = begin;
  if (style.width !== width) style.width = width;
}

export class LayersPanel {
  #body = element('tbody');
  #none = element('p', { class: 'quiet' });

  constructor(container) {
    container.append(element('table', { class: 'layers' }, element('caption', { class: 'unseen' }, 'Mean time of each layer and its share'), this.#body), this.#none);
  }

  /** `stack`: "all", "compare", or one stack. */
  show(layers, stack) {
    const answered = (layers?.stacks ?? []).filter((one) => one.windows['1m'].outermost.latency.count > 0);
    const longest = Math.max(1, ...answered.map(nanoseconds));
    const shown = answered.filter((one) => stack === 'all' || stack === 'compare' || one.stack === stack);
    if (stack === 'compare') shown.sort((a, b) => b.stack.localeCompare(a.stack));
    setRows(this.#body, shown.flatMap((one) => rowsOf(one, longest)), (row) => row.key, make, fill);
    setText(this.#none, shown.length > 0 ? '' : !layers ? 'Nothing is known of layers yet.'
      : stack === 'all' || stack === 'compare' ? 'Nothing was answered in the last minute.'
        : `Nothing of ${stack} was answered in the last minute.`);
  }
}
