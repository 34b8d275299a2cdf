// SPDX-License-Identifier: GPL-3.0-or-later
// The last half hour of the detector's ticks, as an observation. Tallies are kept packed, as in an observation.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <span>
#include <vector>

#include "metrics/comparison/observation.h"
#include "metrics/regression/detector.h"

namespace goxel_telemetry::metrics {

class RecentObservation {
 public:
  static constexpr std::uint32_t kBlockSeconds = 3 * kTickSeconds;
  static constexpr std::uint32_t kBlocks = 120;

  // A tick that was watched, also one without requests; `number` as in RegressionDetector, each greater than the one before.
  void tick(std::uint64_t number, std::span<const OperationTick> operations);

  // Of the blocks that are over. Its time begins `begin_seconds` (Unix time) after that of tick 0.
  Observation observation(std::uint64_t begin_seconds) const;
  // With which the last block that is over ended.
  std::uint64_t end_tick() const;

 private:
  static constexpr std::uint64_t kBlockTicks = kBlockSeconds / kTickSeconds;

  struct Block {
    std::uint64_t number = 0;
    std::uint32_t ticks = 0;
    std::map<OperationKey, std::vector<std::uint8_t>> tallies;
  };
  void close();

  std::deque<Block> blocks_;  // that are over
  std::uint64_t open_number_ = 0;
  std::uint32_t open_ticks_ = 0;  // 0: none is open
  std::map<OperationKey, Tally> open_;
};

}  // namespace goxel_telemetry::metrics
