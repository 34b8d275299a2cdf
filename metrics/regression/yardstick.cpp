// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/regression/yardstick.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

namespace goxel_telemetry::metrics {
namespace {

// Of the lower edge of each bucket, and of the upper edge of the last.
using Logarithms = std::array<double, Histogram::kBuckets + 1>;
const Logarithms& edges() {
  static const auto table = [] {
    Logarithms values{};
    for (std::uint32_t i = 0; i <= Histogram::kBuckets; ++i)
      values[i] = std::log(std::max(0.5, static_cast<double>(Histogram::lowest_in(i))));
    return values;
  }();
  return table;
}

double middle(std::uint32_t bucket) {
  return (edges()[bucket] + edges()[bucket + 1]) / 2;
}

double logarithm(std::uint64_t ns) {
  return std::log(std::max<double>(1, static_cast<double>(ns)));
}

double residual(const Yardstick& yardstick, double value) {
  return std::clamp(value - yardstick.median, -yardstick.clip, yardstick.clip) / yardstick.gain;
}

double normal_below(double z) {
  return std::erfc(-z / std::numbers::sqrt2) / 2;
}

// The standard deviation of a normal variable of which the share `within` is not further off than `limit`.
double spread_with(double limit, double within) {
  double low = limit / 8;
  double high = limit * 8;
  for (int i = 0; i < 24; ++i) {
    const double middle = (low + high) / 2;
    (1 - 2 * normal_below(-limit / middle) > within ? low : high) = middle;
  }
  return low;
}

}  // namespace

Yardstick Yardstick::of(const Histogram& usual, double least_clip) {
  Yardstick yardstick;
  yardstick.median = logarithm(usual.quantile(0.5));
  yardstick.clip =
      std::max(least_clip, (logarithm(usual.quantile(0.84)) - logarithm(usual.quantile(0.16))) / 2);
  yardstick.tail = logarithm(usual.quantile(0.99)) - yardstick.median;
  const auto count = static_cast<double>(usual.count());
  double within = 0;
  usual.for_each_bucket([&](std::uint32_t bucket, std::uint64_t in_bucket) {
    if (std::abs(middle(bucket) - yardstick.median) < yardstick.clip)
      within += static_cast<double>(in_bucket);
  });
  yardstick.gain = within / count;
  yardstick.spread = spread_with(yardstick.clip, yardstick.gain);
  yardstick.centre = residuals(yardstick, usual) / count;
  double squares = 0;
  usual.for_each_bucket([&](std::uint32_t bucket, std::uint64_t in_bucket) {
    const double off = residual(yardstick, middle(bucket)) - yardstick.centre;
    squares += static_cast<double>(in_bucket) * off * off;
  });
  yardstick.scatter = squares / count;
  return yardstick;
}

double Yardstick::moved_by(double shift) const {
  // The mean of max(0, x) of a normal variable with this mean.
  const auto above_zero = [this](double mean) {
    const double z = mean / spread;
    return mean * normal_below(z) + spread * std::exp(-z * z / 2) / std::sqrt(2 * std::numbers::pi);
  };
  return (above_zero(shift + clip) - above_zero(shift - clip) - clip) / gain;
}

double residuals(const Yardstick& yardstick, const Histogram& latency) {
  double sum = 0;
  latency.for_each_bucket([&](std::uint32_t bucket, std::uint64_t count) {
    sum += static_cast<double>(count) * residual(yardstick, middle(bucket));
  });
  return sum + static_cast<double>(latency.out_of_range()) *
                   residual(yardstick, logarithm(latency.max()));
}

double count_above(double logarithm, const Histogram& latency) {
  double above = static_cast<double>(latency.out_of_range());
  latency.for_each_bucket([&](std::uint32_t bucket, std::uint64_t count) {
    const double low = edges()[bucket];
    const double high = edges()[bucket + 1];
    above += static_cast<double>(count) * std::clamp((high - logarithm) / (high - low), 0.0, 1.0);
  });
  return above;
}

}  // namespace goxel_telemetry::metrics
