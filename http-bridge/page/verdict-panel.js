// SPDX-License-Identifier: GPL-3.0-or-later
// What the bridge's comparison of the two stacks proves (docs/metrics-math.md#comparison): in words, then operation by operation.
import { Repeated, get, path } from '/page/api.js';
import { element, scrolled, setText, tableOf } from '/page/dom.js';
import { count, duration, name, percent, shift } from '/page/format.js';
import { comparedStacks } from '/page/view.js';

const everyMs = 15_000;  // a comparison takes the bridge tenths of a second

const interval = (of, how) => (of.low === null ? 'too little data for an interval' : `95 %: ${how(of.low)} to ${how(of.high)}`);
// Of the layers that both stacks have, the outermost: it sees whole operations.
const outside = ['mcp-client', 'mcp-server', 'ts-client', 'daemon'];
const isOnBoth = ({ a, b }) => a.answered > 0 && b.answered > 0;

function summary(document) {
  const layers = document.layers.filter((layer) => isOnBoth(layer.raw)).sort((a, b) => outside.indexOf(a.raw.layer) - outside.indexOf(b.raw.layer));
  if (layers.length === 0) return { verdict: 'Nothing to compare: the bridge holds operations of one stack only, or of none.', layer: undefined };
  const { verdict, same_mix: mix, raw } = layers[0];
  const { mean_ns: mean } = mix;
  return { layer: raw.layer, verdict: `${comparedStacks[1]} is ${{
    faster: 'faster', slower: 'slower', 'no proven difference': 'not proven to be faster or slower', 'too little data': 'not compared yet, for want of data',
  }[verdict] ?? name(verdict)}: ${duration(mean.a)} → ${duration(mean.b)} on average, ${shift(mean.shift)} (${interval(mean, shift)}), as ${
    name(raw.layer)} sees whole operations, the same mix on both sides.` };
}

export class VerdictPanel extends Repeated {
  #verdict = element('p', { class: 'verdict' });
  #seen = element('p', { class: 'quiet' });
  #body = element('tbody');

  constructor(container) {
    super(async (signal, instance) => {
      try {
        const [a, b] = comparedStacks.map((stack) => `stack:${stack}`);
        this.#show(await get(path('compare', { a, b, instance }), signal));
      } catch (error) {
        if (!signal.aborted) setText(this.#verdict, `No comparison: ${error.message}`);
      }
      return everyMs;
    });
    const head = ['Operation', ...comparedStacks, 'Change of the mean', 'Interval', 'Verdict'];
    container.append(this.#verdict, this.#seen, scrolled('Comparison by operation', tableOf(head, this.#body, 1, 5)));
  }

  start(instance) {
    setText(this.#verdict, 'Comparing …');
    super.start(instance);
  }

  #show(document) {
    const { verdict, layer } = summary(document);
    setText(this.#verdict, verdict);
    const [a, b] = [document.a.seen, document.b.seen];
    setText(this.#seen, `Of what the ring still holds: ${duration(a.observed_seconds * 1e9)} and ${duration(b.observed_seconds * 1e9)}. A verdict needs a change of ${
      percent(document.least_relevant)} at least.`);
    const rows = document.operations.filter((each) => each.layer === layer);
    this.#body.replaceChildren(...rows.map((each) => {
      const mean = each.latency.mean_ns;
      const times = ['a', 'b'].map((side) => (each[side].answered === 0 ? 'not seen' : `${duration(mean[side])} (${count(each[side].answered)})`));
      return element('tr', {}, element('th', { scope: 'row' }, element('bdi', {}, name(each.operation))),
        ...[...times, isOnBoth(each) ? shift(mean.shift) : '', isOnBoth(each) ? interval(mean, shift).replace('95 %: ', '') : '']
          .map((text) => element('td', { class: 'number' }, text)),
        element('td', {}, isOnBoth(each) ? name(each.verdict) : `only on ${each.a.answered > 0 ? comparedStacks[0] : comparedStacks[1]}`));
    }));
  }
}
