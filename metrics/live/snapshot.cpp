// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/live/snapshot.h"

#include <algorithm>

namespace goxel_telemetry::metrics {

std::optional<std::uint64_t> daemon_resident_bytes(const Snapshot& snapshot) {
  const std::optional<std::uint64_t> all = snapshot.process.resident_bytes;
  if (!all) return std::nullopt;
  // The two were not read at the same time.
  return *all - std::min(*all, snapshot.own_cost.resident_bytes.value_or(0));
}

bool is_silent(const Snapshot& snapshot) {
  constexpr double kLimitSeconds = 5;  // a heartbeat is due every second
  return snapshot.daemon.state == shm::ProducerState::live &&
         snapshot.daemon.heartbeat_age_seconds > kLimitSeconds;
}

std::uint64_t last_sign_of_life_ns(const Snapshot& snapshot) {
  const auto heartbeat_age =
      static_cast<std::uint64_t>(snapshot.daemon.heartbeat_age_seconds * 1e9);
  const std::uint64_t heartbeat =
      snapshot.taken_realtime_ns - std::min(heartbeat_age, snapshot.taken_realtime_ns);
  return std::max(heartbeat, snapshot.daemon.last_record_realtime_ns);
}

}  // namespace goxel_telemetry::metrics
