// SPDX-License-Identifier: GPL-3.0-or-later
// Who a producer is, in a way that survives the reuse of its pid: pid, start time and boot.
#pragma once

#include <array>
#include <cstdint>

namespace goxel_telemetry::shm {

using BootId = std::array<std::uint8_t, 16>;

struct ProcessIdentity {
  std::uint32_t pid = 0;
  std::uint64_t start_time = 0;  // field 22 of /proc/<pid>/stat, in clock ticks since boot
  BootId boot_id{};
};

// The identity of the calling process. Members that cannot be read from /proc are 0.
ProcessIdentity this_process();

// When a process began, as in its identity; 0: not known.
std::uint64_t start_time_of(std::uint32_t pid);

enum class Liveness { alive, dead, unknown };

// Whether exactly this process still runs. A zombie is dead: it writes no more. `unknown` when
// /proc does not say (processes hidden, not mounted).
Liveness liveness(const ProcessIdentity& identity);

}  // namespace goxel_telemetry::shm
