// SPDX-License-Identifier: GPL-3.0-or-later
// Writes numbers and names for a person, in the words of metrics/text/format.h, so that a number looks the same in the
// terminal, the viewer and here.

export const unknown = '–';
const known = (value) => typeof value === 'number' && Number.isFinite(value);

// A value that rounds up to the next power of ten gets one decimal less: 9.996 is "10.0".
const threeDigits = (value) => value.toFixed(value < 9.995 ? 2 : value < 99.95 ? 1 : 0);

function scaled(value, step, units) {
  let unit = 0;
  while (unit + 1 < units.length && value >= (unit === 0 ? step : step - 0.5)) {
    value /= step;
    ++unit;
  }
  return `${unit === 0 ? value.toFixed(0) : threeDigits(value)} ${units[unit]}`;
}

const twoDigits = (value) => String(value).padStart(2, '0');

function minutesAndMore(seconds) {
  const whole = Math.round(seconds);
  const minutes = Math.floor(whole / 60);
  const hours = Math.floor(minutes / 60);
  if (hours === 0) return `${minutes} min ${twoDigits(whole % 60)} s`;
  if (hours < 24) return `${hours} h ${twoDigits(minutes % 60)} min`;
  return `${Math.floor(hours / 24)} d ${twoDigits(hours % 24)} h`;
}

/** "850 ns", "12.3 µs", "4.56 s", "1 h 02 min" */
export function duration(ns) {
  if (!known(ns)) return unknown;
  if (ns < 0) return `-${duration(-ns)}`;
  if (ns >= 59.95e9) return minutesAndMore(ns / 1e9);
  return scaled(ns < 1000 ? Math.round(ns) : ns, 1000, ['ns', 'µs', 'ms', 's']);
}

/** Tenths below ten seconds, rounded up, so that it neither flickers nor claims to be younger than it is. */
export function age(ms) {
  const tenths = Math.max(1, Math.ceil(ms / 100));
  return tenths < 100 ? `${(tenths / 10).toFixed(1)} s` : duration(Math.floor(tenths / 10) * 1e9);
}

/** "410 µs within", "90.0 µs over" */
export const latencyRoom = (ns) => duration(Math.abs(ns)) + (ns < 0 ? ' over' : ' within');

export function bytes(count) {
  if (!known(count)) return unknown;
  if (count < 0) return `-${bytes(-count)}`;
  return scaled(Math.round(count), 1024, ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB']);
}
export const memoryRoom = (room) => bytes(Math.abs(room)) + (room < 0 ? ' over' : ' within');

/** "1,234,567" */
export const count = (number) => (known(number) ? String(number).replace(/\B(?=(\d{3})+$)/g, ',') : unknown);

/** "0.05/s", "12.3/s", "1,234/s" */
export function rate(perSecond) {
  if (!known(perSecond)) return unknown;
  if (perSecond === 0) return '0/s';
  return `${perSecond < 99.95 ? threeDigits(perSecond) : count(Math.round(perSecond))}/s`;
}

/** A ratio: "0.13 %", "12.3 %", "250 %" */
export function percent(ratio) {
  if (!known(ratio)) return unknown;
  if (ratio < 0) return `-${percent(-ratio)}`;
  return `${ratio === 0 ? '0' : threeDigits(ratio * 100)} %`;
}

/** The same of a shift, with its sign. */
export const shift = (ratio) => (known(ratio) ? (ratio < 0 ? '−' : '+') + percent(Math.abs(ratio)) : unknown);

// Unix milliseconds, in this browser's time zone.
export function timeOfDay(ms) {
  const at = new Date(ms);
  return [at.getHours(), at.getMinutes(), at.getSeconds()].map(twoDigits).join(':');
}
export function date(ms) {
  const at = new Date(ms);
  return [at.getFullYear(), at.getMonth() + 1, at.getDate()].map(twoDigits).join('-');
}
export const dateTime = (ms) => `${date(ms)} ${timeOfDay(ms)}`;

const hidden = /[\p{Default_Ignorable_Code_Point}\p{Bidi_Control}\u2028\u2029\ufff9-\ufffb]/gu;
/** A name as clients wrote it: in the place of what a screen does not show, its number, as in "ad<U+200B>d". */
export const name = (text) => String(text)
  .replace(/[\p{Cc}\ufffd]/gu, '\ufffd')
  .replace(hidden, (c) => `<U+${c.codePointAt(0).toString(16).toUpperCase().padStart(4, '0')}>`);

/** A message of the API, with a capital letter and a full stop. */
export function sentence(message) {
  if (!message) return '';
  const text = name(message);
  return text[0].toUpperCase() + text.slice(1) + (text.endsWith('.') ? '' : '.');
}
