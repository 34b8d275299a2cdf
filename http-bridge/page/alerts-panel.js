// SPDX-License-Identifier: GPL-3.0-or-later
// The bridge's alerts, those that are active first, each with its evidence and what one can say of it. Rows hold still while pointer or focus is
// among them, also those of alerts that end meanwhile, so that no click meets another one.
import { evidence } from '/page/alert-evidence.js';
import { post } from '/page/api.js';
import { byId, element, setAttribute, setClass, setRows, setText } from '/page/dom.js';
import { count, dateTime, duration, name, percent, sentence } from '/page/format.js';
import { sign } from '/page/state.js';

const judgements = [['true', 'Right', 'Somebody had to know'], ['false', 'Wrong', 'It was a false alarm'], ['known', 'Known', 'Right, but no news']];
const ends = { resolved: 'resolved', new_level: 'it is the new usual', not_watched: 'nobody watches it any more' };
const silencedFor = '2h';
const leastBesideSeconds = 300;

const ms = (ns) => ns / 1e6;
export const tone = ({ level }) => (level === 'confirmed' ? 'bad' : 'warning');

function when({ active, end, since_realtime_ns: since, ended_realtime_ns: ended }) {
  if (active) return `since ${dateTime(ms(since))}`;
  return `${dateTime(ms(since))} to ${dateTime(ms(ended))} (${duration(ended - since)}), ${ends[end] ?? name(end)}`;
}

// As the bridge finds out whether it tells anybody.
const silenceOf = (silences, { rule, instance, subject, evidence: { operations } }) => silences.find((each) => (!each.rule || each.rule === rule)
  && (!each.instance || each.instance === instance)
  && (!each.operation || each.operation === subject || operations.some(({ operation }) => operation === each.operation)));

class Row {
  #level = element('b');
  #when = element('a', { class: 'quiet', title: 'A link to this alert' });
  #summary = element('bdi');
  #advice = element('p');
  #evidence = element('details', {}, element('summary', {}, 'Evidence'), element('div'));
  #judgements = judgements.map(([word, label, hint]) => this.#button(label, () => this.#say('judge', { id: this.#alert.id, judgement: word }), hint));
  #silence = this.#button('', () => this.#toggleSilence());
  #says = element('div', { class: 'says', role: 'group' }, ...this.#judgements, this.#silence);
  #problem = element('p', { class: 'problem', role: 'alert' });
  #alert;
  #silencedBy;
  #shownEvidence;
  #isSaying = false;
  #onSaid;

