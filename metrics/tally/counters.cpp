// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/tally/counters.h"

#include <algorithm>

namespace goxel_telemetry::metrics {
namespace {

void expose(ExposedHistogram& histogram, std::size_t bucket, std::uint64_t duration_ns) {
  ++histogram.counts[bucket];
  ++histogram.count;
  histogram.sum_ns = saturated(WideSum{histogram.sum_ns} + duration_ns);
}

}  // namespace

void Counters::add(const Measurement& m) {
  count(outcomes, m.status);
  if (!m.answered()) return;
  // The first bound that is not below the value: a value equal to a bound lies in that bound's
  // bucket.
  const auto bound = std::lower_bound(kExposedBounds.begin(), kExposedBounds.end(), m.duration_ns);
  const auto bucket = static_cast<std::size_t>(bound - kExposedBounds.begin());
  expose(exposed, bucket, m.duration_ns);
  if (m.status == shm::Status::error) expose(exposed_error, bucket, m.duration_ns);
}

}  // namespace goxel_telemetry::metrics
