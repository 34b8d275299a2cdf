// SPDX-License-Identifier: GPL-3.0-or-later
// What the plugin keeps for each thread of its host: in one cache line, because a request that finds
// the caches cold waits for each line.
#pragma once

#include <cstdint>

#include "shm/producer.h"

namespace goxel_telemetry::plugin {

struct alignas(64) ThreadState {
  // The thread's lane, if `epoch` is that of the recorder's home (recorder.h) and it is not `shared`.
  shm::Producer producer;
  std::uint64_t epoch = 0;  // of the home that the lane belongs to; 0: no lane
  void* home = nullptr;
  std::uint32_t lane = 0;
  // Until this thread's next call that is timed; 0 in a thread that has made no call yet.
  std::uint16_t calls_until_timed = 0;
  bool shared = false;  // no lane was free for this thread in this epoch
  // While it is inside the observer, a signal handler must stay out of it.
  bool inside = false;
  // vfork.h
  bool vforked = false;
};
static_assert(sizeof(ThreadState) == 64);

// Initial-exec: reached with one instruction, and without an allocation at a thread's first access.
extern constinit thread_local ThreadState thread_state __attribute__((tls_model("initial-exec")));

// An address that is different for each living thread. A lane's number would not do: a thread may
// have no lane.
inline const void* this_thread() noexcept {
  return &thread_state;
}

}  // namespace goxel_telemetry::plugin
