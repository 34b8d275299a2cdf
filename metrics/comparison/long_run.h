// SPDX-License-Identifier: GPL-3.0-or-later
// How far the sum of a series that depends on its own past may be from what is usual for it.
//
// Latencies of neighbouring seconds resemble each other (a busy neighbour, a cache that is cold for
// a while), so a sum of n of them is less certain than n independent ones would make it. What
// counts is the strength of the series' slow fluctuations, its spectrum near frequency 0. It is
// estimated as the mean square of the first few cosine sums of the series: the equal-weighted
// cosine estimator, whose ratio to the truth is chi-squared, so that t quantiles fit
// (docs/metrics-math.md).
#pragma once

#include <cstddef>
#include <span>

namespace goxel_telemetry::metrics {

struct Spread {
  double standard_error = 0;  // of the sum of the series
  double degrees = 0;         // of freedom of that; 0: the series is too short to tell
};

// Fewer blocks than this are too few to tell.
inline constexpr std::size_t kFewestBlocks = 8;

// Cosines that are used for so many blocks of equal length that cover `seconds`: slow enough that
// what happens within a second does not look like noise that averages out.
std::size_t cosines_for(std::size_t blocks, double seconds);

// `series`: deviations, one a block in the order of time, that would sum up to about 0.
Spread long_run_spread(std::span<const double> series, double seconds);

}  // namespace goxel_telemetry::metrics
