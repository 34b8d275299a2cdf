// SPDX-License-Identifier: GPL-3.0-or-later
// What the plugin keeps for each thread of its host: in one cache line, because a request that finds
// the caches cold waits for each line.
#pragma once

#include <cstdint>

#include "shm/producer.h"

namespace goxel_telemetry::plugin {

// One call in this many is timed. A prime number, so that it is not always the same one of the few
// calls that make up a request.
inline constexpr std::uint16_t kTimedOneIn = 61;

struct alignas(64) ThreadState {
  // The thread's lane, if `epoch` is that of the recorder's home (recorder.h) and it is not `shared`.
  shm::Producer producer;
  std::uint64_t epoch = 0;  // of the home that the lane belongs to; 0: no lane
  void* home = nullptr;
  std::uint32_t lane = 0;
  // Until this thread's next call that is timed (own_cost.h).
  std::uint16_t calls_until_timed = 1;
  bool may_be_timed = false;  // this is not its first call
  bool shared = false;        // no lane was free for this thread in this epoch
  // Why the thread's calls are not to be observed now: bits of the following.
  static constexpr std::uint8_t kInside = 1;   // inside the observer: this is a signal handler
  static constexpr std::uint8_t kVforked = 2;  // perhaps in a child of vfork() (vfork.h)
  std::uint8_t unobserved = 0;
  std::uint32_t number = 0;  // 0: not needed yet
};
static_assert(sizeof(ThreadState) == 64);

// Initial-exec: reached with one instruction, and without an allocation at a thread's first access.
extern constinit thread_local ThreadState thread_state __attribute__((tls_model("initial-exec")));

// Different for each thread of this process that ever lived. A lane's number would not do: a thread may
// have no lane; nor the address of its state: to find it takes a line more.
inline constexpr std::uint32_t kNoThread = 0;
std::uint32_t number_this_thread() noexcept;
inline std::uint32_t this_thread() noexcept {
  const std::uint32_t number = thread_state.number;
  return number != kNoThread ? number : number_this_thread();
}

}  // namespace goxel_telemetry::plugin
