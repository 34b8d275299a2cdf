// SPDX-License-Identifier: GPL-3.0-or-later
// Makes a snapshot's statistics from a window's tallies.
#pragma once

#include <array>
#include <cstdint>

#include "metrics/live/snapshot.h"
#include "metrics/live/window.h"

namespace goxel_telemetry::metrics {

// Statistics of all windows while second `now` runs. There are data from `observed_since_ns`
// (CLOCK_MONOTONIC) on.
std::array<WindowStats, kWindowCount> window_stats(const WindowTallies& tallies, std::uint64_t now,
                                                   std::uint64_t observed_since_ns);

}  // namespace goxel_telemetry::metrics
