// SPDX-License-Identifier: GPL-3.0-or-later
// For tests: operations whose latencies depend on earlier ones, and the true values of their
// statistics.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <random>

#include "metrics/comparison/observation.h"
#include "metrics/comparison/strata.h"

namespace goxel_telemetry::metrics {

inline const OperationKey kSimulated = {"2-layer", "mcp", "daemon", "goxel_add_voxels"};

// Latencies are log-normal around a level. The level wanders: from one second to the next it keeps
// the part `persistence` of its distance from the centre. In addition, the operation may switch
// between quiet and busy, each lasting `state_seconds` on average. In busy seconds there are
// several times as many requests, and they take several times as long.
struct Behaviour {
  double median_ns = 1e6;
  double request_sd = 0.5;  // standard deviation of the logarithm
  double level_sd = 0;
  double persistence = 0;
  double requests_per_second = 20;  // while quiet
  double busy_requests = 1;
  double busy_latency = 1;
  double state_seconds = 5;
  double failure_ratio = 0.02;
  double busy_failures = 1;
};

// What a comparison estimates, if there were infinitely many data.
struct Truth {
  double log_mean;
  std::array<double, kQuantileCount> log_quantile;
  double log_throughput;
  double failure_ratio;
};

inline Truth truth_of(const Behaviour& b) {
  const double sd = std::hypot(b.request_sd, b.level_sd);
  const double busy_share = b.busy_requests / (1 + b.busy_requests);
  const auto below = [&](double log_ns) {
    const auto normal = [&](double centre) {
      return std::erfc(-(log_ns - centre) / sd / std::sqrt(2.0)) / 2;
    };
    const double quiet = std::log(b.median_ns);
    return (1 - busy_share) * normal(quiet) + busy_share * normal(quiet + std::log(b.busy_latency));
  };
  Truth truth{};
  truth.log_mean =
      std::log(b.median_ns * (1 - busy_share + busy_share * b.busy_latency)) + sd * sd / 2;
  for (std::size_t i = 0; i < kQuantileCount; ++i) {
    double low = 0;
    double high = 40;
    for (int step = 0; step < 60; ++step) {
      const double middle = (low + high) / 2;
      (below(middle) < kQuantiles[i] ? low : high) = middle;
    }
    truth.log_quantile[i] = low;
  }
  truth.log_throughput = std::log(b.requests_per_second * (1 + b.busy_requests) / 2);
  truth.failure_ratio = b.failure_ratio * (1 - busy_share + busy_share * b.busy_failures);
  return truth;
}

// Adds one operation's seconds from `begin_seconds` on.
template <class Random>
void simulate(const Behaviour& b, const OperationKey& key, std::uint64_t begin_seconds,
              std::uint64_t seconds, Random& random, ObservationBuilder& builder) {
  std::normal_distribution<double> normal;
  std::uniform_real_distribution<double> uniform;
  bool busy = uniform(random) < 0.5;
  double level = b.level_sd * normal(random);
  for (std::uint64_t second = 0; second < seconds; ++second) {
    if (uniform(random) < 1 / b.state_seconds) busy = !busy;
    level = b.persistence * level +
            b.level_sd * std::sqrt(1 - b.persistence * b.persistence) * normal(random);
    const double centre = std::log(b.median_ns * (busy ? b.busy_latency : 1)) + level;
    const double failures = b.failure_ratio * (busy ? b.busy_failures : 1);
    std::poisson_distribution<std::uint64_t> requests(b.requests_per_second *
                                                      (busy ? b.busy_requests : 1));
    Tally tally;
    for (std::uint64_t n = requests(random); n > 0; --n) {
      Measurement m;
      m.duration_ns =
          static_cast<std::uint64_t>(std::exp(centre + b.request_sd * normal(random)) + 0.5);
      m.status = uniform(random) < failures ? shm::Status::error : shm::Status::ok;
      tally.add(m);
    }
    if (tally.outcomes.all() != 0) builder.add(key, begin_seconds + second, tally);
  }
  builder.observed(begin_seconds * 1'000'000'000, (begin_seconds + seconds) * 1'000'000'000);
}

inline constexpr std::uint64_t kSimulatedBegin = 1'764'000'000;

template <class Random>
Observation simulated(const Behaviour& behaviour, std::uint64_t seconds, Random& random) {
  ObservationBuilder builder(kSimulatedBegin, kSimulatedBegin + seconds);
  simulate(behaviour, kSimulated, kSimulatedBegin, seconds, random, builder);
  return std::move(builder).finish();
}

// How often 95 % intervals for the difference of two sides contained the truth, in percent.
struct Coverage {
  static constexpr std::array<const char*, 7> kNames = {"mean", "p50",        "p90",     "p95",
                                                        "p99",  "throughput", "failures"};
  std::array<double, kNames.size()> percent{};
  std::array<int, kNames.size()> intervals{};  // number of intervals
};

inline Coverage coverage_of(const Behaviour& a, const Behaviour& b, std::uint64_t seconds,
                            int rounds, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  const Truth true_a = truth_of(a);
  const Truth true_b = truth_of(b);
  Coverage out;
  std::array<int, Coverage::kNames.size()> held{};
  for (int round = 0; round < rounds; ++round) {
    const Observation seen_a = simulated(a, seconds, random);
    const Observation seen_b = simulated(b, seconds, random);
    const auto stratum = [](const Observation& o) {
      return stratum_of({&o.operations.at(kSimulated)});
    };
    const Stratum stratum_a = stratum(seen_a);
    const Stratum stratum_b = stratum(seen_b);
    const LatencyEstimates latency_a = estimate_latency(seen_a, {stratum_a});
    const LatencyEstimates latency_b = estimate_latency(seen_b, {stratum_b});
    const auto check = [&](std::size_t metric, const std::optional<Estimate>& of_a,
                           const std::optional<Estimate>& of_b, double truth) {
      if (!of_a || !of_b || of_a->degrees == 0 || of_b->degrees == 0) return;
      const Limits interval = difference(*of_a, *of_b, 0.95).interval;
      ++out.intervals[metric];
      held[metric] += interval.low <= truth && truth <= interval.high;
    };
    check(0, latency_a.mean, latency_b.mean, true_b.log_mean - true_a.log_mean);
    for (std::size_t i = 0; i < kQuantileCount; ++i) {
      check(1 + i, latency_a.quantile[i], latency_b.quantile[i],
            true_b.log_quantile[i] - true_a.log_quantile[i]);
    }
    check(5, estimate_throughput(seen_a, stratum_a), estimate_throughput(seen_b, stratum_b),
          true_b.log_throughput - true_a.log_throughput);
    check(6, estimate_failure_ratio(seen_a, stratum_a), estimate_failure_ratio(seen_b, stratum_b),
          true_b.failure_ratio - true_a.failure_ratio);
  }
  for (std::size_t i = 0; i < held.size(); ++i) {
    out.percent[i] = out.intervals[i] == 0 ? 0 : 100.0 * held[i] / out.intervals[i];
  }
  return out;
}

}  // namespace goxel_telemetry::metrics
