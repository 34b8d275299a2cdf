// SPDX-License-Identifier: GPL-3.0-or-later
// Turns histograms into distribution functions: with weights, and continuous within a bucket.
#pragma once

#include <cstdint>
#include <vector>

#include "metrics/tally/histogram.h"

namespace goxel_telemetry::metrics {

// A place on the axis of durations: a bucket, and the part of it that lies below the place, 0 to 1.
// The requests in a bucket are taken as evenly spread over it.
struct Place {
  std::uint32_t bucket = 0;
  double part = 0;
};

// How many recorded values lie below a place.
double count_below(const Histogram& histogram, const Place& place);

class Distribution {
 public:
  // Adds a histogram, which must not be empty. `weight`: its part of the whole.
  void add(const Histogram& histogram, double weight);

  // The place below which the share `q` of the whole lies. Only for q above 0 and below
  // within_range().
  Place place_of(double q) const;
  // The duration at a place, in nanoseconds: not below the least recorded duration, nor above the
  // greatest.
  double value_at(const Place& place) const;

  // The share of the whole that lies in buckets. Of the rest it is only known that it is longer.
  double within_range() const { return cumulative_.back(); }

 private:
  // Member i: the share of the whole in the buckets before bucket i. One member more than there are
  // buckets.
  std::vector<double> cumulative_ = std::vector<double>(Histogram::kBuckets + 1);
  std::uint64_t min_ = UINT64_MAX;
  std::uint64_t max_ = 0;
};

// Probability that a value of `b` is greater than one of `a`, with ties (the same bucket) counted
// half: 0.5 when neither tends to be greater. Twice the result less 1 is Cliff's delta. Neither
// histogram may be empty.
double probability_of_superiority(const Histogram& a, const Histogram& b);

}  // namespace goxel_telemetry::metrics