  constructor({ onSaid, onStretch, onLink }) {
    this.#onSaid = onSaid;
    this.#when.addEventListener('click', (event) => {
      event.preventDefault();
      onLink(this.#alert.id);
    });
    this.#says.append(this.#button('In the trend', () => onStretch(this.#alert)));
    this.#evidence.addEventListener('toggle', () => this.#showEvidence());
    this.node = element('li', {}, element('p', {}, this.#level, ' ', this.#summary), element('p', {}, this.#when), this.#advice, this.#evidence, this.#says, this.#problem);
  }

  show(alert, silence) {
    [this.#alert, this.#silencedBy] = [alert, silence];
    setAttribute(this.node, 'class', `alert ${alert.active ? tone(alert) : 'quiet'}`);
    setText(this.#level, `${sign(tone(alert))} ${name(alert.level)}`);
    setText(this.#when, when(alert) + (silence && alert.active ? `, silenced until ${dateTime(ms(silence.end_realtime_ns))}` : ''));
    setAttribute(this.#when, 'href', `#alert=${encodeURIComponent(alert.id)}`);
    // As they are: they may begin with a name or a command.
    setText(this.#summary, name(alert.summary));
    setText(this.#advice, name(alert.advice));
    setAttribute(this.#says, 'aria-label', `What you say of: ${name(alert.summary)}`);
    judgements.forEach(([word], i) => setAttribute(this.#judgements[i], 'aria-pressed', String(alert.judgement === word)));
    setText(this.#silence, silence ? 'End the silence' : 'Silence for 2 h');
    this.#silence.hidden = !alert.active;
    this.#says.lastChild.hidden = !alert.instance;
    this.#showEvidence();
  }

  open() {
    this.#evidence.open = true;
    this.node.scrollIntoView({ block: 'nearest' });
  }

  #showEvidence() {
    if (!this.#evidence.open || this.#shownEvidence === this.#alert.updated_realtime_ns) return;
    this.#shownEvidence = this.#alert.updated_realtime_ns;
    this.#evidence.lastChild.replaceChildren(...evidence(this.#alert.evidence));
  }

  #button(label, onClick, title = '') {
    const button = element('button', { type: 'button', title }, label);
    button.addEventListener('click', onClick);
    return button;
  }

  #toggleSilence() {
    if (this.#silencedBy) return this.#say('unsilence', { id: this.#silencedBy.id });
    const { rule, instance, subject } = this.#alert;
    return this.#say('silence', { for: silencedFor, rule, instance, operation: subject });
  }

  async #say(what, document) {
    if (this.#isSaying) return;
    this.#isSaying = true;
    try {
      await post(`/api/v1/alerts/${what}`, document);
      setText(this.#problem, '');
      this.#onSaid();
    } catch (error) {
      setText(this.#problem, `This was not taken: ${error.message}`);
    }
    this.#isSaying = false;
  }
}

function accuracyOf({ days, raised, right, wrong, wrong_ratio: ratio, promised_wrong_ratio: promised }) {
  const said = `Of ${count(raised)} alert${raised === 1 ? '' : 's'} in the last ${days} days, `;
  if (ratio === null) return `${said}none was judged. Promised: less than ${percent(promised)} wrong.`;
  return `${said}${count(right + wrong)} ${right + wrong === 1 ? 'was' : 'were'} judged: ${percent(ratio)} wrong. Promised: less than ${percent(promised)}.`;
}

// Of rows that somebody may be about to click, the keys.
const heldIn = (list) => (list.matches(':hover, :has(:focus-visible)') ? [...list.children].map((node) => node.dataset.key) : []);

export class AlertsPanel {
  #rows = new WeakMap();  // by node
  #known = { active: [], past: [], silences: [] };
  #sought = '';  // the id of one that is to be opened
  #on;

  /** `onSaid()`: the bridge has taken what was said; `onStretch({ instance, from, to })`, in Unix seconds, and `onLink(id)`: this is to be looked at. */
  constructor({ onSaid, onStretch, onLink }) {
    this.#on = { onSaid, onLink, onStretch: ({ instance, since_realtime_ns: since, ended_realtime_ns: ended }) => {
      const [from, to] = [since, ended ?? this.#known.taken_realtime_ns].map((ns) => Math.floor(ns / 1e9));
      const beside = Math.max(leastBesideSeconds, Math.ceil((to - from) / 4));
      onStretch({ instance, from: from - beside, to: ended ? to + beside : to });
    } };
  }

  /** Those that are active and that somebody is told of. */
  get loud() { return this.#known.active.filter((alert) => !silenceOf(this.#known.silences, alert)); }

  /** With its evidence, now or as soon as it is known. */
  open(id) {
    this.#sought = id;
    const node = [...byId('alerts').querySelectorAll('.alert')].find((each) => each.dataset.key === id);
    if (!node) return;
    this.#sought = '';
    if (byId('alerts-past').contains(node)) byId('alerts-past').open = true;
    this.#rows.get(node).open();
  }

  /** As Alerts takes it. */
  show(known) {
    this.#known = { ...this.#known, ...known };
    const { active, past, accuracy, message, silences } = this.#known;
    const held = heldIn(byId('alerts-active'));
    const [stays, gone] = [true, false].map((here) => past.filter(({ id }) => held.includes(id) === here));
    byId('alerts').hidden = false;
    setClass(byId('alerts'), 'calm', active.length === 0 && !message);
    const silenced = active.length - this.loud.length;
    setText(byId('alerts-count'), !accuracy ? 'not known' : active.length === 0 ? 'none is active'
      : `${count(active.length)} active${silenced > 0 ? `, ${count(silenced)} of them silenced` : ''}`);
    this.#list(byId('alerts-active'), [...active, ...stays]);
    this.#list(byId('alerts-past').lastChild, gone);
    byId('alerts-past').hidden = gone.length === 0;
    setText(byId('alerts-past').firstChild, `${count(gone.length)} of the past`);
    setText(byId('alerts-accuracy'), (accuracy?.raised ? accuracyOf(accuracy) : '')
      + (silences.length > 0 ? ` What is silenced: goxel-telemetry alerts silences (${count(silences.length)}).` : ''));
    if (this.#sought) this.open(this.#sought);
    setText(byId('alerts-message'), sentence(message || (this.#sought && `this page has no alert ${this.#sought}: goxel-telemetry alerts show ${this.#sought}`)));
  }

  #list(parent, alerts) {
    const held = heldIn(parent);
    const place = ({ id }) => (held.includes(id) ? held.indexOf(id) : Infinity);
    setRows(parent, [...alerts].sort((a, b) => place(a) - place(b) || 0), ({ id }) => id, () => {
      const row = new Row(this.#on);
      this.#rows.set(row.node, row);
      return row.node;
    }, (node, alert) => this.#rows.get(node).show(alert, silenceOf(this.#known.silences, alert)));
  }
}
