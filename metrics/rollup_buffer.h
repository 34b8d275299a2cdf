// SPDX-License-Identifier: GPL-3.0-or-later
// Tallies by operation and stretch of time, until somebody takes them.
//
// Bounded, whoever takes them when: a buffer that is full makes all its stretches longer, 1 s to
// 10 s to 1 min to 1 h, and so holds the same records in fewer tallies. Only when that does not
// help, because too many operations come in too many different hours, there is no place for a new
// one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

#include "metrics/rollup.h"

namespace goxel_telemetry::metrics {

class RollupBuffer {
 public:
  static constexpr std::size_t kMost = 16'384;

  RollupBuffer() = default;
  explicit RollupBuffer(std::size_t most) : most_(most) {}

  // The tally of an operation and Unix second; null: there is no place. The pointer is valid while
  // generation() does not change.
  Tally* find(const OperationKey& key, std::uint64_t second);
  std::uint64_t generation() const { return generation_; }

  // Adds a rollup whose stretch is not longer than that of the others; makes those longer if it is.
  // False: there is no place.
  bool merge(const Rollup& rollup);

  // In the order of their keys, then of time. The buffer is empty then, and keeps seconds again.
  std::vector<Rollup> take();

  std::size_t size() const { return size_; }

 private:
  bool make_longer();
  void lengthen_to(std::uint32_t seconds);

  std::size_t most_ = kMost;
  std::map<OperationKey, std::map<std::uint64_t, Tally>> tallies_;  // by first second
  std::size_t size_ = 0;
  std::uint32_t seconds_ = 1;
  std::uint64_t generation_ = 1;
};

}  // namespace goxel_telemetry::metrics
