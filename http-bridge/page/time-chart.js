// SPDX-License-Identifier: GPL-3.0-or-later
// A chart over time with its legend, its sentence for those who do not see it, and its table. Only this file knows Chart.js.
import { drawStretches, heightOf, inRows, saidOf } from '/page/alert-stretches.js';
import { element, scrolled, setAttribute, setText } from '/page/dom.js';
import { timeOfDay, dateTime, unknown } from '/page/format.js';
import { SteadyScale, timeTicks } from '/page/scales.js';

/* global Chart */
const tableRows = 30;

/** What was not watched is hatched, targets are dashes, and marks are lines with a sign. */
const surroundings = {
  id: 'surroundings',
  beforeDatasetsDraw({ ctx, chartArea: area, scales: { x }, $shown: shown }) {
    if (!shown) return;
    ctx.save();
    ctx.fillStyle = shown.hatching;
    for (const [from, to] of shown.unwatched) {
      const [left, right] = [from, to].map((at) => Math.min(area.right, Math.max(area.left, x.getPixelForValue(at))));
      ctx.fillRect(left, area.top, right - left, area.height);
    }
    ctx.restore();
  },
  afterDatasetsDraw({ ctx, chartArea: area, scales: { x, y }, $shown: shown }) {
    if (!shown) return;
    ctx.save();
    ctx.fillStyle = ctx.strokeStyle = shown.ink;
    ctx.font = shown.font;
    const { target } = shown;
    if (target) {
      const isAbove = target.value > y.max;
      const at = isAbove ? area.top : y.getPixelForValue(target.value);
      if (!isAbove) {
        ctx.setLineDash([6, 4]);
        ctx.beginPath();
        ctx.moveTo(area.left, at);
        ctx.lineTo(area.right, at);
        ctx.stroke();
        ctx.setLineDash([]);
      }
      const text = isAbove ? `↑ target ${target.text}` : `target ${target.text}`;
      const [left, height] = [area.left + 6, shown.fontSize * 1.3];
      const top = Math.max(area.top + 1, isAbove ? at : at - height - 2);
      ctx.fillStyle = shown.ground;
      ctx.fillRect(left - 2, top, ctx.measureText(text).width + 4, height);
      ctx.fillStyle = shown.ink;
      ctx.textBaseline = 'middle';
      ctx.textAlign = 'left';
      ctx.fillText(text, left, top + height / 2);
    }
    for (const mark of shown.marks) {
      const at = x.getPixelForValue(mark.at);
      if (at < area.left || at > area.right) continue;
      ctx.beginPath();
      ctx.moveTo(at, area.top);
      ctx.lineTo(at, area.bottom);
      ctx.stroke();
      ctx.textBaseline = 'bottom';
      ctx.textAlign = at > area.right - 20 ? 'right' : 'left';
      ctx.fillText(mark.sign, at + (at > area.right - 20 ? -3 : 3), area.bottom - 3);
    }
    drawStretches(ctx, area, (at) => x.getPixelForValue(at), shown.alerts, shown);
    ctx.restore();
  },
};

function hatching(ink) {
  const tile = document.createElement('canvas');
  tile.width = tile.height = 8;
  const ctx = tile.getContext('2d');
  ctx.strokeStyle = ink;
  ctx.globalAlpha = 0.35;
  ctx.beginPath();
  ctx.moveTo(-2, 10);
  ctx.lineTo(10, -2);
  ctx.moveTo(-2, 2);
  ctx.lineTo(2, -2);
  ctx.moveTo(6, 10);
  ctx.lineTo(10, 6);
  ctx.stroke();
  return ctx.createPattern(tile, 'repeat');
}

// A stretch that nobody watched, or without an answer, is a hole in the line. A point is drawn where it ends: so the newest is at the edge.
function withHoles(points, field) {
  const data = [];
  let end;
  for (const point of points) {
    if (end !== undefined && point.begin - end > 1.5 * point.seconds) data.push({ x: end, y: NaN });
    end = point.begin + point.seconds;
    data.push({ x: end, y: point.isWatched ? point[field] ?? NaN : NaN });
  }
  return data;
}

// A point between two holes is the end of no line: else it would not be seen.
function ofAlone({ dataset, dataIndex }) {
  const isHole = (i) => !Number.isFinite(dataset.data[i]?.y);
  return !isHole(dataIndex) && isHole(dataIndex - 1) && isHole(dataIndex + 1) ? 2 : 0;
}

function colorOf(parent, ink) {
  const probe = parent.appendChild(element('i', { class: `ink-${ink}` }));
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}

const topPadding = 4;

