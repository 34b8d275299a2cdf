// SPDX-License-Identifier: GPL-3.0-or-later
#include "shm/life_lock.h"

#include <fcntl.h>

namespace goxel_telemetry::shm {
namespace {

struct flock first_byte(short kind) {
  struct flock lock {};
  lock.l_type = kind;
  lock.l_whence = SEEK_SET;
  lock.l_len = 1;
  return lock;
}

}  // namespace

bool take_life_lock(int fd) {
  struct flock lock = first_byte(F_WRLCK);
  return fcntl(fd, F_OFD_SETLK, &lock) == 0;
}

// A read lock is asked for: only a write lock is in its way.
bool is_life_locked(int fd) {
  struct flock lock = first_byte(F_RDLCK);
  return fcntl(fd, F_OFD_GETLK, &lock) != 0 || lock.l_type == F_WRLCK;
}

}  // namespace goxel_telemetry::shm
