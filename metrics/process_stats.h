// SPDX-License-Identifier: GPL-3.0-or-later
// What a process uses, read from /proc: watching it costs the process nothing.
#pragma once

#include <cstdint>
#include <optional>

#include "metrics/snapshot.h"
#include "shm/process_identity.h"

namespace goxel_telemetry::metrics {

// Reads one process. It checks that the pid still stands for that process: once it does not,
// nothing but the pid is told.
class ProcessReader {
 public:
  explicit ProcessReader(const shm::ProcessIdentity& process) : process_(process) {}

  // `now_ns`: CLOCK_MONOTONIC. The CPU ratio is over the time since an earlier reading that is at
  // least half a second back (the kernel counts in steps of 10 ms); between, it keeps its last
  // value. What this user may not read stays empty.
  ProcessStats read(std::uint64_t now_ns);

 private:
  shm::ProcessIdentity process_;
  std::optional<double> cpu_seconds_then_;
  std::uint64_t then_ns_ = 0;
  std::optional<double> cpu_ratio_;
};

}  // namespace goxel_telemetry::metrics
