// SPDX-License-Identifier: GPL-3.0-or-later
// Survives a mapped file that shrinks. Touching a page past the new end raises SIGBUS; a guard on
// the mapping answers it by putting zeros there, so the reader goes on, finds no magic number any
// more and gives the segment up.
#pragma once

#include <cstddef>

namespace goxel_telemetry::shm {

// Guards [address, address + size) while it lives. At most 64 guards at once; a further one guards
// nothing. The first guard installs a SIGBUS handler for the process, which passes faults elsewhere
// on to the handler before it.
class BusGuard {
 public:
  BusGuard(void* address, std::size_t size);
  ~BusGuard();
  BusGuard(const BusGuard&) = delete;
  BusGuard& operator=(const BusGuard&) = delete;

 private:
  int place_ = -1;
};

}  // namespace goxel_telemetry::shm
