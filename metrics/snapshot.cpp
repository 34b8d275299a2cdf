// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/snapshot.h"

#include <algorithm>

#include "metrics/collector.h"

namespace goxel_telemetry::metrics {

const char* to_string(ProducerState state) {
  switch (state) {
    case ProducerState::absent:
      return "absent";
    case ProducerState::not_permitted:
      return "not_permitted";
    case ProducerState::unusable:
      return "unusable";
    case ProducerState::live:
      return "live";
    case ProducerState::retired:
      return "retired";
    case ProducerState::dead:
      return "dead";
  }
  return "absent";
}

const char* to_string(shm::Status status) {
  switch (status) {
    case shm::Status::ok:
      return "ok";
    case shm::Status::error:
      return "error";
    case shm::Status::unanswered:
      return "unanswered";
    case shm::Status::malformed:
      return "malformed";
    case shm::Status::cancelled:
      return "cancelled";
  }
  return "malformed";
}

const char* to_string(shm::Protocol protocol) {
  switch (protocol) {
    case shm::Protocol::json_rpc:
      return "jsonrpc";
    case shm::Protocol::mcp:
      return "mcp";
    case shm::Protocol::none:
      break;
  }
  return "none";
}

std::uint64_t last_sign_of_life_ns(const Snapshot& snapshot) {
  const auto heartbeat_age =
      static_cast<std::uint64_t>(snapshot.daemon.heartbeat_age_seconds * 1e9);
  const std::uint64_t heartbeat =
      snapshot.taken_realtime_ns - std::min(heartbeat_age, snapshot.taken_realtime_ns);
  return std::max(heartbeat, snapshot.daemon.last_record_realtime_ns);
}

}  // namespace goxel_telemetry::metrics
