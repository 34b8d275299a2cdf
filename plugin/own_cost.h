// SPDX-License-Identifier: GPL-3.0-or-later
// How much time of the host's threads the plugin takes: one call in kTimedOneIn is timed, from the
// wrapper's beginning to the original and from the original to the wrapper's end.
//
// What this cannot contain: the call of the wrapper and the first line of its code, which have passed
// before a clock can be read; that the daemon's own code and data leave the caches to make room for
// ours; and the reading of the clock itself, which is subtracted only on average.
#pragma once

#include <cstdint>

#include "plugin/recorder.h"
#include "plugin/thread_state.h"

namespace goxel_telemetry::plugin {

// [cold] False for a thread's first call: it costs most and would always be timed. The thread begins
// somewhere within the count instead.
bool is_due_to_be_timed() noexcept;

// Whether this call is to be timed. [hot]
inline bool is_timed() noexcept {
  return --thread_state.calls_until_timed == 0 && is_due_to_be_timed();
}

// The time for it: that of the recorder which was started last, for call that may not be a client's.
std::uint64_t cost_clock() noexcept;
// Finds out what cost_clock() itself takes. [once, before the first timed call]
void prepare_cost_clock(const Recorder& recorder) noexcept;
// From `start`, as cost_clock() gave it, to now.
std::uint64_t cost_since(std::uint64_t start) noexcept;

}  // namespace goxel_telemetry::plugin
