// SPDX-License-Identifier: GPL-3.0-or-later
// Makes rollups of the records that a follower reads, and keeps account of them exactly: each
// record of a run is handed out once, or counted as lost.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "metrics/rollups/rollup.h"
#include "metrics/rollups/rollup_buffer.h"
#include "metrics/time.h"
#include "shm/reader.h"

namespace goxel_telemetry::metrics {

// The state of a lane when reading its run began: records that were published before `oldest` are
// overwritten.
struct LaneBeginning {
  std::uint64_t head = 0;    // records published so far
  std::uint64_t oldest = 0;  // sequence of the oldest record that was still there
  std::uint64_t end_ns = 0;  // of its span, CLOCK_MONOTONIC; 0: the lane held none
};

class RollupKeeper {
 public:
  // Continues after `position`. Without a position, every record that a ring still holds is new,
  // and records that it no longer holds do not count as lost.
  explicit RollupKeeper(std::optional<ReadingPosition> position);

  // The tally to which an operation's last record was added.
  struct Place {
    Tally* tally = nullptr;
    std::uint64_t second = 0;
    std::uint64_t generation = 0;
  };

  // From now on the records are those of another segment. `lanes`: one for each lane of `reader`.
  void begin_run(const shm::Reader& reader, const std::vector<LaneBeginning>& lanes,
                 const Time& now);

  // Adds a record, unless it lies before the position. `place` belongs to the operation and saves a
  // look-up.
  void add(std::uint32_t lane, std::uint64_t sequence, const OperationKey& key, Place& place,
           const Measurement& measurement, const Time& now) {
    if (sequence < position_.lanes[lane]) return;
    taken_ += sequence >= wanted_[lane];
    const std::uint64_t second = realtime_ns(measurement.end_ns, now) / kNsPerSecond;
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

  // Call it when unread records of `reader` were given to add(): all of them, or those for which
  // there was time.
  void swept(const shm::Reader& reader);

  // The segment was watched up to now, or could not be: this user may not read it.
  void observed(const Time& now);
  void not_observed();

  RollupDelta take();

 private:
  // The realtime of a moment, not later than now, by the clocks' present difference.
  static std::uint64_t realtime_ns(std::uint64_t monotonic_ns, const Time& now) {
    const std::uint64_t ago = now.monotonic_ns - monotonic_ns;
    return now.realtime_ns > ago ? now.realtime_ns - ago : 0;
  }
  void observe_since(std::uint64_t begin_ns, std::uint64_t end_ns);

  RollupBuffer buffer_;
  ReadingPosition position_;
  // By lane: records from here on are either taken or lost; missing ones from before are no loss.
  std::vector<std::uint64_t> wanted_;
  // By lane: the position does not go back behind this. What comes before is read only to fill windows.
  std::vector<std::uint64_t> began_at_;
  std::uint64_t taken_ = 0;  // wanted records in the present sweep
  std::uint64_t lost_ = 0;   // records since the last take()
  std::vector<TimeStretch> observed_;
  std::optional<Time> last_look_;  // empty: not watched just before
  bool began_ = false;             // a run has begun in this keeper's life
};

}  // namespace goxel_telemetry::metrics
