// SPDX-License-Identifier: GPL-3.0-or-later
// Where the ticks of the charts are. Chart.js's own time scale needs a library of dates, and knows no units.
import { date, duration, timeOfDay } from '/page/format.js';

const steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 172800, 604800];

/** Round times of this browser's zone, at most `most`: [{ value, label }]. */
export function timeTicks(from, to, most) {
  const step = steps.find((each) => (to - from) / each <= most) ?? steps.at(-1);
  const east = -new Date(from * 1000).getTimezoneOffset() * 60;
  const ticks = [];
  for (let at = Math.ceil((from + east) / step) * step - east; at <= to; at += step) {
    const time = timeOfDay(at * 1000);
    const label = time === '00:00:00' ? date(at * 1000).slice(5) : step < 60 ? time : time.slice(0, 5);
    ticks.push({ value: at, label });
  }
  return ticks;
}

/** Without the zeros behind the point: "2 ms", "500 µs". */
export const shortDuration = (ns) => duration(ns).replace(/\.0+ /, ' ').replace(/(\.\d*[1-9])0+ /, '$1 ');

// 1, 2 or 5 times a power of ten, not less than `value`.
function round125(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  return ([1, 2, 5].find((each) => each * power >= value * 0.999999) ?? 10) * power;
}

/** A value axis that grows at once and shrinks after ten seconds, so that it does not jump: { min, max, ticks }. */
export class SteadyScale {
  #top = 0;
  #bottom = Infinity;
  #smallerSince;

  /** For values up to `greatest`, from `least` (above 0) on if it is logarithmic. */
  linear(greatest, nowMs) {
    const step = round125(Math.max(greatest, 1e-9) * 1.04 / 4);
    this.#settle(Math.ceil(greatest * 1.04 / step) * step || step, 0, nowMs);
    const shown = round125(this.#top / 4);
    return { min: 0, max: this.#top, ticks: range(0, this.#top, shown) };
  }

  logarithmic(least, greatest, nowMs) {
    this.#settle(round125(greatest), round125(least / 2.01), nowMs);
    const ticks = [];
    const decades = Math.log10(this.#top / this.#bottom);
    for (let power = 10 ** Math.floor(Math.log10(this.#bottom)); power <= this.#top; power *= 10) {
      for (const each of decades < 2.5 ? [1, 2, 5] : [1]) ticks.push(Math.round(each * power));
    }
    return { min: this.#bottom, max: this.#top, ticks: ticks.filter((tick) => tick >= this.#bottom && tick <= this.#top) };
  }

  #settle(top, bottom, nowMs) {
    const fits = top >= this.#top && bottom <= this.#bottom;
    this.#smallerSince = fits ? undefined : this.#smallerSince ?? nowMs;
    if (fits || nowMs - this.#smallerSince > 10_000 || !Number.isFinite(this.#bottom)) {
      [this.#top, this.#bottom, this.#smallerSince] = [top, bottom, undefined];
      return;
    }
    this.#top = Math.max(this.#top, top);
    this.#bottom = Math.min(this.#bottom, bottom);
  }
}

function range(from, to, step) {
  const values = [];
  for (let i = 0; from + i * step <= to * 1.000001; ++i) values.push(from + i * step);
  return values;
}
