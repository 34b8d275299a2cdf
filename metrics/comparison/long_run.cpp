// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/comparison/long_run.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace goxel_telemetry::metrics {
namespace {

constexpr std::size_t kFewestCosines = 3;
// More cosines would narrow the interval by less than 5 %, and would also measure faster
// fluctuations.
constexpr std::size_t kMostCosines = 12;

constexpr double kMostPersistence = 0.97;

// The part of a block's deviation that is still there in the next block: the autocorrelation at
// distance one, corrected for its bias in a short series (Kendall 1954).
double persistence(std::span<const double> series) {
  double own = 0;
  double next = 0;
  for (std::size_t t = 0; t < series.size(); ++t) {
    own += series[t] * series[t];
    if (t + 1 < series.size()) next += series[t] * series[t + 1];
  }
  if (own == 0) return 0;
  const auto n = static_cast<double>(series.size());
  return std::clamp((n * next / own + 1) / (n - 3), 0.0, kMostPersistence);
}

}  // namespace

std::size_t cosines_for(std::size_t blocks, double seconds) {
  if (blocks < kFewestBlocks) return 0;
  const auto wanted = static_cast<std::size_t>(0.25 * std::cbrt(seconds * seconds));
  return std::min(blocks / 2, std::clamp(wanted, kFewestCosines, kMostCosines));
}

Spread long_run_spread(std::span<const double> series, double seconds) {
  const std::size_t cosines = cosines_for(series.size(), seconds);
  if (cosines == 0) return {};
  const auto n = static_cast<double>(series.size());
  const double rho = persistence(series);
  double power = 0;
  double share = 0;
  for (std::size_t j = 1; j <= cosines; ++j) {
    const double frequency = std::numbers::pi * static_cast<double>(j) / n;
    double sum = 0;
    for (std::size_t t = 0; t < series.size(); ++t) {
      sum += series[t] * std::cos(frequency * (static_cast<double>(t) + 0.5));
    }
    power += sum * sum;
    // The spectrum of a series with this persistence, relative to frequency 0.
    const double slowest = (1 - rho) * (1 - rho);
    share += slowest / (slowest + 2 * rho * (1 - std::cos(frequency)));
  }
  // The mean square of a cosine itself is one half.
  const double variance = 2 * power / share;
  return {std::sqrt(variance), static_cast<double>(cosines)};
}

}  // namespace goxel_telemetry::metrics
