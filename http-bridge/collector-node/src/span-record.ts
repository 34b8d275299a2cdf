// SPDX-License-Identifier: GPL-3.0-or-later
import type { Layer, Protocol, Stack, Status } from './vocabulary.js';

/** An operation that has ended, as the bridge is told. */
export interface SpanRecord {
  readonly operation: string;
  readonly layer: Layer;
  readonly startNs: bigint;
  readonly durationNs: number;
  readonly traceId: string | undefined;
  readonly stack: Stack | undefined;
  readonly protocol: Protocol | undefined;
  readonly status: Status;
  /** JSON-RPC's, if the operation failed with one. */
  readonly errorCode: number | undefined;
}
