// SPDX-License-Identifier: GPL-3.0-or-later
// Histograms as distribution functions: with weights, and continuous within a bucket.
#pragma once

#include <cstdint>
#include <vector>

#include "metrics/histogram.h"

namespace goxel_telemetry::metrics {

// A place on the axis of durations: a bucket and how much of it lies below, 0 to 1. The requests of
// a bucket are taken as evenly spread over it.
struct Place {
  std::uint32_t bucket = 0;
  double part = 0;
};

// How many recorded values lie below a place.
double count_below(const Histogram& histogram, const Place& place);

class Distribution {
 public:
  // Adds a histogram, which must not be empty, as so large a part of the whole.
  void add(const Histogram& histogram, double weight);

  // Where the share `q` of the whole lies below. Only for q above 0 and below within_range().
  Place place_of(double q) const;
  // The duration at a place, in nanoseconds: not below the least recorded one, nor above the
  // greatest.
  double value_at(const Place& place) const;

  // Share of the whole that has buckets; what is longer is only known to be that.
  double within_range() const { return cumulative_.back(); }

 private:
  // Share of the whole in the buckets before bucket i; one more than there are buckets.
  std::vector<double> cumulative_ = std::vector<double>(Histogram::kBuckets + 1);
  std::uint64_t min_ = UINT64_MAX;
  std::uint64_t max_ = 0;
};

// Probability that a value of `b` is greater than one of `a`, with ties (the same bucket) counted
// half: 0.5 when neither tends to be greater. Twice that less 1 is Cliff's delta. Neither is empty.
double probability_of_superiority(const Histogram& a, const Histogram& b);

}  // namespace goxel_telemetry::metrics
