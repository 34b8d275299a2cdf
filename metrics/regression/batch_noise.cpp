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

void BatchAverage::add(double value) {
  if (batches_ >= kFewestToJudge) value = std::min(value, kMostOfUsual * std::max(value_, least_));
  ++batches_;
  value_ += (value - value_) / std::min(batches_, memory_);
}

void SlowNoise::add(double difference, double samples, double scatter) {
  for (Scale& scale : scales_) {
    scale.sum += difference * samples;
    scale.samples += samples;
    scale.scatter += scatter * samples;
    if (++scale.taken < scale.ticks) continue;
    const double mean = scale.sum / scale.samples;
    const double own = scale.scatter / (scale.samples * scale.samples);
    scale.average.add(scale.ticks * (mean * mean - own));
    scale.taken = 0;
    scale.sum = scale.samples = scale.scatter = 0;
  }
}

double SlowNoise::variance() const {
  double largest = kLeast;
  for (const Scale& scale : scales_) {
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
    scale.average.add(off * off / std::max(scale.expected, 1.0));
    scale.taken = 0;
    scale.events = scale.expected = 0;
  }
}

double Dispersion::value() const {
  double largest = 1;
  for (const Scale& scale : scales_) {
    if (scale.average.batches() >= kFewestToJudge)
      largest = std::max(largest, scale.average.value());
  }
  return largest;
}

}  // namespace goxel_telemetry::metrics
