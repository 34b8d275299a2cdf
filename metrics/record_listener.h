// SPDX-License-Identifier: GPL-3.0-or-later
// Interfaces for code that wants every record, during a sweep.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "metrics/operation_key.h"
#include "shm/error_code.h"
#include "shm/record.h"

namespace goxel_telemetry::metrics {

// A record with its numbers in nanoseconds and its names resolved, for listeners that want every
// record (tail).
struct NamedRecord {
  std::uint64_t start_ns = 0;           // CLOCK_MONOTONIC
  std::uint64_t start_realtime_ns = 0;  // CLOCK_REALTIME, by the clocks' present offset
  std::uint64_t duration_ns = 0;
  std::uint64_t receive_ns = 0;
  std::uint64_t wait_ns = 0;
  std::uint64_t send_ns = 0;
  std::uint64_t trace_id = 0;
  shm::Status status = shm::Status::ok;
  shm::ErrorCode error = shm::ErrorCode::none;
  std::string operation;
  std::string protocol;
  std::string layer;
  std::string stack;
  std::uint32_t lane = 0;
  std::uint16_t worker = shm::kNoWorker;
  std::uint32_t bytes_in = 0;
  std::uint32_t bytes_out = 0;
};

// As they ended. Needed because lanes are read one after the other.
inline bool happened_before(const NamedRecord& a, const NamedRecord& b) {
  return a.start_ns + a.duration_ns < b.start_ns + b.duration_ns;
}

// Called for each record, after it was counted.
using RecordListener = std::function<void(const NamedRecord&)>;

// Gets spans, to join them (metrics/layers/layer_group.h): with numbers in place of names, and
// without copies.
class SpanListener {
 public:
  virtual ~SpanListener() = default;
  // Gives this operation a number. Called once for each combination of ids, and again after the
  // follower has dropped the combinations that it knew.
  virtual std::uint64_t number_of(const OperationKey& key) = 0;
  // An answered request's span, CLOCK_MONOTONIC, whether its answer was an error and which one, and how far the
  // calibration of its segment's clock may put off both of its ends. Called during a sweep, after the record was
  // counted.
  virtual void span(std::uint64_t number, std::uint64_t trace_id, std::uint64_t start_ns,
                    std::uint64_t end_ns, bool failed, shm::ErrorCode error,
                    std::uint64_t error_ns) = 0;
};

}  // namespace goxel_telemetry::metrics
