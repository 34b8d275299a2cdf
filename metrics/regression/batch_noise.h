// SPDX-License-Identifier: GPL-3.0-or-later
// How much a series of ticks fluctuates beyond what its number of requests explains, at several time scales: by batch means.
// Latencies of neighbouring ticks resemble each other, so that the mean of twelve ticks is less certain than if they were independent.
// A variance that is measured tick by tick does not see that; one that is measured on batches of ticks does.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace goxel_telemetry::metrics {

// The average over the last `memory` batches or so of what they fluctuate beyond what is explained. One that is far off, an
// incident, counts as six usual ones.
class BatchAverage {
 public:
  BatchAverage(std::uint32_t memory, double least) : memory_(memory), least_(least) {}
  // `explained`: the part of `fluctuation` to be expected.
  void add(double fluctuation, double explained);
  double value() const { return value_; }
  std::uint32_t batches() const { return batches_; }
  std::uint32_t memory() const { return memory_; }

 private:
  std::uint32_t memory_;
  double least_;  // what counts as usual at the least
  double value_ = 0;
  std::uint32_t batches_ = 0;
};

// The long-run variance of a series of means: B · Var(mean of B ticks) for the scale B at which it is largest, without
// the part that comes from the requests' own scatter.
class SlowNoise {
 public:
  // A tick's mean difference from the usual, of `samples` requests, whose own variance is `scatter` each.
  void add(double difference, double samples, double scatter);
  // Per tick, with allowance for how few batches it was measured on; at so many of the scales, from the shortest on.
  double variance(std::size_t scales) const;

  static constexpr double kLeast = 0.02 * 0.02;

 private:
  struct Scale {
    std::uint32_t ticks;
    std::uint32_t fewest;
    BatchAverage average;
    std::uint32_t taken = 0;
    double sum = 0;
    double samples = 0;
    double scatter = 0;
  };
  std::array<Scale, 3> scales_ = {Scale{12, 4, {120, kLeast}}, Scale{60, 4, {48, kLeast}},
                                  Scale{240, 6, {32, kLeast}}};
};

// How much counts of rare events scatter, compared with a Poisson process' counts, for which it is 1.
class Dispersion {
 public:
  void add(double events, double expected);
  double value(
      std::size_t scales) const;  // at so many of the scales, from the shortest on; at least 1

 private:
  struct Scale {
    std::uint32_t ticks;
    BatchAverage average;
    std::uint32_t taken = 0;
    double events = 0;
    double expected = 0;
  };
  std::array<Scale, 2> scales_ = {Scale{12, {120, 0}}, Scale{60, {48, 0}}};
};

}  // namespace goxel_telemetry::metrics
