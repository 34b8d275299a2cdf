// SPDX-License-Identifier: GPL-3.0-or-later
// How requests ended, counted.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "shm/error_code.h"
#include "shm/record.h"

namespace goxel_telemetry::metrics {

// Counts of records by how they ended.
struct Outcomes {
  std::uint64_t ok = 0;
  std::uint64_t error = 0;
  std::uint64_t unanswered = 0;
  std::uint64_t malformed = 0;
  std::uint64_t cancelled = 0;
  std::uint64_t notification = 0;

  std::uint64_t failed() const { return error + unanswered + malformed + cancelled; }
  std::uint64_t all() const { return ok + notification + failed(); }
  Outcomes& operator+=(const Outcomes& other);
  friend bool operator==(const Outcomes&, const Outcomes&) = default;

  // In the order of shm::Status.
  static Outcomes of(std::span<const std::uint64_t, shm::kStatusCount> by_status);
  // Of each the larger count.
  static Outcomes larger(const Outcomes& a, const Outcomes& b);
};

inline void count(Outcomes& outcomes, shm::Status status) {
  switch (status) {
    case shm::Status::ok:
      ++outcomes.ok;
      break;
    case shm::Status::error:
      ++outcomes.error;
      break;
    case shm::Status::unanswered:
      ++outcomes.unanswered;
      break;
    case shm::Status::malformed:
      ++outcomes.malformed;
      break;
    case shm::Status::cancelled:
      ++outcomes.cancelled;
      break;
    case shm::Status::notification:
      ++outcomes.notification;
      break;
  }
}

constexpr bool is_failure(shm::Status status) {  // as Outcomes::failed() counts
  return status != shm::Status::ok && status != shm::Status::notification;
}

const char* to_string(shm::Status status);  // "ok", "error", …

// What OpenTelemetry calls `error.type`: "tool_error", a JSON-RPC code such as "-32601", or "_OTHER".
std::string error_type(shm::ErrorCode error);

}  // namespace goxel_telemetry::metrics
