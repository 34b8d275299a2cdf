// SPDX-License-Identifier: GPL-3.0-or-later
// The last ticks of an instance, packed, in blocks: what is compared once there is something to compare. A few hundred bytes for
// each operation and block.
#pragma once

#include <cmath>
#include <cstdint>
#include <deque>
#include <map>
#include <span>
#include <vector>

#include "metrics/comparison/observation.h"
#include "metrics/live/tick.h"

namespace goxel_telemetry::metrics {

class KeptTicks {
 public:
  // Keeps the last `blocks` blocks of `block_ticks` ticks each; the first of a block is divisible by `block_ticks`.
  KeptTicks(std::uint64_t block_ticks, std::uint64_t blocks)
      : block_ticks_(block_ticks), blocks_(blocks) {}

  // A tick that was watched, also one without requests; each `number` is greater than the one before.
  void add(std::uint64_t number, std::span<const OperationTick> operations);

  // Of the blocks that are over and begin with a tick from `first` to before `end`; its seconds are those of CLOCK_MONOTONIC.
  // `first` < `end`.
  Observation observation(std::uint64_t first, std::uint64_t end) const;
  // Of all that are over.
  Observation observation() const;

  // A value of each block that is over and begins with tick `first` or later: NaN where the operation had no requests.
  template <class ValueOf>
  std::vector<double> course(const OperationKey& key, std::uint64_t first, ValueOf value_of) const {
    std::vector<double> values;
    for (const Block& block : kept_) {
      if (block.first < first) continue;
      const auto at = block.operations.find(key);
      values.push_back(at == block.operations.end() ? std::nan("")
                                                    : value_of(unpacked(at->second)));
    }
    return values;
  }

 private:
  struct Block {
    std::uint64_t first = 0;  // tick
    std::uint64_t ticks = 0;  // that were watched
    std::map<OperationKey, std::vector<std::uint8_t>> operations;
  };
  void close();
  static Tally unpacked(const std::vector<std::uint8_t>& bytes);

  std::uint64_t block_ticks_;
  std::uint64_t blocks_;
  std::deque<Block> kept_;  // that are over
  Block open_;              // its tallies are in open_tallies_; without ticks: none is open
  std::map<OperationKey, Tally> open_tallies_;
};

}  // namespace goxel_telemetry::metrics
