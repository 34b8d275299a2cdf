// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/regression/stratum.h"

#include <algorithm>
#include <array>
#include <cmath>

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

double residual(const Stratum& stratum, double value) {
  return std::clamp(value - stratum.median, -stratum.clip, stratum.clip) / stratum.gain;
}

}  // namespace

Stratum Stratum::of(const Histogram& usual, double least_clip) {
  Stratum stratum;
  stratum.median = logarithm(usual.quantile(0.5));
  stratum.clip =
      std::max(least_clip, (logarithm(usual.quantile(0.84)) - logarithm(usual.quantile(0.16))) / 2);
  stratum.tail = logarithm(usual.quantile(0.99)) - stratum.median;
  const auto count = static_cast<double>(usual.count());
  double within = 0;
  usual.for_each_bucket([&](std::uint32_t bucket, std::uint64_t in_bucket) {
    if (std::abs(middle(bucket) - stratum.median) < stratum.clip)
      within += static_cast<double>(in_bucket);
  });
  stratum.gain = within / count;
  stratum.centre = residuals(stratum, usual) / count;
  double squares = 0;
  usual.for_each_bucket([&](std::uint32_t bucket, std::uint64_t in_bucket) {
    const double off = residual(stratum, middle(bucket)) - stratum.centre;
    squares += static_cast<double>(in_bucket) * off * off;
  });
  stratum.scatter = squares / count;
  return stratum;
}

double residuals(const Stratum& stratum, const Histogram& latency) {
  double sum = 0;
  latency.for_each_bucket([&](std::uint32_t bucket, std::uint64_t count) {
    sum += static_cast<double>(count) * residual(stratum, middle(bucket));
  });
  return sum +
         static_cast<double>(latency.out_of_range()) * residual(stratum, logarithm(latency.max()));
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
