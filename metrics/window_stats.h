// SPDX-License-Identifier: GPL-3.0-or-later
// What a snapshot says of a window.
#pragma once

#include <array>
#include <cstdint>

#include "metrics/snapshot.h"
#include "metrics/window.h"

namespace goxel_telemetry::metrics {

// Count and mean exact, quantiles as exact as the histogram.
Latency latency_of(const Histogram& histogram);

// Of a stretch for which there are data for `covered_seconds`.
WindowStats stats_of(const Tally& tally, double covered_seconds);

// While second `now` runs; there are data from `observed_since_ns` (CLOCK_MONOTONIC) on.
std::array<WindowStats, kWindowCount> window_stats(const WindowTallies& tallies, std::uint64_t now,
                                                   std::uint64_t observed_since_ns);

}  // namespace goxel_telemetry::metrics
