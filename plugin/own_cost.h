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

// The time for it: on the clock of the recorder that was started last, because a call may turn out to be
// no client's.
std::uint64_t cost_clock() noexcept;
// Finds out what cost_clock() itself takes. [once, before the first timed call]
void prepare_cost_clock(const Recorder& recorder) noexcept;
// From `start`, as cost_clock() gave it, to now.
std::uint64_t cost_since(std::uint64_t start) noexcept;

// Times the call in which it is, if that is due.
class CallTimer {
 public:
  enum class When : std::uint8_t { client_waits, after };
  explicit CallTimer(Recorder& recorder, When when) noexcept
      : recorder_(recorder), when_(when), timed_(is_timed()), start_(timed_ ? cost_clock() : 0) {}
  ~CallTimer() {
    if (timed_) [[unlikely]]
      add();
  }
  CallTimer(const CallTimer&) = delete;
  CallTimer& operator=(const CallTimer&) = delete;

 private:
  void add() const noexcept;

  Recorder& recorder_;
  const When when_;
  const bool timed_;
  const std::uint64_t start_;
};

}  // namespace goxel_telemetry::plugin
