// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/live/window_stats.h"

#include <algorithm>

namespace goxel_telemetry::metrics {
namespace {

double covered_seconds(Window window, std::uint64_t now, std::uint64_t observed_since_ns) {
  const double since = std::max(static_cast<double>(observed_since_ns) / 1e9,
                                static_cast<double>(SlidingWindows::begin_of(window, now)));
  return std::max(0.0, static_cast<double>(now) - since);
}

}  // namespace

std::array<WindowStats, kWindowCount> window_stats(const WindowTallies& tallies, std::uint64_t now,
                                                   std::uint64_t observed_since_ns) {
  std::array<WindowStats, kWindowCount> stats;
  for (std::size_t i = 0; i < kWindowCount; ++i) {
    stats[i] =
        stats_of(tallies[i], covered_seconds(static_cast<Window>(i), now, observed_since_ns));
  }
  return stats;
}

}  // namespace goxel_telemetry::metrics
