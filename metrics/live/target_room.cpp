// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/live/target_room.h"

namespace goxel_telemetry::metrics {

std::optional<double> latency_room_ns(const OperationStats& operation, Window window) {
  const Latency& latency = operation.window(window).latency;
  if (operation.target_ns == 0 || latency.count == 0) return std::nullopt;
  return static_cast<double>(operation.target_ns) - latency.mean_ns;
}

std::optional<double> memory_room_bytes(const Snapshot& snapshot) {
  const std::uint64_t target = snapshot.daemon.gauges[shm::Gauge::target_resident_bytes];
  const std::optional<std::uint64_t> resident = daemon_resident_bytes(snapshot);
  if (target == 0 || !resident) return std::nullopt;
  return static_cast<double>(target) - static_cast<double>(*resident);
}

}  // namespace goxel_telemetry::metrics
