// SPDX-License-Identifier: GPL-3.0-or-later
// What state the watched daemon and our knowledge of it are in, as the viewer's header says it (viewer-qt/models/header_line.cpp):
// { badge, age, facts, tone }. `badge` changes seldom, so that it can be read out; `age` is beside it.
import { age as ageText, count, dateTime, duration, name, sentence, timeOfDay } from '/page/format.js';

export const staleMs = 1000;
const silentSeconds = 5;  // a heartbeat is due every second

const signs = { good: '●', warning: '▲', bad: '✖', quiet: '■' };
export const sign = (tone) => signs[tone];

export const hasData = (instance) => ['live', 'dead', 'retired'].includes(instance.daemon.state);

function live({ daemon, process, instance, freshness }) {
  const host = `${name(daemon.host_name)} ${name(daemon.host_version)}`.trim();
  const facts = [host, `process ${process.pid}`, `instance ${name(instance)}`,
    `since ${dateTime(daemon.started_realtime_ns / 1e6)} (${duration(daemon.uptime_seconds * 1e9)})`];
  if (freshness.daemon) facts.push(`counted after ${duration(freshness.daemon.p99_ns)} (p99)`);
  const isSilent = daemon.heartbeat_age_seconds > silentSeconds;
  if (isSilent) facts.push(`no sign of life for ${duration(daemon.heartbeat_age_seconds * 1e9)}`);
  return { badge: isSilent ? 'Silent' : 'Live', tone: isSilent ? 'warning' : 'good', facts: facts.join('  ·  ') };
}

const lastSignOfLifeMs = ({ daemon, taken_realtime_ns: taken }) =>
  Math.max(taken / 1e6 - daemon.heartbeat_age_seconds * 1e3, daemon.last_record_realtime_ns / 1e6);

function ended(instance, how, tone) {
  const { daemon, process } = instance;
  const endedMs = daemon.started_realtime_ns / 1e6 + daemon.uptime_seconds * 1e3;
  const left = daemon.inflight === 0 ? 'nothing' : `${count(daemon.inflight)} request${daemon.inflight === 1 ? '' : 's'}`;
  return { badge: `Gone since ${timeOfDay(lastSignOfLifeMs(instance))}`, tone,
    facts: `${name(daemon.host_name)} (process ${process.pid}, instance ${name(instance.instance)}) ${how} at about ${
      dateTime(endedMs)}, after ${duration(daemon.uptime_seconds * 1e9)}, with ${left} in flight. Waiting for its next run.` };
}

function stateOf(instance) {
  switch (instance.daemon.state) {
    case 'live': return live(instance);
    case 'dead': return ended(instance, 'was killed or crashed', 'bad');
    case 'retired': return ended(instance, 'ended in an orderly way', 'quiet');
    case 'not_permitted': return { badge: 'No permission', tone: 'bad', facts: sentence(instance.daemon.message) };
    case 'unusable': return { badge: 'Unusable', tone: 'bad', facts: sentence(instance.daemon.message) };
    default: return { badge: 'Waiting', tone: 'quiet', facts: sentence(instance.daemon.message) };
  }
}

/** `instance` of the overview, undefined if there is none; `message` of the document, undefined before the first one; `trouble` with the bridge, a sentence; times in Unix ms. */
export function headerState(instance, message, trouble, nowMs) {
  if (instance === undefined && message === undefined && !trouble) {
    return { badge: 'Connecting', age: '', tone: 'quiet', facts: '', isStale: false };
  }
  if (instance === undefined) {
    return { badge: trouble ? 'No bridge' : 'Waiting', age: '', tone: trouble ? 'warning' : 'quiet', facts: trouble || sentence(message), isStale: false };
  }
  const takenMs = instance.taken_realtime_ns / 1e6;
  const oldMs = Math.max(0, nowMs - takenMs);
  const state = stateOf(instance);
  const isStale = oldMs >= staleMs;
  if (isStale) {
    return { badge: `Stale since ${timeOfDay(takenMs)}`, age: `, ${ageText(oldMs)} old`, tone: 'warning', isStale, sinceMs: takenMs,
      facts: `${trouble || 'No news of this daemon comes from the bridge.'} These are the last figures.` };
  }
  return { ...state, age: state.tone === 'good' ? `, ${ageText(oldMs)} old` : '', isStale };
}
