// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/tally/rank.h"

namespace goxel_telemetry::metrics {

std::optional<Rank> rank_of(std::uint64_t duration_ns, const Histogram& durations) {
  if (durations.count() < 2) return {};
  Rank rank;
  // Those as long as it are not shorter.
  rank.slower_than = duration_ns == 0 ? 0 : 1 - durations.share_above(duration_ns - 1);
  rank.among = durations.count();
  rank.slowest = duration_ns >= durations.max();
  return rank;
}

}  // namespace goxel_telemetry::metrics
