// SPDX-License-Identifier: GPL-3.0-or-later
// The standard error of the sum of a series whose values depend on earlier values.
//
// Latencies of neighbouring seconds resemble each other (a busy neighbour, a cache that is cold for
// a while), so the sum of n latencies is less certain than a sum of n independent values. The
// uncertainty depends on the strength of the series' slow fluctuations: its spectrum near frequency
// 0. That strength is estimated as the mean square of the first few cosine sums of the series (the
// equal-weighted cosine estimator). The ratio of this estimate to the truth is chi-squared, so that
// t quantiles fit (docs/metrics-math.md).
#pragma once

#include <cstddef>
#include <span>

namespace goxel_telemetry::metrics {

struct Spread {
  double standard_error = 0;  // of the sum of the series
  // Degrees of freedom of the standard error; 0: the series is too short.
  double degrees = 0;
};

// Fewer blocks than this are too few for an estimate.
inline constexpr std::size_t kFewestBlocks = 8;

// The number of cosines that are used for `blocks` blocks of equal length, which cover `seconds`.
// All of them are slow: faster ones would take what happens within a second for noise that averages
// out.
std::size_t cosines_for(std::size_t blocks, double seconds);

// `series`: deviations, one for each block in the order of time. Their sum should be about 0.
Spread long_run_spread(std::span<const double> series, double seconds);

}  // namespace goxel_telemetry::metrics
