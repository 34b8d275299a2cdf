// SPDX-License-Identifier: GPL-3.0-or-later
// Makes rollups of the records that a collector takes in, and knows exactly which ones they
// contain: each record of a run is handed out once, or counted as lost.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "metrics/collector.h"
#include "metrics/rollup.h"
#include "metrics/rollup_buffer.h"
#include "shm/reader.h"

namespace goxel_telemetry::metrics {

// Where a lane stood when its run was begun: what was published before is overwritten.
struct LaneBeginning {
  std::uint64_t oldest = 0;  // sequence of the oldest record that was still there
  std::uint64_t end_ns = 0;  // of its span, CLOCK_MONOTONIC; 0: the lane held none
};

class RollupKeeper {
 public:
  // Goes on after `position`. Without one, everything that a ring still holds is new, and what it
  // no longer holds was never this keeper's to lose.
  explicit RollupKeeper(std::optional<ReadingPosition> position);

  // The tally that an operation's last record went to.
  struct Place {
    Tally* tally = nullptr;
    std::uint64_t second = 0;
    std::uint64_t generation = 0;
  };

  // The records of another segment follow. `lanes`: one for each lane of `reader`.
  void begin_run(const shm::Reader& reader, const std::vector<LaneBeginning>& lanes,
                 const Collector::Time& now);

  // Takes a record in, unless it lies before the position. `place` is the operation's, for speed.
  void add(std::uint32_t lane, std::uint64_t sequence, const OperationKey& key, Place& place,
           const Measurement& measurement, const Collector::Time& now) {
    if (sequence < position_.lanes[lane]) return;
    ++taken_;
    const std::uint64_t second = realtime_ns(measurement.end_ns, now) / 1'000'000'000;
    if (place.second != second || place.generation != buffer_.generation()) [[unlikely]] {
      place.tally = buffer_.find(key, second);
      place.second = second;
      place.generation = buffer_.generation();
    }
    if (place.tally != nullptr) {
      place.tally->add(measurement);
    } else {
      ++lost_;
    }
  }

  // All that was unread in `reader` has been given to add().
  void swept(const shm::Reader& reader);

  // Somebody looked, or could not: there is a segment that this user may not read.
  void observed(const Collector::Time& now);
  void not_observed();

  RollupDelta take();

 private:
  // Of a moment not after now, by the clocks' present distance.
  static std::uint64_t realtime_ns(std::uint64_t monotonic_ns, const Collector::Time& now) {
    const std::uint64_t ago = now.monotonic_ns - monotonic_ns;
    return now.realtime_ns > ago ? now.realtime_ns - ago : 0;
  }
  void observe_since(std::uint64_t begin_ns, std::uint64_t end_ns);

  RollupBuffer buffer_;
  ReadingPosition position_;
  std::uint64_t taken_ = 0;  // in the present sweep
  std::uint64_t lost_ = 0;   // since the last take()
  std::vector<TimeStretch> observed_;
  std::optional<Collector::Time> last_look_;  // empty: nobody looked just before
  bool began_ = false;                        // a run, in this keeper's life
};

}  // namespace goxel_telemetry::metrics
