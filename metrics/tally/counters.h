// SPDX-License-Identifier: GPL-3.0-or-later
// What a monitoring system reads of an operation at intervals, to compute rates: numbers that only
// grow.
#pragma once

#include <array>
#include <cstdint>
#include <map>

#include "metrics/tally/outcomes.h"
#include "metrics/tally/tally.h"

namespace goxel_telemetry::metrics {

// Upper bounds, in nanoseconds and closed (a value equal to a bound lies in that bound's bucket),
// of the exposed histograms: 50 µs to 10 s, a superset of OpenTelemetry's. A last bucket, without a
// bound, follows.
inline constexpr std::array<std::uint64_t, 20> kExposedBounds = {
    50'000,        100'000,       250'000,       500'000,       1'000'000,
    2'500'000,     5'000'000,     10'000'000,    25'000'000,    50'000'000,
    75'000'000,    100'000'000,   250'000'000,   500'000'000,   750'000'000,
    1'000'000'000, 2'500'000'000, 5'000'000'000, 7'500'000'000, 10'000'000'000};

// A cumulative distribution, exact at its bounds.
struct ExposedHistogram {
  std::array<std::uint64_t, kExposedBounds.size() + 1> counts{};  // per bucket, not cumulative
  std::uint64_t sum_ns = 0;
  std::uint64_t count = 0;

  void merge(const ExposedHistogram& other);
  friend bool operator==(const ExposedHistogram&, const ExposedHistogram&) = default;
};

// They begin at zero when a reader begins, or go on from where an earlier reader stopped, and hold
// no record from before that: a ring's content would look like a burst of requests.
struct Counters {
  Outcomes outcomes;
  ExposedHistogram exposed;  // of answered requests (ok and error)
  // The parts of `exposed` that were answered with an error, by its code. OpenTelemetry's histograms
  // have the label error.type: errors that are quick must not make the good answers look quick. At
  // most kErrorTypes; what finds no room is ErrorCode::other.
  std::map<shm::ErrorCode, ExposedHistogram> errors;

  static constexpr std::size_t kErrorTypes = 8;

  // All errors together.
  ExposedHistogram error() const;
  void add(const Measurement& measurement);
  friend bool operator==(const Counters&, const Counters&) = default;
};

}  // namespace goxel_telemetry::metrics
