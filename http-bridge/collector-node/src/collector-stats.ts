// SPDX-License-Identifier: GPL-3.0-or-later

/** What became of the operations of this collector so far. */
export interface CollectorStats {
  /** Operations that ended. */
  readonly completed: number;
  /** Spans that the bridge took, as it says. */
  readonly taken: number;
  /** Spans that the bridge refused one by one; `lastProblem` says why the last one was. */
  readonly refused: number;
  /** Spans given up: the bridge was away for too long, or took a batch for none. The bridge is told. */
  readonly dropped: number;
  /** Spans that wait. */
  readonly queued: number;
  /** Why something did not arrive, the last time; undefined if everything did. */
  readonly lastProblem: string | undefined;
}
