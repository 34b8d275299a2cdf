// SPDX-License-Identifier: GPL-3.0-or-later
// The sums of a set of records. Tallies merge exactly.
#pragma once

#include <cstdint>

#include "metrics/tally/histogram.h"
#include "metrics/tally/outcomes.h"

namespace goxel_telemetry::metrics {

// The numbers of one record, in nanoseconds.
struct Measurement {
  std::uint64_t end_ns = 0;  // of the span, CLOCK_MONOTONIC
  std::uint64_t duration_ns = 0;
  std::uint64_t receive_ns = 0;
  std::uint64_t wait_ns = 0;
  std::uint64_t send_ns = 0;
  shm::Status status = shm::Status::ok;
  shm::ErrorCode error = shm::ErrorCode::none;  // if the status is `error`
  std::uint32_t bytes_in = 0;
  std::uint32_t bytes_out = 0;

  bool answered() const { return status == shm::Status::ok || status == shm::Status::error; }
};

struct Tally {
  Outcomes outcomes;
  std::uint64_t bytes_in = 0;
  std::uint64_t bytes_out = 0;
  // The sums below and `latency` are of answered requests only.
  WideSum receive_ns = 0;
  WideSum wait_ns = 0;
  WideSum send_ns = 0;
  Histogram latency;

  void add(const Measurement& m) {
    count(outcomes, m.status);
    bytes_in += m.bytes_in;
    bytes_out += m.bytes_out;
    if (!m.answered()) return;
    receive_ns += m.receive_ns;
    wait_ns += m.wait_ns;
    send_ns += m.send_ns;
    latency.record(m.duration_ns);
  }

  void merge(const Tally& other) {
    outcomes += other.outcomes;
    bytes_in += other.bytes_in;
    bytes_out += other.bytes_out;
    receive_ns += other.receive_ns;
    wait_ns += other.wait_ns;
    send_ns += other.send_ns;
    latency.merge(other.latency);
  }
};

}  // namespace goxel_telemetry::metrics
