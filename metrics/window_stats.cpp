// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/window_stats.h"

#include <algorithm>

namespace goxel_telemetry::metrics {
namespace {

double covered_seconds(Window window, std::uint64_t now, std::uint64_t observed_since_ns) {
  const double since = std::max(static_cast<double>(observed_since_ns) / 1e9,
                                static_cast<double>(SlidingWindows::begin_of(window, now)));
  return std::max(0.0, static_cast<double>(now) - since);
}

}  // namespace

Latency latency_of(const Histogram& h) {
  if (h.count() == 0) return {};
  return {h.count(),        h.mean(),         h.min(), h.quantile(0.50),
          h.quantile(0.90), h.quantile(0.99), h.max(), h.out_of_range()};
}

WindowStats stats_of(const Tally& tally, double covered_seconds) {
  WindowStats stats;
  stats.covered_seconds = covered_seconds;
  stats.outcomes = tally.outcomes;
  if (covered_seconds > 0) {
    stats.rate_per_second = static_cast<double>(tally.outcomes.all()) / covered_seconds;
  }
  stats.bytes_in = tally.bytes_in;
  stats.bytes_out = tally.bytes_out;
  const Histogram& latency = tally.latency;
  if (latency.count() == 0) return stats;
  stats.latency = latency_of(latency);
  const auto mean = [n = static_cast<double>(latency.count())](WideSum sum) {
    return static_cast<double>(sum) / n;
  };
  stats.mean_receive_ns = mean(tally.receive_ns);
  stats.mean_wait_ns = mean(tally.wait_ns);
  stats.mean_send_ns = mean(tally.send_ns);
  return stats;
}

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
