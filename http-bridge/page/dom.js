// SPDX-License-Identifier: GPL-3.0-or-later
// Changes of the page. What a client of the daemon wrote reaches it as text only, never as HTML; and nothing is written that
// is there already, since each change is laid out and painted.

export const byId = (id) => document.getElementById(id);

export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

export function setClass(node, name, on) {
  if (node.classList.contains(name) !== on) node.classList.toggle(name, on);
}

export function setAttribute(node, name, value) {
  if (node.getAttribute(name) !== value) node.setAttribute(name, value);
}

/** element('td', { class: 'number' }, 'text', otherElement) */
export function element(tag, attributes = {}, ...content) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...content);
  return node;
}

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
