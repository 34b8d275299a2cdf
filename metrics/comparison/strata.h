// SPDX-License-Identifier: GPL-3.0-or-later
// Estimates from one side of a comparison.
//
// A side is a list of strata, each with a weight. One operation is one stratum; all operations of a
// layer are one stratum, too, as long as each request weighs the same; and they are as many strata
// as operations when each operation is to have a fixed share, whatever its number of requests: that
// is what takes a changed mix out of a comparison (direct standardisation).
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "metrics/comparison/interval.h"
#include "metrics/comparison/observation.h"
#include "metrics/tally.h"

namespace goxel_telemetry::metrics {

struct Stratum {
  std::vector<const BlockSeries*> parts;  // whose requests weigh the same
  Tally total;                            // of the parts
  double weight = 1;                      // all of a side's add up to 1
};

// Makes a stratum of weight 1.
Stratum stratum_of(std::vector<const BlockSeries*> parts);

inline constexpr std::size_t kQuantileCount = 3;
inline constexpr double kQuantiles[kQuantileCount] = {0.50, 0.90, 0.99};

// Natural logarithms of nanoseconds; empty without answered requests, and for a quantile that is
// longer than histograms reach. With too few requests, or in too few blocks, there is a value, but
// nothing is known of its limits: degrees is 0.
struct LatencyEstimates {
  std::optional<Estimate> mean;
  std::optional<Estimate> quantile[kQuantileCount];
};

// Fewer than this are too few. A quantile needs kFewestBeyond on each of its sides.
inline constexpr std::uint64_t kFewestRequests = 30;
inline constexpr std::uint64_t kFewestBeyond = 10;

// `observation` is where the parts come from.
LatencyEstimates estimate_latency(const Observation& observation,
                                  const std::vector<Stratum>& strata);

// Logarithm of records a second; empty without records.
std::optional<Estimate> estimate_throughput(const Observation& observation, const Stratum& stratum);

// Share of records that did not end ok, 0 to 1; empty without records.
std::optional<Estimate> estimate_failure_ratio(const Observation& observation,
                                               const Stratum& stratum);

}  // namespace goxel_telemetry::metrics
