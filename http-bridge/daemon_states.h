// SPDX-License-Identifier: GPL-3.0-or-later
// Which daemons have come and gone since it was told last. Of one daemon at most one change a minute is
// told, the latest, and of all together a bounded number: anybody can make segments come and go.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "http-bridge/snapshots.h"

namespace goxel_telemetry::http_bridge {

class DaemonStates {
 public:
  static constexpr std::uint64_t kIntervalNs = 60'000'000'000;
  static constexpr std::size_t kMostChanges = 64;  // told in an interval

  struct Change {
    std::string instance;
    shm::ProducerState state;
    std::uint64_t changes;  // since the last that was told
  };
  // `now_ns`: CLOCK_MONOTONIC.
  std::vector<Change> look(const Snapshots& snapshots, std::uint64_t now_ns);

 private:
  struct Known {
    shm::ProducerState state = shm::ProducerState::absent;
    shm::ProducerState told = shm::ProducerState::absent;
    std::uint64_t told_ns = 0;  // 0: never
    std::uint64_t changes = 0;
  };
  std::map<std::string, Known> known_;  // of the last snapshots
  std::uint64_t interval_ns_ = 0;       // when it began
  std::size_t told_ = 0;                // in it
};

// "watching 3 daemons, 2 of them live"
std::string sentence_about(const Snapshots& snapshots);

}  // namespace goxel_telemetry::http_bridge
