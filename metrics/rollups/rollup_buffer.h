// SPDX-License-Identifier: GPL-3.0-or-later
// Holds tallies by operation and stretch of time until they are taken.
//
// Bounded, however late that is: a full buffer makes all its stretches longer, 1 s to 10 s to 1 min
// to 1 h, and so holds the same records in fewer tallies. Only if that does not help, because too
// many operations come in too many different hours, there is no room for a new tally.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

#include "metrics/rollups/rollup.h"

namespace goxel_telemetry::metrics {

class RollupBuffer {
 public:
  static constexpr std::size_t kMost = 16'384;

  RollupBuffer() = default;
  explicit RollupBuffer(std::size_t most) : most_(most) {}

  // From now on there is room for so many tallies: those that are there are lengthened as far as that
  // helps.
  void limit(std::size_t most);

  // The tally of an operation and Unix second; null if there is no room. The pointer is valid as
  // long as generation() does not change.
  Tally* find(const OperationKey& key, std::uint64_t second);
  std::uint64_t generation() const { return generation_; }

  // Adds a rollup. If its stretch is longer than the buffer's stretches, these are made longer
  // first. False if there is no room.
  bool merge(const Rollup& rollup);

  // Takes all rollups, in the order of their keys, then of time. Afterwards the buffer is empty and
  // keeps seconds again.
  std::vector<Rollup> take();

  std::size_t size() const { return size_; }

 private:
  bool make_longer();
  void lengthen_to(std::uint32_t seconds);

  std::size_t most_ = kMost;
  std::map<OperationKey, std::map<std::uint64_t, Tally>> tallies_;  // by a stretch's first second
  std::size_t size_ = 0;
  std::uint32_t seconds_ = 1;
  std::uint64_t generation_ = 1;
};

}  // namespace goxel_telemetry::metrics
