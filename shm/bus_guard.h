// SPDX-License-Identifier: GPL-3.0-or-later
// Lets a process survive that a file which it has mapped shrinks. Touching a page past the new end
// raises SIGBUS; a guard on the mapping answers the signal by mapping zeros in place of the file.
// The reader goes on, finds no magic number any more, and gives the segment up.
#pragma once

#include <cstddef>

namespace goxel_telemetry::shm {

// Guards [address, address + size) as long as it exists; any number may exist at once. Throws
// std::bad_alloc. The first guard installs a SIGBUS handler for the process. The handler passes
// faults at other addresses on to the handler that was installed before.
class BusGuard {
 public:
  // What stands in for the file.
  enum class Zeros { read_only, writable };
  BusGuard(void* address, std::size_t size, Zeros zeros = Zeros::read_only);
  ~BusGuard();
  BusGuard(const BusGuard&) = delete;
  BusGuard& operator=(const BusGuard&) = delete;

  // Whether the mapping is zeros by now.
  bool was_needed() const;

 private:
  struct Place* place_;
};

}  // namespace goxel_telemetry::shm
