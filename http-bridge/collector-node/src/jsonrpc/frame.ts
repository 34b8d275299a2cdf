// SPDX-License-Identifier: GPL-3.0-or-later
// Trace context in a message that is text already. Made anew from its values it could differ (1.0, numbers of many digits, the order of
// members), so only the context is put in.
import { membersOf, paramsWithContext, type Members } from '../messages.js';
import type { TraceContext } from '../trace-context.js';

/** `text`, which is `message`, with `context` in `params._meta`; undefined if there is no place for it. */
export function frameWithContext(text: string, message: Members, context: TraceContext): string | undefined {
  const meta = JSON.stringify(paramsWithContext(message['params'], context)?.['_meta']) as string | undefined;
  if (meta === undefined) return undefined;
  const members = memberPlaces(text, 0);
  const params = members.get('params');
  if (params === undefined) return insertMember(text, 0, `"params":{"_meta":${meta}}`, members.size);
  if (membersOf(message['params']) === undefined) return replace(text, params, `{"_meta":${meta}}`);
  const paramPlaces = memberPlaces(text, params.from);
  const old = paramPlaces.get('_meta');
  if (old === undefined) return insertMember(text, params.from, `"_meta":${meta}`, paramPlaces.size);
  return replace(text, old, meta);
}

interface Place {
  readonly from: number;
  readonly to: number;
}

function replace(text: string, place: Place, value: string): string {
  return text.slice(0, place.from) + value + text.slice(place.to);
}

/** As the first member of the object at `from`. */
function insertMember(text: string, from: number, member: string, others: number): string {
  const at = text.indexOf('{', from) + 1;
  return text.slice(0, at) + member + (others > 0 ? ',' : '') + text.slice(at);
}

/** Where the values of the members of the object at or after `from` are. `text` is valid JSON: JSON.parse() has read it. */
function memberPlaces(text: string, from: number): Map<string, Place> {
  const places = new Map<string, Place>();
  const token = /"(?:[^"\\]|\\.)*"|[{}[\]:,]/g;
  token.lastIndex = text.indexOf('{', from);
  let depth = 0;
  let name: string | undefined;
  let valueFrom = -1;
  let last: RegExpExecArray | undefined;
  for (let match = token.exec(text); match !== null; match = token.exec(text)) {
    const character = match[0][0] as string;
    if (depth === 1 && (character === ',' || character === '}')) {
      if (name !== undefined) places.set(name, { from: valueFrom, to: match.index });
      name = undefined;
    }
    if (depth === 1 && character === ':' && name === undefined && last !== undefined) {
      name = JSON.parse(last[0]) as string;
      valueFrom = match.index + 1;
    }
    if (character === '{' || character === '[') ++depth;
    if (character === '}' || character === ']') --depth;
    if (depth === 0) break;
    last = match;
  }
  return places;
}
