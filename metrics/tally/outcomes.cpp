// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/tally/outcomes.h"

#include <algorithm>

namespace goxel_telemetry::metrics {

Outcomes& Outcomes::operator+=(const Outcomes& other) {
  ok += other.ok;
  error += other.error;
  unanswered += other.unanswered;
  malformed += other.malformed;
  cancelled += other.cancelled;
  notification += other.notification;
  return *this;
}

Outcomes Outcomes::of(std::span<const std::uint64_t, shm::kStatusCount> by_status) {
  return {by_status[0], by_status[1], by_status[2], by_status[3], by_status[4], by_status[5]};
}

Outcomes Outcomes::larger(const Outcomes& a, const Outcomes& b) {
  return {std::max(a.ok, b.ok),
          std::max(a.error, b.error),
          std::max(a.unanswered, b.unanswered),
          std::max(a.malformed, b.malformed),
          std::max(a.cancelled, b.cancelled),
          std::max(a.notification, b.notification)};
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
    case shm::Status::notification:
      return "notification";
  }
  return "malformed";
}

std::string error_type(shm::ErrorCode error) {
  if (error == shm::ErrorCode::tool) return "tool_error";
  const auto code = shm::json_rpc_code(error);
  return code ? std::to_string(*code) : "_OTHER";
}

}  // namespace goxel_telemetry::metrics
