// SPDX-License-Identifier: GPL-3.0-or-later
// Random ids in hex. Random bytes are fetched many at a time: a call for 8 of them costs more than all else about a span.
import { randomFillSync } from 'node:crypto';

const pool = Buffer.allocUnsafe(8192);
let used = pool.length;

function randomHex(bytes: number): string {
  if (used + bytes > pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += bytes;
  return pool.toString('hex', used - bytes, used);
}

function nonZeroHex(bytes: number): string {
  for (;;) {
    const id = randomHex(bytes);
    if (!/^0+$/.test(id)) return id;
  }
}

/** A W3C trace id: 32 hex digits. */
export const newTraceId = (): string => nonZeroHex(16);

/** A W3C parent id: 16 hex digits. */
export const newSpanId = (): string => nonZeroHex(8);
