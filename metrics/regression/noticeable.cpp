// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/regression/noticeable.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace goxel_telemetry::metrics {
namespace {

constexpr double kLargestShift = std::numbers::ln10;
constexpr int kHalvings = 24;
// With so many more on average than the fewest, there are enough of them in two of three cases.
constexpr double kEventsToSpare = 1;
// From so many on, a Poisson process' counts are as good as normal.
constexpr double kManyClumps = 50;

// The smallest value in [low, high] that is enough, if all above it are, too.
template <class IsEnough>
std::optional<double> smallest(double low, double high, const IsEnough& is_enough) {
  if (!is_enough(high)) return std::nullopt;
  for (int i = 0; i < kHalvings; ++i) {
    const double middle = (low + high) / 2;
    (is_enough(middle) ? high : low) = middle;
  }
  return high;
}

// The mean of what a normal variable lies below a limit.
double mean_below(double limit, double mean, double sd) {
  const double z = (limit - mean) / sd;
  const double density = std::exp(-z * z / 2) / std::sqrt(2 * std::numbers::pi);
  return (limit - mean) * std::erfc(-z / std::numbers::sqrt2) / 2 + sd * density;
}

// What a tick adds on average to the evidence for one of the shifts.
double mean_evidence(double shift, double difference, double variance, double of_a_tick) {
  const double mean = shift * (difference - shift / 2) / variance;
  const double sd = shift * std::sqrt(of_a_tick) / variance;
  const double least = -CentreEvidence::kMostOfATick;
  const double most = std::min(CentreEvidence::kMostOfATick, 2.5 * shift * shift / variance);
  return most - mean_below(most, mean, sd) + mean_below(least, mean, sd);
}

// The same for events: those of a tick come in clumps as large as their dispersion, independently of each other.
double mean_evidence(const EventSearch::Increase& increase, double events, double expected,
                     double dispersion) {
  const double allowed = kCountAllowance * dispersion;
  const double of_a_clump = std::log(increase.ratio) * dispersion / allowed;
  const double of_none = -expected * (increase.ratio - 1) / allowed;
  const double clumps = events / dispersion;
  const double most = increase.most_of_a_tick;
  if (clumps > kManyClumps)
    return most - mean_below(most, of_none + of_a_clump * clumps, of_a_clump * std::sqrt(clumps));
  double below = 0;
  double probability = std::exp(-clumps);
  for (int n = 0; of_none + of_a_clump * n < most; ++n) {
    below += probability * (most - of_none - of_a_clump * n);
    probability *= clumps / (n + 1);
  }
  return most - below;
}

}  // namespace

TickTraffic TickTraffic::of(double requests_per_tick) {
  const double with_requests = -std::expm1(-requests_per_tick);
  return {with_requests, with_requests > 0 ? requests_per_tick / with_requests : 0};
}

std::optional<Noticeable> noticeable_shift(const CentreEvidence::Variances& variances,
                                           double of_requests, const TickTraffic& traffic,
                                           const std::function<double(double shift)>& moves) {
  for (const std::uint32_t within : kNoticedWithin) {
    const double ticks = within * traffic.with_requests;
    if (ticks < kFewestTicks || ticks * traffic.requests < kFewestSamples) continue;
    const auto shift = smallest(0, kLargestShift, [&](double of_all) {
      const double difference = moves(of_all);
      for (std::size_t i = 0; i < variances.size(); ++i) {
        const double sought = CentreEvidence::kShifts[i];
        if (difference >= kLeastOfShift * sought &&
            ticks * mean_evidence(sought, difference, variances[i],
                                  of_requests + SlowNoise::kLeast) >=
                CentreEvidence::kWarns)
          return true;
      }
      return false;
    });
    if (shift) return Noticeable{*shift, within};
  }
  return std::nullopt;
}

std::optional<Noticeable> noticeable_share(const EventSearch& search, double expected,
                                           const Dispersion& dispersion,
                                           const TickTraffic& traffic) {
  for (const std::uint32_t within : kNoticedWithin) {
    const double ticks = within * traffic.with_requests;
    if (ticks < kFewestCounts) continue;
    const auto share = smallest(kLeastIncrease * expected, 1, [&](double of_requests) {
      const double events = of_requests * traffic.requests;
      if (ticks * events < search.fewest + kEventsToSpare) return false;
      for (std::size_t i = 0; i < search.increases.size(); ++i) {
        if (ticks * mean_evidence(search.increases[i], events, expected * traffic.requests,
                                  dispersion.value(kScalesOf[i])) >=
            search.warns)
          return true;
      }
      return false;
    });
    if (share) return Noticeable{*share, within};
  }
  return std::nullopt;
}

}  // namespace goxel_telemetry::metrics
