// SPDX-License-Identifier: GPL-3.0-or-later
// How an operation ended, from the value that its promise was rejected with.
import type { Status } from './vocabulary.js';

/** How an operation ended, and with which JSON-RPC error code. */
export interface Outcome {
  readonly status: Status;
  readonly errorCode?: number;
}

export const ok: Outcome = { status: 'ok' };

/** The MCP SDKs' code for a request whose time ran out; 1.x has a number, 2.x a word. */
const timedOutCodes: ReadonlySet<unknown> = new Set([-32001, 'REQUEST_TIMEOUT', 'ETIMEDOUT', 'ESOCKETTIMEDOUT']);
const closedCodes: ReadonlySet<unknown> = new Set([-32000, 'CONNECTION_CLOSED', 'ECONNRESET', 'EPIPE']);

export function outcomeOfError(error: unknown): Outcome {
  if (typeof error !== 'object' || error === null) return { status: 'error' };
  const { name, code } = error as { name?: unknown; code?: unknown };
  if (name === 'AbortError') return { status: 'cancelled' };
  if (name === 'TimeoutError' || timedOutCodes.has(code) || closedCodes.has(code)) return { status: 'unanswered' };
  return errorOutcome(code);
}

export function errorOutcome(code: unknown): Outcome {
  return Number.isSafeInteger(code) ? { status: 'error', errorCode: code as number } : { status: 'error' };
}
