// SPDX-License-Identifier: GPL-3.0-or-later
// A tick: what the operations did in five seconds. Whoever looks for changes looks at one tick after the other.
#pragma once

#include <cstdint>
#include <vector>

#include "metrics/operation_key.h"
#include "metrics/tally/tally.h"

namespace goxel_telemetry::metrics {

inline constexpr std::uint64_t kTickSeconds = 5;
// So long after its end what was read late is in a tick.
inline constexpr std::uint64_t kTickClosesAfterSeconds = 2;

struct OperationTick {
  OperationKey key;
  Tally tally;
};

struct Tick {
  std::uint64_t number = 0;  // it is the seconds [5 number, 5 number + 5) of CLOCK_MONOTONIC
  std::uint64_t daemon_began_ns = 0;      // CLOCK_REALTIME, of the process; 0: there was none
  std::vector<OperationTick> operations;  // those with records
};

}  // namespace goxel_telemetry::metrics
