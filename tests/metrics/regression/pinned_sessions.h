// SPDX-License-Identifier: GPL-3.0-or-later
// For tests: sessions to compare.
#pragma once

#include <cmath>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "metrics/comparison/observation.h"

namespace goxel_telemetry::metrics {

// Latencies are log-normal and independent of each other.
struct PlayedOperation {
  std::string name;
  double median_ns = 1e6;
  double a_minute = 60;  // requests
  std::string stack = "2-layer";
  std::string layer = "daemon";
};

struct PlayedSession {
  std::vector<PlayedOperation> operations;
  unsigned minutes = 30;
  double slower = 1;      // all operations
  double load = 1;        // times as many requests
  double load_swing = 0;  // of the load's logarithm, up and down, over six minutes
  double load_exponent = 0;
};

inline Observation play(const PlayedSession& session, std::uint64_t seed) {
  constexpr double kLogSd = 0.5;
  std::mt19937_64 random(seed);
  ObservationBuilder builder(0, std::uint64_t{session.minutes} * 60);
  builder.observed(0, std::uint64_t{session.minutes} * 60'000'000'000);
  for (unsigned second = 0; second < session.minutes * 60; ++second) {
    const double load =
        session.load * std::exp(session.load_swing * std::sin(second / 360.0 * 2 * 3.14159265));
    for (const PlayedOperation& operation : session.operations) {
      std::poisson_distribution<unsigned> arrivals(operation.a_minute / 60 * load);
      std::lognormal_distribution<double> latency(
          std::log(operation.median_ns * session.slower) + session.load_exponent * std::log(load),
          kLogSd);
      Tally tally;
      for (unsigned left = arrivals(random); left != 0; --left) {
        tally.add({.duration_ns = static_cast<std::uint64_t>(latency(random))});
      }
      builder.add({operation.stack, "jsonrpc", operation.layer, operation.name}, second, tally);
    }
  }
  return std::move(builder).finish();
}

}  // namespace goxel_telemetry::metrics
