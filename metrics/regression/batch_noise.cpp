// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/regression/batch_noise.h"

#include <algorithm>
#include <cmath>

namespace goxel_telemetry::metrics {
namespace {

constexpr double kMostOfUsual = 6;
constexpr std::uint32_t kFewestToJudge = 4;  // batches, before one can be called unusual
constexpr double kAllowance = 4;             // standard errors of a variance, nearly three

}  // namespace

void BatchAverage::add(double fluctuation, double explained) {
  // Not the difference is limited: where the requests' own scatter is most of a batch, half of the differences are many times
  // their average.
  if (batches_ >= kFewestToJudge)
    fluctuation = std::min(fluctuation, kMostOfUsual * (explained + std::max(value_, least_)));
  ++batches_;
  value_ += (fluctuation - explained - value_) / std::min(batches_, memory_);
}

void SlowNoise::add(double difference, double samples, double scatter) {
  for (Scale& scale : scales_) {
    scale.sum += difference * samples;
    scale.samples += samples;
    scale.scatter += scatter * samples;
    if (++scale.taken < scale.ticks) continue;
    const double mean = scale.sum / scale.samples;
    const double own = scale.scatter / (scale.samples * scale.samples);
    scale.average.add(scale.ticks * mean * mean, scale.ticks * own);
    scale.taken = 0;
    scale.sum = scale.samples = scale.scatter = 0;
  }
}

double SlowNoise::variance(std::size_t scales) const {
  double largest = kLeast;
  for (std::size_t i = 0; i < scales; ++i) {
    const Scale& scale = scales_[i];
    const std::uint32_t batches = std::min(scale.average.batches(), 2 * scale.average.memory());
    if (batches < scale.fewest) continue;
    largest = std::max(largest, scale.average.value() * (1 + kAllowance / std::sqrt(batches)));
  }
  return largest;
}

void Dispersion::add(double events, double expected) {
  for (Scale& scale : scales_) {
    scale.events += events;
    scale.expected += expected;
    if (++scale.taken < scale.ticks) continue;
    const double off = scale.events - scale.expected;
    // With less than one event expected, a single one would look like a burst.
    scale.average.add(off * off / std::max(scale.expected, 1.0), 1);
    scale.taken = 0;
    scale.events = scale.expected = 0;
  }
}

double Dispersion::value(std::size_t scales) const {
  double largest = 1;
  for (std::size_t i = 0; i < scales; ++i) {
    const BatchAverage& average = scales_[i].average;
    if (average.batches() >= kFewestToJudge) largest = std::max(largest, 1 + average.value());
  }
  return largest;
}

}  // namespace goxel_telemetry::metrics
