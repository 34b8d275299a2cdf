// SPDX-License-Identifier: GPL-3.0-or-later
// A rollup is the tally of one operation in a closed stretch of time. Rollups of neighbouring
// stretches merge exactly, because histograms do; a quantile is never averaged.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <vector>

#include "metrics/operation_key.h"
#include "metrics/tally/counters.h"
#include "metrics/tally/tally.h"
#include "metrics/time.h"

namespace goxel_telemetry::metrics {

// The lengths of stretches. Each divides the next.
inline constexpr std::array<std::uint32_t, 4> kRollupSeconds = {1, 10, 60, 3600};

struct Rollup {
  OperationKey key;
  std::uint64_t begin_seconds = 0;  // Unix time; a multiple of `seconds`
  std::uint32_t seconds = 1;        // one of kRollupSeconds
  Tally tally;                      // of the records whose spans ended in [begin, begin + seconds)
};

// How far a reader has come in the segment of one run.
struct ReadingPosition {
  std::uint64_t run_id = 0;             // 0: nothing was read yet
  std::vector<std::uint64_t> lanes;     // of each lane, the sequence of the first record not read
  std::uint64_t until_realtime_ns = 0;  // when the segment was last read

  friend bool operator==(const ReadingPosition&, const ReadingPosition&) = default;
};

// Counters, and how far the records that they hold reach. Another reader goes on counting from there.
struct CountedUntil {
  ReadingPosition position;
  std::map<OperationKey, Counters> counters;
  bool was_shown = false;  // the earlier reader ended in order: it has shown these, and no more
};

// What came in since the previous hand-out. A program that stores all of it in one transaction can
// continue from `position` after any interruption: it then misses no record that the ring still
// holds, and takes none twice.
struct RollupDelta {
  // One for each operation and stretch of time; to be added to earlier rollups of the same
  // operation and stretch.
  std::vector<Rollup> rollups;
  ReadingPosition position;
  // Records overwritten before they were read, or without room in `rollups`.
  std::uint64_t lost = 0;
  // The time that was watched. Time that lies in no stretch, of this hand-out or another one, is a
  // gap; time in a stretch but without rollups means that there were no requests.
  std::vector<TimeStretch> observed;
  // As of `position`, whole, of the operations whose counters changed since the last hand-out.
  std::map<OperationKey, Counters> counters;
};

}  // namespace goxel_telemetry::metrics
