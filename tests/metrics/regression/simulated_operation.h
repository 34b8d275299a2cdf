// SPDX-License-Identifier: GPL-3.0-or-later
// For tests: ticks of operations with log-normal latencies.
#pragma once

#include <cmath>
#include <cstdint>
#include <random>

#include "metrics/live/tick.h"

namespace goxel_telemetry::metrics {

// What a test changes, it changes for the ticks that follow.
struct SimulatedOperation {
  OperationKey key;
  double median_ms = 1;
  double requests = 100;  // a tick
  double factor = 1;      // of all latencies
  double failures = 0.001;
  double spread = 0.5;    // of the latencies' logarithm
  double slow_paths = 0;  // share of requests that take ten times as long
};

class SimulatedRequests {
 public:
  explicit SimulatedRequests(std::uint64_t stream = 7) : random_(stream) {}

  OperationTick tick_of(const SimulatedOperation& operation) {
    OperationTick tick{operation.key, {}};
    for (int i = 0; i < operation.requests; ++i) {
      Measurement measurement;
      measurement.duration_ns =
          static_cast<std::uint64_t>(operation.median_ms * 1e6 * operation.factor *
                                     std::exp(operation.spread * normal_(random_)));
      if (uniform_(random_) < operation.failures) measurement.status = shm::Status::error;
      if (operation.slow_paths > 0 && uniform_(random_) < operation.slow_paths)
        measurement.duration_ns *= 10;
      tick.tally.add(measurement);
    }
    return tick;
  }
  // Of requests that come independently of each other.
  OperationTick poisson_tick_of(SimulatedOperation operation) {
    operation.requests = std::poisson_distribution<int>(operation.requests)(random_);
    return tick_of(operation);
  }

 private:
  std::mt19937_64 random_;
  std::normal_distribution<double> normal_;
  std::uniform_real_distribution<double> uniform_;
};

}  // namespace goxel_telemetry::metrics
