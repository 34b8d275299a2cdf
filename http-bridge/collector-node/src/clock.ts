// SPDX-License-Identifier: GPL-3.0-or-later

/**
 * Now, in nanoseconds of CLOCK_MONOTONIC. It is the clock of the daemon's spans too, and one clock for the whole machine: so
 * spans of different processes can be subtracted, and nobody who sets the date disturbs them. (`performance.now()` begins at zero in each
 * process.) A bigint, because a machine that is up for 104 days is beyond what a number holds exactly.
 */
export const nowNs: () => bigint = process.hrtime.bigint;
