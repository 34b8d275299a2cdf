// SPDX-License-Identifier: GPL-3.0-or-later
// When there was an alert, above a chart: a box as long as it lasted, filled if it was confirmed, with its sign and rule; dots lead down to where it
// began and ended. Those of one time are in rows.
import { timeOfDay } from '/page/format.js';
import { sign } from '/page/state.js';

const mostRows = 2;  // more would take the chart's place; the last one has what more there is
const leastPixels = 3;
const mostNamed = 5;

/** { from, to, tone, name }: `to` is undefined while it lasts; times in Unix seconds. */
export const stretchOf = ({ rule, level, active, since_realtime_ns: since, ended_realtime_ns: ended }) => ({
  from: since / 1e9, to: active ? undefined : ended / 1e9, tone: level === 'confirmed' ? 'bad' : 'warning', name: rule.replaceAll('_', ' '), level,
});

/** Those between `from` and `to`, the first one first, each with its row: of what is nearly at one place, both are seen. */
export function inRows(stretches, from, to) {
  const ends = [];
  const near = (to - from) / 50;
  return stretches.filter((each) => each.from <= to && !(each.to < from)).sort((a, b) => a.from - b.from).map((each) => {
    const free = ends.findIndex((end) => end < each.from);
    const row = Math.min(free < 0 ? ends.length : free, mostRows - 1);
    ends[row] = Math.max(ends[row] ?? 0, (each.to ?? Infinity) + near);
    return { ...each, row };
  });
}

const rowHeight = (fontSize) => Math.ceil(fontSize * 1.5);
export const heightOf = (rows, fontSize) => rowHeight(fontSize) * (Math.max(-1, ...rows.map(({ row }) => row)) + 1);

/** `styles`: { fontSize, font, ground, tones: { warning, bad } }; `pixel(seconds)`. */
export function drawStretches(ctx, area, pixel, rows, { font, fontSize, ground, tones }) {
  const height = rowHeight(fontSize);
  const taken = [];  // in each row, up to where
  const boxes = rows.map((each) => {
    const left = Math.min(Math.max(area.left, pixel(each.from)), area.right - leastPixels);
    const right = each.to === undefined ? area.right : Math.min(area.right, pixel(each.to));
    return { ...each, left, width: Math.max(leastPixels, right - left) };
  });
  [ctx.font, ctx.textBaseline, ctx.textAlign, ctx.lineWidth] = [font, 'middle', 'left', 1];
  boxes.forEach(({ from, to, tone, name, row, left, width }, i) => {
    const top = area.top - height * (row + 1) + 1;
    const isFilled = tone === 'bad';
    ctx.fillStyle = ctx.strokeStyle = tones[tone];
    if (isFilled) ctx.fillRect(left, top, width, height - 4);
    else ctx.strokeRect(left + 0.5, top + 0.5, width - 1, height - 5);
    ctx.setLineDash([1, 3]);
    for (const at of [from, to].filter((each) => each !== undefined).map(pixel)) {
      if (at < area.left || at > area.right) continue;
      ctx.beginPath();
      ctx.moveTo(at, top + height - 4);
      ctx.lineTo(at, area.bottom);
      ctx.stroke();
    }
    ctx.setLineDash([]);
    // In the box, else right of it, else left of it, else the sign alone, wherever there is room.
    const next = boxes.slice(i + 1).find((each) => each.row === row)?.left ?? area.right;
    const before = taken[row] ?? area.left;
    const places = [`${sign(tone)} ${name}`, sign(tone)].map((text) => [text, ctx.measureText(text).width]).flatMap(([text, length]) => [
      { text, at: left + 4, isInside: true, isFree: length + 8 <= width },
      { text, at: left + width + 4, isFree: left + width + 8 + length <= next, end: left + width + 8 + length },
      { text, at: left - 4 - length, isFree: left - 8 - length >= before },
    ]);
    const place = places.find(({ isFree }) => isFree);
    taken[row] = Math.max(place?.end ?? 0, left + width);
    if (!place) return;
    if (isFilled && place.isInside) ctx.fillStyle = ground;
    ctx.fillText(place.text, place.at, top + (height - 4) / 2);
  });
}

/** For who does not see them. */
export const saidOf = (rows) => {
  const said = rows.slice(-mostNamed).map(({ level, name, from, to }) => (
    `alert, ${level}, ${name} ${to === undefined ? 'since' : 'from'} ${timeOfDay(from * 1000)}${to === undefined ? '' : ` to ${timeOfDay(to * 1000)}`}`));
  return rows.length > mostNamed ? [`${rows.length - mostNamed} earlier alerts`, ...said] : said;
};
