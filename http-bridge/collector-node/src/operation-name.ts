// SPDX-License-Identifier: GPL-3.0-or-later
// Names of operations as the daemon's side writes them, so that both sides mean the same by them: at most 55 bytes of UTF-8, a longer one
// cut at a character's edge and ended by "…"; control characters and what is no Unicode are U+FFFD.

const bytesMax = 55;
const ellipsis = '…';

export function operationName(name: string): string {
  const clean = Buffer.from(name.slice(0, 4 * bytesMax)).toString().replace(/[\u0000-\u001f\u007f-\u009f]/g, '\ufffd');
  if (clean.length === 0) return '_OTHER';
  if (name.length <= 4 * bytesMax && Buffer.byteLength(clean) <= bytesMax) return clean;
  let kept = '';
  let bytes = Buffer.byteLength(ellipsis);
  for (const character of clean) {
    bytes += Buffer.byteLength(character);
    if (bytes > bytesMax) break;
    kept += character;
  }
  return kept + ellipsis;
}

const jsonNames = new Map<string, string>();
const jsonNamesMax = 1_024;

/** The name as JSON. A process has few operations, so the work is done once for each. */
export function operationJson(name: string): string {
  let json = jsonNames.get(name);
  if (json === undefined) {
    json = JSON.stringify(operationName(name));
    if (jsonNames.size >= jsonNamesMax) jsonNames.clear();
    if (name.length <= 256) jsonNames.set(name, json);
  }
  return json;
}
