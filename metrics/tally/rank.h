// SPDX-License-Identifier: GPL-3.0-or-later
// How one duration stands among others of its kind.
#pragma once

#include <cstdint>
#include <optional>

#include "metrics/tally/histogram.h"

namespace goxel_telemetry::metrics {

struct Rank {
  double slower_than =
      0;  // the share of them that are shorter, 0 to 1; of what is out of range, at least
  std::uint64_t among = 0;  // how many they are
  bool slowest = false;     // none of them is longer

  friend bool operator==(const Rank&, const Rank&) = default;
};

// `durations` may or may not contain it. None if they are fewer than two: there is nothing to compare with.
std::optional<Rank> rank_of(std::uint64_t duration_ns, const Histogram& durations);

}  // namespace goxel_telemetry::metrics
