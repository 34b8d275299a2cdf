// SPDX-License-Identifier: GPL-3.0-or-later
// Keeps the slowest joined operations of the last fifteen minutes, with their spans.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "metrics/layers/operation_listener.h"

namespace goxel_telemetry::metrics {

class SlowestOperations {
 public:
  // Time is cut into slots; in each, of each operation (by its stack and its outermost layer's name) so many are kept.
  static constexpr std::uint64_t kSlotSeconds = 15;
  static constexpr std::size_t kOfEach = 5;
  // Of all together, about 150 bytes each: beyond it, the oldest slots go; if there is only the running one, nothing
  // more comes in.
  static constexpr std::size_t kMostSpans = 16'384;

  // Drops what ended more than fifteen minutes ago. `second`: of CLOCK_MONOTONIC.
  void advance(std::uint64_t second);
  void add(const ListenedOperation& joined);

  // All of them: by slot, then by name, then the slowest first. Never null.
  using Kept = std::vector<std::shared_ptr<const TracedOperation>>;
  std::shared_ptr<const Kept> kept();

 private:
  using Key = std::pair<std::uint64_t, std::uint32_t>;  // the slot, the operation's name

  using Slots = std::map<Key, Kept>;

  void drop(Slots::iterator slot);

  Slots slots_;
  std::size_t spans_ = 0;             // of all that is kept
  std::shared_ptr<const Kept> view_;  // null: it has to be made anew
};

}  // namespace goxel_telemetry::metrics
