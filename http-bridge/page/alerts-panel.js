// SPDX-License-Identifier: GPL-3.0-or-later
// The bridge's alerts, those that are active first, each with its evidence and what one can say of it. Rows hold still while pointer or focus is
// among them, also those of alerts that end meanwhile, so that no click meets another one.
import { evidence } from '/page/alert-evidence.js';
import { post } from '/page/api.js';
import { byId, element, setAttribute, setRows, setText } from '/page/dom.js';
import { count, dateTime, duration, name, percent, sentence, timeOfDay } from '/page/format.js';
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
  #when = element('span', { class: 'quiet' });
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

  constructor(onSaid, onStretch) {
    this.#onSaid = onSaid;
    this.#says.append(this.#button('In the trend', () => onStretch(this.#alert)));
    this.#evidence.addEventListener('toggle', () => this.#showEvidence());
    this.node = element('li', {}, element('p', {}, this.#level, ' ', this.#summary), element('p', {}, this.#when), this.#advice, this.#evidence, this.#says, this.#problem);
  }

  show(alert, silence) {
    [this.#alert, this.#silencedBy] = [alert, silence];
    setAttribute(this.node, 'class', `alert ${alert.active ? tone(alert) : 'quiet'}`);
    setText(this.#level, `${sign(tone(alert))} ${name(alert.level)}`);
    setText(this.#when, when(alert) + (silence && alert.active ? `, silenced until ${timeOfDay(ms(silence.end_realtime_ns))}` : ''));
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
  #onSaid;
  #onStretch;

  /** `onSaid()`: the bridge has taken what was said; `onStretch({ instance, from, to })`, in Unix seconds: this is to be looked at. */
  constructor(onSaid, onStretch) {
    this.#onSaid = onSaid;
    this.#onStretch = ({ instance, since_realtime_ns: since, ended_realtime_ns: ended }) => {
      const [from, to] = [since, ended ?? this.#known.taken_realtime_ns].map((ns) => Math.floor(ns / 1e9));
      const beside = Math.max(leastBesideSeconds, Math.ceil((to - from) / 4));
      onStretch({ instance, from: from - beside, to: ended ? to + beside : to });
    };
  }

  /** As Alerts takes it. */
  show(known) {
    this.#known = { ...this.#known, ...known };
    const { active, accuracy, message } = this.#known;
    const held = heldIn(byId('alerts-active'));
    const [stays, past] = [true, false].map((here) => this.#known.past.filter(({ id }) => held.includes(id) === here));
    byId('alerts').hidden = active.length + this.#known.past.length === 0 && !message;
    setText(byId('alerts-count'), !accuracy ? 'not known' : active.length === 0 ? 'none is active' : `${count(active.length)} active`);
    setText(byId('alerts-message'), sentence(message));
    this.#list(byId('alerts-active'), [...active, ...stays]);
    this.#list(byId('alerts-past').lastChild, past);
    byId('alerts-past').hidden = past.length === 0;
    setText(byId('alerts-past').firstChild, `${count(past.length)} of the past`);
    setText(byId('alerts-accuracy'), accuracy ? accuracyOf(accuracy) : '');
  }

  #list(parent, alerts) {
    const held = heldIn(parent);
    const place = ({ id }) => (held.includes(id) ? held.indexOf(id) : Infinity);
    setRows(parent, [...alerts].sort((a, b) => place(a) - place(b) || 0), ({ id }) => id, () => {
      const row = new Row(this.#onSaid, this.#onStretch);
      this.#rows.set(row.node, row);
      return row.node;
    }, (node, alert) => this.#rows.get(node).show(alert, silenceOf(this.#known.silences, alert)));
  }
}