export class TimeChart {
  #chart;
  #alerts = [];
  #canvas = element('canvas', { role: 'img' });
  #legend = element('ul', { class: 'legend' });
  #table = element('table');
  #details = element('details', { class: 'values' }, element('summary', {}, 'Values as a table'), scrolled('Values', this.#table));
  #scale = new SteadyScale();
  #name;
  #format;
  #tickFormat;
  #last;
  #kind = '';
  #hasData = false;

  constructor(container, { name, format, tickFormat = format }) {
    [this.#name, this.#format, this.#tickFormat] = [name, format, tickFormat];
    container.append(this.#legend, element('div', { class: 'canvas' }, this.#canvas), this.#details);
    setAttribute(this.#details.lastChild, 'aria-label', `${name}: values`);
    setAttribute(this.#canvas, 'aria-label', `${name}: no data yet`);
    this.#details.addEventListener('toggle', () => this.#fillTable());
  }

  get width() { return Math.max(50, Math.round(this.#canvas.parentNode.clientWidth)); }
  set isTableOpen(open) { this.#details.open = open; }

  /** As stretchOf() makes them. */
  set alerts(stretches) {
    if (JSON.stringify(stretches) === JSON.stringify(this.#alerts)) return;
    this.#alerts = stretches;
    if (this.#last) this.show(this.#last);
  }

  /** Colours and sizes may be others from now on. */
  restyle() {
    this.#kind = '';
    if (this.#last) this.show(this.#last);
  }

  /** `lines`: [{ name, ink, dash, points, field, hint }]; `from`, `to` in Unix seconds; `target` in the unit of the values. */
  show(shown) {
    this.#last = shown;
    const { lines, from, to, target, isLogarithmic, marks = [], unwatched = [] } = shown;
    const kind = lines.map((line) => line.name + line.ink).join() + isLogarithmic;
    if (this.#kind !== kind) this.#rebuild(shown, kind);
    const chart = this.#chart;
    let [least, greatest] = [Infinity, 0];
    lines.forEach((line, i) => {
      const data = withHoles(line.points.filter((point) => point.begin + point.seconds >= from && point.begin <= to), line.field);
      for (const { y } of data) {
        if (y > greatest) greatest = y;
        if (y > 0 && y < least) least = y;
      }
      chart.data.datasets[i].data = data;
    });
    // A target that is far above would press the lines to the ground; it is written there instead.
    if (target && (isLogarithmic ? target <= greatest * 100 : target <= greatest * 2.5)) greatest = Math.max(greatest, target * 1.05);
    if (!this.#hasData) this.#scale = new SteadyScale();
    this.#hasData = Number.isFinite(least);
    if (!this.#hasData) [least, greatest] = isLogarithmic ? [1e4, Math.max(greatest, 1e7)] : [0, Math.max(greatest, 1)];
    const { x, y } = chart.options.scales;
    const scale = isLogarithmic ? this.#scale.logarithmic(least, greatest, to * 1000) : this.#scale.linear(greatest, to * 1000);
    [x.min, x.max, y.min, y.max] = [from, to, scale.min, scale.max];
    chart.$ticks = scale.ticks;
    const alerts = inRows(this.#alerts, from, to);
    chart.options.layout.padding.top = topPadding + heightOf(alerts, chart.$shown.fontSize);
    Object.assign(chart.$shown, { unwatched, marks, alerts, target: target ? { value: target, text: this.#format(target) } : undefined });
    chart.update('none');
    this.#describe(shown, alerts);
    if (this.#table.querySelectorAll('tbody tr').length < tableRows) this.#fillTable();
  }

  #rebuild({ lines, isLogarithmic }, kind) {
    this.#kind = kind;
    this.#legend.replaceChildren(...lines.map((line) => element('li', { class: `ink-${line.ink}`, ...(line.hint ? { title: line.hint } : {}) },
      element('span', { class: `swatch ${line.dash ? 'dashed' : ''}`, 'aria-hidden': 'true' }), line.name, ' ', element('b'))));
    const style = getComputedStyle(this.#canvas.parentNode);
    const probe = getComputedStyle(this.#legend);
    const font = { family: style.fontFamily, size: parseFloat(style.fontSize) };
    const datasets = lines.map((line, i) => ({
      label: line.name, data: [], borderColor: getComputedStyle(this.#legend.children[i]).color, backgroundColor: getComputedStyle(this.#legend.children[i]).color,
      borderWidth: 1.6, borderDash: line.dash ? [5, 3] : [], pointRadius: ofAlone, clip: 3, pointHitRadius: 0, tension: 0,
    }));
    const ink = probe.color;
    this.#hasData = false;
    const options = {
      animation: false, parsing: false, normalized: true, responsive: true, maintainAspectRatio: false, resizeDelay: 100,
      interaction: { mode: 'index', intersect: false, axis: 'x' },
      layout: { padding: { top: topPadding, right: 4 } },
      scales: {
        x: {
          type: 'linear', grid: { color: style.borderColor, drawTicks: false }, ticks: { color: ink, font, maxRotation: 0, autoSkip: false },
          afterBuildTicks: (axis) => { axis.ticks = timeTicks(axis.min, axis.max, Math.max(1, Math.floor(axis.width / (font.size * 7)))); },
        },
        y: {
          type: isLogarithmic ? 'logarithmic' : 'linear', grid: { color: style.borderColor, drawTicks: false },
          ticks: { color: ink, font, autoSkip: false, callback: (value) => this.#tickFormat(value) },
          afterBuildTicks: (axis) => { axis.ticks = (axis.chart.$ticks ?? []).map((value) => ({ value })); },
        },
      },
      plugins: {
        legend: { display: false },
        tooltip: {
          animation: false, bodyFont: font, titleFont: font, displayColors: true,
          filter: (item) => Number.isFinite(item.parsed.y),
          callbacks: {
            title: (items) => (items.length === 0 ? '' : dateTime(items[0].parsed.x * 1000)),
            label: (item) => `${item.dataset.label} ${this.#format(item.parsed.y)}`,
          },
        },
      },
    };
    // A chart that was destroyed is still told of a new size for 100 ms, and throws then: this one is changed.
    if (this.#chart) {
      this.#chart.data.datasets = datasets;
      this.#chart.options = options;
      this.#chart.update('none');  // until then, the earlier ones are those that can be changed
    } else {
      this.#chart = new Chart(this.#canvas, { type: 'line', data: { datasets }, plugins: [surroundings], options });
    }
    // afterBuildTicks of `x` gives labels; the default callback would write the number.
    this.#chart.options.scales.x.ticks.callback = (value, i, ticks) => ticks[i].label;
    this.#chart.$shown = { hatching: hatching(ink), ink, ground: style.backgroundColor, fontSize: font.size, font: `${font.size}px ${font.family}`, unwatched: [], marks: [], alerts: [],
      tones: { warning: colorOf(this.#legend, 'warning'), bad: colorOf(this.#legend, 'bad') } };
  }

  // The legend's values are of the newest point.
  #describe({ lines, from, to, target, marks = [], unwatched = [] }, alerts) {
    const parts = lines.map((line, i) => {
      const newest = line.points.at(-1);
      const value = newest && newest.begin + newest.seconds > to - 3 * newest.seconds ? newest[line.field] : null;
      const text = value === null || value === undefined ? unknown : this.#format(value);
      setText(this.#legend.children[i].lastChild, text);
      let peak;
      for (const point of line.points) if (point[line.field] !== null && !(peak?.[line.field] >= point[line.field])) peak = point;
      return `${line.name} ${text}${peak ? `, at most ${this.#format(peak[line.field])} at ${timeOfDay(peak.begin * 1000)}` : ''}`;
    });
    if (target) parts.push(`target ${this.#format(target)}`);
    if (unwatched.length > 0) parts.push(`${unwatched.length} stretch${unwatched.length === 1 ? '' : 'es'} not watched`);
    for (const mark of marks) parts.push(`${mark.name} at ${timeOfDay(mark.at * 1000)}`);
    parts.push(...saidOf(alerts));
    setAttribute(this.#canvas, 'aria-label', `${this.#name}, ${dateTime(from * 1000)} to ${timeOfDay(to * 1000)}: ${parts.join('; ')}`);
  }

  // As it was when it was opened: a table that changes while it is read is none.
  #fillTable() {
    if (!this.#details.open || !this.#hasData) return;
    const { lines, from, to } = this.#last;
    const rows = new Map();
    lines.forEach((line, i) => {
      for (const point of line.points) {
        if (point.begin < from || point.begin > to) continue;
        const row = rows.get(point.begin) ?? { seconds: point.seconds, values: lines.map(() => unknown) };
        row.values[i] = point.isWatched ? (point[line.field] === null ? unknown : this.#format(point[line.field])) : 'not watched';
        rows.set(point.begin, row);
      }
    });
    const all = [...rows].sort(([a], [b]) => b - a);
    const newest = all.slice(0, tableRows);
    const step = newest[0]?.[1].seconds ?? 1;
    this.#table.replaceChildren(
      element('caption', {}, `${this.#name}: the newest ${newest.length} of ${all.length} points of ${step} s, as of ${timeOfDay(to * 1000)}. Open it again for newer ones.`),
      element('thead', {}, element('tr', {}, element('th', { scope: 'col' }, 'From'), ...lines.map((line) => element('th', { scope: 'col', class: 'number' }, line.name)))),
      element('tbody', {}, ...newest.map(([begin, { values }]) => element('tr', {}, element('th', { scope: 'row' }, dateTime(begin * 1000)),
        ...values.map((value) => element('td', { class: 'number' }, value))))));
  }
}
