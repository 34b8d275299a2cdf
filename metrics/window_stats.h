// SPDX-License-Identifier: GPL-3.0-or-later
// Makes a snapshot's statistics from a window's tallies.
#pragma once

#include <array>
#include <cstdint>

#include "metrics/snapshot.h"
#include "metrics/window.h"

namespace goxel_telemetry::metrics {

// Count and mean are exact; quantiles are as exact as the histogram.
Latency latency_of(const Histogram& histogram);

// Statistics of a stretch of time in which there are data for `covered_seconds`.
WindowStats stats_of(const Tally& tally, double covered_seconds);

// Statistics of all windows while second `now` runs. There are data from `observed_since_ns`
// (CLOCK_MONOTONIC) on.
std::array<WindowStats, kWindowCount> window_stats(const WindowTallies& tallies, std::uint64_t now,
                                                   std::uint64_t observed_since_ns);

}  // namespace goxel_telemetry::metrics
