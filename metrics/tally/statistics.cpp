// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/tally/statistics.h"

namespace goxel_telemetry::metrics {

Latency latency_of(const Histogram& h) {
  if (h.count() == 0) return {};
  return {h.count(),        h.mean(),         h.min(), h.quantile(0.50), h.quantile(0.90),
          h.quantile(0.95), h.quantile(0.99), h.max(), h.out_of_range()};
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

}  // namespace goxel_telemetry::metrics
