// SPDX-License-Identifier: GPL-3.0-or-later
// Changes of the page. What a client of the daemon wrote reaches it as text only, never as HTML; and nothing is written that
// is there already, since each change is laid out and painted.

export const byId = (id) => document.getElementById(id);

// What was written last: asking the document takes longer than all the rest. Only these functions write to such nodes.
const texts = new WeakMap();
const attributes = new WeakMap();

export function setText(node, text) {
  if (texts.get(node) === text) return;
  texts.set(node, text);
  // A text node that stays is laid out again with less work than a new one.
  if (node.firstChild?.nodeType === Node.TEXT_NODE && node.childNodes.length === 1) node.firstChild.data = text;
  else node.textContent = text;
}

export function setAttribute(node, name, value) {
  const known = attributes.get(node) ?? {};
  if (known[name] === value) return;
  attributes.set(node, { ...known, [name]: value });
  node.setAttribute(name, value);
}

export function setClass(node, name, on) {
  if (node.classList.contains(name) !== on) node.classList.toggle(name, on);
}

/** element('td', { class: 'number' }, 'text', otherElement) */
export function element(tag, attributes = {}, ...content) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...content);
  return node;
}

/** With a heading for each column; those from `first` to before `end` have numbers. */
export const tableOf = (columns, body, first = Infinity, end = Infinity) => element('table', {}, element('thead', {}, element('tr', {},
  ...columns.map((column, i) => element('th', { scope: 'col', ...(i >= first && i < end ? { class: 'number' } : {}) }, column)))), body);

/** What may be wider than the page: scrolled, also by keys. */
export const scrolled = (label, content) => element('div', { class: 'scrolls', tabindex: '0', role: 'region', 'aria-label': label }, content);

/** Of a table: one row for each item, by key, so that focus and pointer keep theirs. `fill(row, item)` fills it. */
export function setRows(parent, items, key, make, fill) {
  const old = new Map([...parent.children].map((row) => [row.dataset.key, row]));
  let before = null;
  for (const item of [...items].reverse()) {
    const row = old.get(key(item)) ?? make(item);
    old.delete(key(item));
    row.dataset.key = key(item);
    fill(row, item);
    if (row.parentNode !== parent || row.nextSibling !== before) parent.insertBefore(row, before);
    before = row;
  }
  for (const row of old.values()) row.remove();
}
