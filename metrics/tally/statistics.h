// SPDX-License-Identifier: GPL-3.0-or-later
// What is shown of a tally: rates, means and quantiles.
#pragma once

#include <cstdint>

#include "metrics/tally/outcomes.h"
#include "metrics/tally/tally.h"

namespace goxel_telemetry::metrics {

// Statistics of the spans of answered requests (ok and error): an unanswered request has no
// latency. Quantiles come from a histogram with the relative error that docs/metrics-math.md
// states; count, mean, min and max are exact.
struct Latency {
  std::uint64_t count = 0;
  double mean_ns = 0;
  std::uint64_t min_ns = 0;
  std::uint64_t p50_ns = 0;
  std::uint64_t p90_ns = 0;
  std::uint64_t p95_ns = 0;
  std::uint64_t p99_ns = 0;
  std::uint64_t max_ns = 0;
  // Spans longer than the histogram's range (137 s). They count in all members above, but a
  // quantile that falls among them is only known to be at most max_ns, and max_ns is given for it.
  std::uint64_t out_of_range = 0;
};

struct WindowStats {
  // The part of the window for which there are data. At most 1, 60, 296 to 300 and 886 to 900: the
  // far edges of the long windows move in steps (metrics/live/window.h).
  double covered_seconds = 0;
  Outcomes outcomes;
  double rate_per_second = 0;  // records a second of the covered time
  Latency latency;
  // Times outside of the span: receiving before it, waiting in a queue, sending after it.
  double mean_receive_ns = 0;
  double mean_wait_ns = 0;
  double mean_send_ns = 0;
  std::uint64_t bytes_in = 0;
  std::uint64_t bytes_out = 0;
};

// Count and mean are exact; quantiles are as exact as the histogram.
Latency latency_of(const Histogram& histogram);

// Statistics of a stretch of time in which there are data for `covered_seconds`.
WindowStats stats_of(const Tally& tally, double covered_seconds);

}  // namespace goxel_telemetry::metrics
