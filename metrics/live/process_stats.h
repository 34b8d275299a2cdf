// SPDX-License-Identifier: GPL-3.0-or-later
// What a process uses, read from /proc: watching it costs the process nothing.
#pragma once

#include <cstdint>
#include <optional>

#include "metrics/live/snapshot.h"
#include "shm/process_identity.h"

namespace goxel_telemetry::metrics {

// Reads one process. Checks each time that the pid still belongs to that process; once it does not,
// all members but the pid stay empty.
class ProcessReader {
 public:
  explicit ProcessReader(const shm::ProcessIdentity& process) : process_(process) {}

  // A sooner reading returns the one before: it costs a dozen system calls, and a screen asks eleven times a second.
  static constexpr std::uint64_t kFreshNs = 500'000'000;

  // `now_ns`: CLOCK_MONOTONIC. The CPU ratio is that of the time since the reading before. (The kernel counts in steps
  // of 10 ms.) Members that this user may not read stay empty.
  ProcessStats read(std::uint64_t now_ns);

 private:
  ProcessStats read_now(std::uint64_t now_ns);

  shm::ProcessIdentity process_;
  std::optional<ProcessStats> last_;
  std::uint64_t last_ns_ = 0;
  std::optional<double> cpu_seconds_then_;
  std::uint64_t then_ns_ = 0;
  std::optional<double> cpu_ratio_;
};

}  // namespace goxel_telemetry::metrics
