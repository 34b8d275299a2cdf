// SPDX-License-Identifier: GPL-3.0-or-later
// For tests: operations that pass through several layers, whose own times depend on earlier ones.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <random>
#include <string>
#include <utility>

#include "metrics/comparison/added_time.h"
#include "metrics/comparison/observation.h"
#include "tests/metrics/comparison/simulated_latency.h"

namespace goxel_telemetry::metrics {

// From the outside in.
inline constexpr std::array<const char*, 3> kSimulatedLayers = {"mcp-server", "ts-client",
                                                                "daemon"};

// Each layer's own time is log-normal around a median. The logarithm of a level that all layers
// share (a busy machine) wanders: from one second to the next it keeps the part `persistence` of its
// distance from the centre. The layers see the same requests.
struct ChainBehaviour {
  std::array<double, kSimulatedLayers.size()> median_ns = {6e5, 3e5, 1e6};
  double request_sd = 1.2;
  double level_sd = 0.2;
  double persistence = 0.8;
  double requests_per_second = 10;

  double own_mean_ns(std::size_t layer) const {
    return median_ns[layer] * std::exp((request_sd * request_sd + level_sd * level_sd) / 2);
  }
};

template <class Random>
Observation simulated_chains(const ChainBehaviour& b, int operations, std::uint64_t seconds,
                             Random& random) {
  std::normal_distribution<double> normal;
  ObservationBuilder builder(kSimulatedBegin, kSimulatedBegin + seconds);
  builder.observed(kSimulatedBegin * 1'000'000'000, (kSimulatedBegin + seconds) * 1'000'000'000);
  for (int i = 0; i < operations; ++i) {
    const std::string name = "goxel.operation_" + std::to_string(i);
    double level = b.level_sd * normal(random);
    for (std::uint64_t second = kSimulatedBegin; second < kSimulatedBegin + seconds; ++second) {
      level = b.persistence * level +
              b.level_sd * std::sqrt(1 - b.persistence * b.persistence) * normal(random);
      std::array<Tally, kSimulatedLayers.size()> tallies;
      std::poisson_distribution<std::uint64_t> requests(b.requests_per_second);
      for (std::uint64_t n = requests(random); n > 0; --n) {
        double ns = 0;
        for (std::size_t layer = kSimulatedLayers.size(); layer-- > 0;) {
          ns += b.median_ns[layer] * std::exp(level + b.request_sd * normal(random));
          Measurement m;
          m.duration_ns = static_cast<std::uint64_t>(ns + 0.5);
          tallies[layer].add(m);
        }
      }
      for (std::size_t layer = 0; layer < tallies.size(); ++layer) {
        if (tallies[layer].outcomes.all() == 0) continue;
        builder.add({"4-layer", "jsonrpc", kSimulatedLayers[layer], name}, second, tallies[layer]);
      }
    }
  }
  return std::move(builder).finish();
}

// How often 95 % intervals for what a layer's own time changed contained the truth, in percent.
template <class Random>
std::array<double, kSimulatedLayers.size()> own_time_coverage(const ChainBehaviour& before,
                                                              const ChainBehaviour& after,
                                                              std::uint64_t seconds, int rounds,
                                                              Random& random) {
  std::array<int, kSimulatedLayers.size()> held{};
  for (int round = 0; round < rounds; ++round) {
    const AddedTime added = added_time(simulated_chains(before, 1, seconds, random),
                                       simulated_chains(after, 1, seconds, random), {});
    for (const OwnTimeChange& row : added.own_times) {
      for (std::size_t layer = 0; layer < kSimulatedLayers.size(); ++layer) {
        if (row.layer != kSimulatedLayers[layer] || !row.own_time.low) continue;
        const double truth = after.own_mean_ns(layer) - before.own_mean_ns(layer);
        held[layer] += *row.own_time.low <= truth && truth <= *row.own_time.high;
      }
    }
  }
  std::array<double, kSimulatedLayers.size()> percent{};
  for (std::size_t i = 0; i < held.size(); ++i) percent[i] = 100.0 * held[i] / rounds;
  return percent;
}

// Of pairs of sides that behave alike: how many had at least one own time, or rate, that was called
// more or less.
struct FalseProofs {
  int own_times = 0;
  int rates = 0;
};

template <class Random>
FalseProofs false_proofs(const ChainBehaviour& behaviour, int operations, std::uint64_t seconds,
                         int rounds, const AddedTimeOptions& options, Random& random) {
  const auto proven = [](const Shift& shift) {
    return shift.change == Change::more || shift.change == Change::less;
  };
  FalseProofs found;
  for (int round = 0; round < rounds; ++round) {
    const AddedTime added =
        added_time(simulated_chains(behaviour, operations, seconds, random),
                   simulated_chains(behaviour, operations, seconds, random), options);
    found.own_times += std::any_of(added.own_times.begin(), added.own_times.end(),
                                   [&](const OwnTimeChange& row) { return proven(row.own_time); });
    found.rates += std::any_of(added.rates.begin(), added.rates.end(),
                               [&](const RateChange& row) { return proven(row.rate); });
  }
  return found;
}

}  // namespace goxel_telemetry::metrics
