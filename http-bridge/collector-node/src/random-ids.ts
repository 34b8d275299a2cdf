// SPDX-License-Identifier: GPL-3.0-or-later
// Random ids in hex. Random bytes are fetched many at a time: a call for 8 of them costs more than all else about a span.
import { randomFillSync } from 'node:crypto';

const pool = Buffer.allocUnsafe(4096);
let hex = '';
let used = 0;

function randomHex(digits: number): string {
  if (used + digits > hex.length) {
    hex = randomFillSync(pool).toString('hex');
    used = 0;
  }
  used += digits;
  return hex.slice(used - digits, used);
}

// All zeros means "none" in W3C trace context.
const zeros = '0'.repeat(32);

function idOf(digits: number): string {
  for (;;) {
    const id = randomHex(digits);
    if (!zeros.startsWith(id)) return id;
  }
}

/** A W3C trace id: 32 hex digits. */
export const newTraceId = (): string => idOf(32);

/** A W3C parent id: 16 hex digits. */
export const newSpanId = (): string => idOf(16);
