// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/comparison/distribution.h"

#include <algorithm>
#include <cassert>

namespace goxel_telemetry::metrics {

double count_below(const Histogram& histogram, const Place& place) {
  std::uint64_t whole = 0;
  const std::uint64_t least = std::min(histogram.min(), Histogram::kHighest);
  for (std::uint32_t bucket = Histogram::bucket_of(least); bucket < place.bucket; ++bucket) {
    whole += histogram.count_in(bucket);
  }
  return static_cast<double>(whole) +
         place.part * static_cast<double>(histogram.count_in(place.bucket));
}

void Distribution::add(const Histogram& histogram, double weight) {
  assert(histogram.count() > 0);
  const double each = weight / static_cast<double>(histogram.count());
  std::uint64_t below = 0;
  for (std::uint32_t bucket = 0; bucket < Histogram::kBuckets; ++bucket) {
    below += histogram.count_in(bucket);
    cumulative_[bucket + 1] += each * static_cast<double>(below);
  }
  min_ = std::min(min_, histogram.min());
  max_ = std::max(max_, histogram.max());
}

Place Distribution::place_of(double q) const {
  assert(q > 0 && q < within_range());
  const auto above = std::upper_bound(cumulative_.begin(), cumulative_.end(), q);
  const auto bucket = static_cast<std::uint32_t>(above - cumulative_.begin() - 1);
  const double low = cumulative_[bucket];
  return {bucket, (q - low) / (cumulative_[bucket + 1] - low)};
}

// Values are whole: bucket [l, h] stands for the stretch from l - 1/2 to h + 1/2.
double Distribution::value_at(const Place& place) const {
  const auto low = static_cast<double>(Histogram::lowest_in(place.bucket));
  const auto width = static_cast<double>(Histogram::highest_in(place.bucket) -
                                         Histogram::lowest_in(place.bucket)) +
                     1;
  return std::clamp(low - 0.5 + place.part * width, static_cast<double>(min_),
                    static_cast<double>(max_));
}

double probability_of_superiority(const Histogram& a, const Histogram& b) {
  assert(a.count() > 0 && b.count() > 0);
  double below = 0;  // values of `a` in the buckets below
  double pairs = 0;
  for (std::uint32_t bucket = 0; bucket < Histogram::kBuckets; ++bucket) {
    const auto of_a = static_cast<double>(a.count_in(bucket));
    pairs += static_cast<double>(b.count_in(bucket)) * (below + of_a / 2);
    below += of_a;
  }
  pairs +=
      static_cast<double>(b.out_of_range()) * (below + static_cast<double>(a.out_of_range()) / 2);
  return pairs / (static_cast<double>(a.count()) * static_cast<double>(b.count()));
}

}  // namespace goxel_telemetry::metrics
