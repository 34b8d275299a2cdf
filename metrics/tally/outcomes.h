// SPDX-License-Identifier: GPL-3.0-or-later
// How requests ended, counted.
#pragma once

#include <cstdint>

#include "shm/record.h"

namespace goxel_telemetry::metrics {

// Counts of records by how they ended.
struct Outcomes {
  std::uint64_t ok = 0;
  std::uint64_t error = 0;
  std::uint64_t unanswered = 0;
  std::uint64_t malformed = 0;
  std::uint64_t cancelled = 0;

  std::uint64_t all() const { return ok + error + unanswered + malformed + cancelled; }
  friend bool operator==(const Outcomes&, const Outcomes&) = default;
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
  }
}

const char* to_string(shm::Status status);  // "ok", "error", …

}  // namespace goxel_telemetry::metrics
