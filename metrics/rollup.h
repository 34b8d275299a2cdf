// SPDX-License-Identifier: GPL-3.0-or-later
// What is kept of a closed stretch of time: the tally of one operation. Rollups of neighbouring
// stretches merge exactly, because histograms do; a quantile is never averaged.
#pragma once

#include <cstdint>

#include "metrics/snapshot.h"
#include "metrics/tally.h"

namespace goxel_telemetry::metrics {

struct Rollup {
  OperationKey key;
  std::uint64_t begin_seconds = 0;  // Unix time; a multiple of `seconds`
  std::uint32_t seconds = 1;        // 1, 10, 60 or 3600
  Tally tally;                      // of the records whose spans ended in [begin, begin + seconds)
};

}  // namespace goxel_telemetry::metrics
