// SPDX-License-Identifier: GPL-3.0-or-later
// Whether an object in shared memory has all the pages of its size, as every producer gives to its
// own. Reading a page that is missing would make it, in the reader's name: tmpfs fills a hole as soon
// as it is touched, also in a private mapping.
#pragma once

#include <sys/stat.h>

namespace goxel_telemetry::shm {

inline bool has_all_its_pages(const struct stat& status) {
  constexpr off_t kBlock = 512;  // of st_blocks
  return status.st_blocks >= (status.st_size + kBlock - 1) / kBlock;
}

}  // namespace goxel_telemetry::shm
