// SPDX-License-Identifier: GPL-3.0-or-later
// How large the daemon's segment is: chosen by the operator (segment_size) or by the machine.
#pragma once

#include <cstdint>

#include "plugin/settings.h"
#include "shm/segment.h"

namespace goxel_telemetry::plugin {

// What of the machine the size follows from.
struct Machine {
  std::uint32_t processors = 1;  // that this process may use
  // Of /dev/shm. UINT64_MAX: it has no limit, or none that is known.
  std::uint64_t shared_memory_bytes = UINT64_MAX;
  std::uint64_t free_bytes = UINT64_MAX;
};
Machine this_machine();

struct ChosenSegment {
  shm::SegmentOptions options;
  // The last ones of its lanes, which threads use that found no lane of their own.
  std::uint32_t shared_lanes;
};

// The largest segment that fits into settings.segment_bytes; if that is not set, into what this
// machine should have: the more processors, the more threads can be busy at once, up to four. Then it
// takes at most an eighth of /dev/shm, and half of what is free there, but never less than the least
// that is allowed.
ChosenSegment choose_segment(const Settings& settings, const Machine& machine);

}  // namespace goxel_telemetry::plugin
