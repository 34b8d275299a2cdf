// SPDX-License-Identifier: GPL-3.0-or-later
// For tests: snapshots from a few words.
#pragma once

#include <memory>
#include <sstream>
#include <string>

#include "metrics/live/snapshot.h"

namespace goxel_telemetry::viewer {

// A snapshot of a live daemon in second `second`. "ping 100 250; save 3 4000" are operations with
// their count and p50 in µs, the same in every window; the first operation's latencies are the
// daemon's, too.
inline std::shared_ptr<metrics::Snapshot> snapshot_of(std::uint64_t second,
                                                      const std::string& words) {
  auto snapshot = std::make_shared<metrics::Snapshot>();
  snapshot->instance = "test";
  snapshot->taken_monotonic_ns = second * 1'000'000'000;
  snapshot->daemon.state = shm::ProducerState::live;
  snapshot->daemon.run_id = 1;
  std::istringstream operations(words);
  for (std::string text; std::getline(operations, text, ';');) {
    std::istringstream one(text);
    metrics::OperationStats operation;
    std::uint64_t count = 0;
    std::uint64_t p50_us = 0;
    one >> operation.key.operation >> count >> p50_us;
    operation.key.protocol = "jsonrpc";
    operation.key.stack = "4-layer";
    for (metrics::WindowStats& window : operation.windows) {
      window.covered_seconds = 1;
      window.outcomes.ok = count;
      window.rate_per_second = static_cast<double>(count);
      window.latency.count = count;
      window.latency.p50_ns = p50_us * 1000;
      window.latency.p99_ns = p50_us * 2000;
    }
    if (snapshot->operations.empty()) snapshot->daemon.windows = operation.windows;
    snapshot->operations.add(operation);
  }
  return snapshot;
}

}  // namespace goxel_telemetry::viewer
