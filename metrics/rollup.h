// SPDX-License-Identifier: GPL-3.0-or-later
// What is kept of a closed stretch of time: the tally of one operation. Rollups of neighbouring
// stretches merge exactly, because histograms do; a quantile is never averaged.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "metrics/snapshot.h"
#include "metrics/tally.h"

namespace goxel_telemetry::metrics {

// How long the stretches are. Each divides the next.
inline constexpr std::array<std::uint32_t, 4> kRollupSeconds = {1, 10, 60, 3600};

struct Rollup {
  OperationKey key;
  std::uint64_t begin_seconds = 0;  // Unix time; a multiple of `seconds`
  std::uint32_t seconds = 1;        // one of kRollupSeconds
  Tally tally;                      // of the records whose spans ended in [begin, begin + seconds)
};

// Where a reader stands in the segment of one run.
struct ReadingPosition {
  std::uint64_t run_id = 0;             // 0: nothing was read yet
  std::vector<std::uint64_t> lanes;     // of each lane, the sequence of the first record not read
  std::uint64_t until_realtime_ns = 0;  // when it was read last

  friend bool operator==(const ReadingPosition&, const ReadingPosition&) = default;
};

// Stretches that lie no further apart are one: clocks that are corrected all the time (NTP) leave
// no gap in what was watched.
inline constexpr std::uint64_t kSameClockNs = 100'000'000;

// [begin, end) of CLOCK_REALTIME.
struct TimeStretch {
  std::uint64_t begin_ns = 0;
  std::uint64_t end_ns = 0;

  friend bool operator==(const TimeStretch&, const TimeStretch&) = default;
};

// What came in since the hand-out before. Whoever stores the whole of it at once can go on from
// `position` after any interruption: no record is then missed that the ring still holds, and none
// is taken twice.
struct RollupDelta {
  // One for each operation and stretch of time; to be added to what earlier ones said of the same.
  std::vector<Rollup> rollups;
  ReadingPosition position;
  std::uint64_t lost = 0;  // overwritten before they were read, or without a place in `rollups`
  // When somebody watched. Time that lies in no stretch, of this hand-out or another, is a gap;
  // time in one, without rollups, is silence.
  std::vector<TimeStretch> observed;
};

}  // namespace goxel_telemetry::metrics
