// SPDX-License-Identifier: GPL-3.0-or-later
// Estimates from one side of a comparison.
//
// A side is a list of strata, each with a weight:
//  - One operation is one stratum.
//  - All operations of a layer are one stratum, too, if each request weighs the same.
//  - Each operation of a layer is a stratum of its own if it must have a fixed share, whatever its
//    number of requests. This takes a changed mix of operations out of a comparison (direct
//    standardisation).
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "metrics/comparison/interval.h"
#include "metrics/comparison/observation.h"
#include "metrics/comparison/observed_blocks.h"
#include "metrics/tally/tally.h"

namespace goxel_telemetry::metrics {

struct Stratum {
  std::vector<const BlockSeries*> parts;  // operations whose requests all weigh the same
  Tally total;                            // of the parts
  double weight = 1;                      // the weights of a side's strata add up to 1
};

// Makes a stratum of weight 1.
Stratum stratum_of(std::vector<const BlockSeries*> parts);

inline constexpr std::size_t kQuantileCount = 4;
inline constexpr double kQuantiles[kQuantileCount] = {0.50, 0.90, 0.95, 0.99};

// Natural logarithms of nanoseconds. Empty without answered requests, and for a quantile beyond the
// range of histograms. With too few requests, or requests in too few blocks, there is a value
// without known limits: degrees is 0.
struct LatencyEstimates {
  std::optional<Estimate> mean;
  std::optional<Estimate> quantile[kQuantileCount];
};

// Fewer requests than this are too few. A quantile needs kFewestBeyond requests on each of its
// sides.
inline constexpr std::uint64_t kFewestRequests = 30;
inline constexpr std::uint64_t kFewestBeyond = 10;

// `observation` must be the one that the strata's parts belong to.
LatencyEstimates estimate_latency(const Observation& observation,
                                  const std::vector<Stratum>& strata);

// Logarithm of events a second, from their number in each watched block; empty without events.
// `seconds`: that were watched.
std::optional<Estimate> estimate_rate(const ObservedBlocks& blocks, double seconds,
                                      std::vector<double> counts);

// Logarithm of records a second; empty without records.
std::optional<Estimate> estimate_throughput(const Observation& observation, const Stratum& stratum);

// Share of records that did not end ok, 0 to 1; empty without records.
std::optional<Estimate> estimate_failure_ratio(const Observation& observation,
                                               const Stratum& stratum);

}  // namespace goxel_telemetry::metrics
