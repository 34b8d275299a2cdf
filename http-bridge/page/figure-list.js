// SPDX-License-Identifier: GPL-3.0-or-later
// A list of figures, and the two that matter most beside it: what is, and what it should be.
import { element, setAttribute, setClass, setText } from '/page/dom.js';

const sign = '▲ ';  // so that an alarm is not only a colour

/** Figures keep their places: an element is made once for each name. */
export function showFigures(list, figures) {
  while (list.children.length > figures.length) list.lastChild.remove();
  figures.forEach((figure, i) => {
    const row = list.children[i] ?? list.appendChild(element('div', {}, element('dt'), element('dd', {}, element('span', { class: 'value' }), element('span', { class: 'hint' }))));
    const [label, content] = row.children;
    setText(label, figure.name);
    setText(content.firstChild, (figure.alarming ? sign : '') + figure.value);
    setText(content.lastChild, figure.hint);
    setAttribute(row, 'title', figure.hint);
    setClass(row, 'alarming', Boolean(figure.alarming));
  });
}

/** Of these figures the values alone, by name: what changes more often than once a second. */
export function showValues(list, figures) {
  for (const row of list.children) {
    const figure = figures.find((each) => each.name === row.firstChild.textContent);
    if (figure) setText(row.lastChild.firstChild, (figure.alarming ? sign : '') + figure.value);
  }
}

/** [{ name, value, alarming }], large. */
export function showCurrent(container, figures) {
  while (container.children.length > figures.length) container.lastChild.remove();
  figures.forEach((figure, i) => {
    const row = container.children[i] ?? container.appendChild(element('p', {}, element('span', { class: 'name' }), ' ', element('b')));
    setText(row.firstChild, figure.name);
    setText(row.lastChild, (figure.alarming ? sign : '') + figure.value);
    setClass(row, 'alarming', Boolean(figure.alarming));
  });
}
