// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/comparison/strata.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <memory>
#include <numeric>
#include <utility>

#include "metrics/comparison/distribution.h"
#include "metrics/comparison/long_run.h"
#include "metrics/comparison/observed_blocks.h"

namespace goxel_telemetry::metrics {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

template <class Visit>
void for_each_tally(const Stratum& stratum, Visit visit) {
  for (const BlockSeries* part : stratum.parts) part->for_each(visit);
}

template <class Visit>
void for_each_outcomes(const Stratum& stratum, Visit visit) {
  for (const BlockSeries* part : stratum.parts) part->for_each_outcomes(visit);
}

// The part that each block has in the error of the mean, and of the distribution function at some
// places.
class Deviations {
 public:
  Deviations(const Observation& observation, const std::vector<Stratum>& strata,
             const std::array<Place, kQuantileCount>& places)
      : blocks_(observation), of_mean_(blocks_.series()), active_(of_mean_.size()) {
    of_share_.fill(of_mean_);
    for (const Stratum& stratum : strata) add(stratum, places);
  }

  const std::vector<double>& of_mean() const { return of_mean_; }
  const std::vector<double>& of_share(std::size_t place) const { return of_share_[place]; }
  // Blocks with answered requests.
  std::size_t active() const {
    return static_cast<std::size_t>(std::count(active_.begin(), active_.end(), true));
  }

 private:
  void add(const Stratum& stratum, const std::array<Place, kQuantileCount>& places) {
    const Histogram& total = stratum.total.latency;
    if (total.count() == 0) return;
    const auto count = static_cast<double>(total.count());
    const double weight = stratum.weight / count;
    std::array<double, kQuantileCount> share;
    for (std::size_t i = 0; i < share.size(); ++i) share[i] = count_below(total, places[i]) / count;
    for_each_tally(stratum, [&](std::uint32_t block, const Tally& tally) {
      const Histogram& latency = tally.latency;
      if (latency.count() == 0) return;
      const std::size_t at = blocks_.place(block);
      const auto n = static_cast<double>(latency.count());
      active_[at] = true;
      of_mean_[at] += weight * (static_cast<double>(latency.sum()) - total.mean() * n);
      for (std::size_t i = 0; i < share.size(); ++i) {
        of_share_[i][at] += weight * (count_below(latency, places[i]) - share[i] * n);
      }
    });
  }

  ObservedBlocks blocks_;
  std::vector<double> of_mean_;
  std::array<std::vector<double>, kQuantileCount> of_share_;
  std::vector<bool> active_;
};

constexpr double kLeastNs = 0.5;  // durations are whole; a logarithm needs more than 0

double log_of_duration(double ns) {
  return std::log(std::max(ns, kLeastNs));
}

// The limits are where the distribution function would reach `q` if it were off by a multiple of
// `standard_error` (Woodruff's interval).
Estimate quantile_estimate(const std::shared_ptr<const Distribution>& distribution, double q,
                           const Spread& spread) {
  const auto at = [distribution](double share) {
    if (share <= 0) return -kInfinity;
    if (share >= distribution->within_range() * (1 - 1e-12)) return kInfinity;
    return log_of_duration(distribution->value_at(distribution->place_of(share)));
  };
  return {at(q), spread.degrees, [at, q, error = spread.standard_error](double errors) {
            return Limits{at(q - errors * error), at(q + errors * error)};
          }};
}

// Wilson's interval, for the number of independent records that would be as uncertain as these are.
// A few failures do not show how they depend on each other: they count as independent unless they
// are seen to come together.
Estimate share_estimate(double share, double records, const Spread& spread) {
  constexpr double kFew = 10;
  constexpr double kCertain = 1e6;  // degrees of freedom
  const double actual = spread.standard_error * spread.standard_error;
  double n = share * (1 - share) / actual;
  double degrees = spread.degrees;
  if (degrees != 0 && records * std::min(share, 1 - share) < kFew) {
    n = actual > 0 ? std::min(n, records) : records;
    degrees = kCertain;
  }
  return {share, degrees, [share, n](double errors) {
            const double square = errors * errors / n;
            const double centre = (share + square / 2) / (1 + square);
            const double reach =
                std::sqrt(square * (share * (1 - share) + square / 4)) / (1 + square);
            return Limits{std::max(0.0, centre - reach), std::min(1.0, centre + reach)};
          }};
}

}  // namespace

