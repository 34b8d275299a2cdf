// SPDX-License-Identifier: GPL-3.0-or-later
// What is looked at. It is in the address, behind the #, so that it can be kept, sent, and gone back from:
// #wall&instance=goxel&stack=compare&trend=1h

export const comparedStacks = ['4-layer', '2-layer'];
const choices = {
  stack: ['all', ...comparedStacks, 'compare'],
  trend: ['24h', '1h', '7d'],
  scale: ['log', 'linear'],
  theme: ['', 'light', 'dark'],
};
const flags = ['wall', 'explain', 'tables'];
const listeners = [];

function parse(hash) {
  const given = new URLSearchParams(hash.replace(/^#/, ''));
  const view = { instance: given.get('instance') ?? '', alert: given.get('alert') ?? '' };
  for (const [key, values] of Object.entries(choices)) view[key] = values.includes(given.get(key)) ? given.get(key) : values[0];
  for (const flag of flags) view[flag] = given.has(flag);
  // Unix seconds of a trend that is held still.
  const [from, to] = ['from', 'to'].map((key) => (/^\d{9,11}$/.test(given.get(key)) ? Number(given.get(key)) : undefined));
  if (from < to) Object.assign(view, { from, to });
  return view;
}

function address(view) {
  const parts = flags.filter((flag) => view[flag]);
  for (const key of ['instance', 'alert']) if (view[key]) parts.push(`${key}=${encodeURIComponent(view[key])}`);
  for (const [key, values] of Object.entries(choices)) if (view[key] !== values[0]) parts.push(`${key}=${view[key]}`);
  if (view.from !== undefined) parts.push(`from=${view.from}`, `to=${view.to}`);
  return `#${parts.join('&')}`;
}

export let view = parse(location.hash);

export function onChange(listener) { listeners.push(listener); }

export function change(changes) {
  const wanted = address({ ...view, ...changes });
  if (wanted === address(view)) return;
  history.pushState(null, '', wanted);
  read();
}

export const link = (changes) => location.href.replace(/#.*$/, '') + address({ ...view, ...changes });

function read() {
  view = parse(location.hash);
  for (const listener of listeners) listener(view);
}
addEventListener('popstate', read);
