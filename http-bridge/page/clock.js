// SPDX-License-Identifier: GPL-3.0-or-later
// What time it is at the bridge: by the times in its documents and how long ago they came. The browser's own date may be
// wrong by hours.

const remembered = 32;
let offsets = [];

/** A document that was made at `takenNs` came just now. */
export function note(takenNs) {
  offsets.push(takenNs / 1e6 - performance.now());
  if (offsets.length > remembered) offsets.shift();
}

/** What was measured counts no more: the machine may have slept, or the bridge's clock been set. */
export function forget() { offsets = []; }

/** Unix milliseconds; undefined before the first document. The document that came soonest after it was made says it best. */
export const now = () => (offsets.length === 0 ? undefined : performance.now() + Math.max(...offsets));
