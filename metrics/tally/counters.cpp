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

void ExposedHistogram::merge(const ExposedHistogram& other) {
  for (std::size_t i = 0; i < counts.size(); ++i) counts[i] += other.counts[i];
  sum_ns = saturated(WideSum{sum_ns} + other.sum_ns);
  count += other.count;
}

void Counters::add(const Measurement& m) {
  count(outcomes, m.status);
  if (!m.answered()) return;
  // The first bound that is not below the value: a value equal to a bound lies in that bound's
  // bucket.
  const auto bound = std::lower_bound(kExposedBounds.begin(), kExposedBounds.end(), m.duration_ns);
  const auto bucket = static_cast<std::size_t>(bound - kExposedBounds.begin());
  expose(exposed, bucket, m.duration_ns);
  if (m.status != shm::Status::error) return;
  // One place is kept for all the others.
  const bool room = errors.size() + 1 < kErrorTypes || errors.contains(m.error);
  expose(errors[room ? m.error : shm::ErrorCode::other], bucket, m.duration_ns);
}

ExposedHistogram Counters::error() const {
  ExposedHistogram all;
  for (const auto& [code, histogram] : errors) all.merge(histogram);
  return all;
}

}  // namespace goxel_telemetry::metrics