Stratum stratum_of(std::vector<const BlockSeries*> parts) {
  Stratum stratum;
  stratum.parts = std::move(parts);
  for (const BlockSeries* part : stratum.parts) stratum.total.merge(part->total());
  return stratum;
}

LatencyEstimates estimate_latency(const Observation& observation,
                                  const std::vector<Stratum>& strata) {
  const auto distribution = std::make_shared<Distribution>();
  double mean = 0;
  std::uint64_t requests = 0;
  for (const Stratum& stratum : strata) {
    if (stratum.total.latency.count() == 0) continue;
    distribution->add(stratum.total.latency, stratum.weight);
    mean += stratum.weight * stratum.total.latency.mean();
    requests += stratum.total.latency.count();
  }
  LatencyEstimates out;
  if (requests == 0) return out;

  std::array<Place, kQuantileCount> places;
  std::array<bool, kQuantileCount> within;
  for (std::size_t i = 0; i < kQuantileCount; ++i) {
    within[i] = kQuantiles[i] < distribution->within_range();
    if (within[i]) places[i] = distribution->place_of(kQuantiles[i]);
  }
  const Deviations deviations(observation, strata, places);
  const bool enough = requests >= kFewestRequests && deviations.active() >= kFewestBlocks;
  const double seconds = observation.observed_seconds();
  const auto spread_of = [&](const std::vector<double>& series, bool known) {
    return known ? long_run_spread(series, seconds) : Spread{};
  };
  const Spread spread = spread_of(deviations.of_mean(), enough);
  mean = std::max(mean, kLeastNs);
  out.mean = symmetric_estimate(std::log(mean), spread.standard_error / mean, spread.degrees);
  for (std::size_t i = 0; i < kQuantileCount; ++i) {
    if (!within[i]) continue;
    const double beyond = (1 - kQuantiles[i]) * static_cast<double>(requests);
    out.quantile[i] = quantile_estimate(
        distribution, kQuantiles[i],
        spread_of(deviations.of_share(i), enough && beyond > kFewestBeyond - 1e-6));
  }
  return out;
}

std::optional<Estimate> estimate_rate(const ObservedBlocks& blocks, double seconds,
                                      std::vector<double> counts) {
  const double all = std::accumulate(counts.begin(), counts.end(), 0.0);
  if (all == 0 || seconds == 0) return {};
  for (double& count : counts) count /= all;
  blocks.spread_evenly(-1, counts);
  const Spread spread = long_run_spread(counts, seconds);
  return symmetric_estimate(std::log(all / seconds), spread.standard_error, spread.degrees);
}

std::optional<Estimate> estimate_throughput(const Observation& observation,
                                            const Stratum& stratum) {
  const ObservedBlocks blocks(observation);
  std::vector<double> counts = blocks.series();
  for_each_outcomes(stratum, [&](std::uint32_t block, const Outcomes& outcomes) {
    counts[blocks.place(block)] += static_cast<double>(outcomes.all());
  });
  return estimate_rate(blocks, observation.observed_seconds(), std::move(counts));
}

std::optional<Estimate> estimate_failure_ratio(const Observation& observation,
                                               const Stratum& stratum) {
  const Outcomes& total = stratum.total.outcomes;
  if (total.all() == 0) return {};
  const auto records = static_cast<double>(total.all());
  const double share = static_cast<double>(total.failed()) / records;
  const ObservedBlocks blocks(observation);
  std::vector<double> deviations = blocks.series();
  for_each_outcomes(stratum, [&](std::uint32_t block, const Outcomes& outcomes) {
    const auto all = static_cast<double>(outcomes.all());
    const auto failed = static_cast<double>(outcomes.failed());
    deviations[blocks.place(block)] += (failed - share * all) / records;
  });
  Spread spread = long_run_spread(deviations, observation.observed_seconds());
  if (total.all() < kFewestRequests) spread.degrees = 0;
  return share_estimate(share, records, spread);
}

}  // namespace goxel_telemetry::metrics
