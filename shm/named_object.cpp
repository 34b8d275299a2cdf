// SPDX-License-Identifier: GPL-3.0-or-later
#include "shm/named_object.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cerrno>
#include <cstring>

#include "shm/segment_layout.h"

namespace goxel_telemetry::shm {

const int kNoSharedMemory = EBADFD;

std::string object_name(std::string_view instance) {
  return std::string("/").append(kObjectPrefix).append(instance);
}

Descriptor::~Descriptor() {
  if (fd_ >= 0) close(fd_);
}

Descriptor open_object(const std::string& instance) {
  // O_NONBLOCK: opening a FIFO would wait for its other end. It means nothing for shared memory.
  Descriptor object(shm_open(object_name(instance).c_str(), O_RDONLY | O_NONBLOCK, 0));
  struct stat status {};
  if (object && (fstat(object.get(), &status) != 0 || !S_ISREG(status.st_mode))) {
    object = Descriptor();
    errno = kNoSharedMemory;
  }
  return object;
}

ObjectLock::ObjectLock(int fd, const std::string& instance)
    : fd_(fd), held_(flock(fd, LOCK_EX | LOCK_NB) == 0) {
  if (!held_) return;
  const Descriptor named = open_object(instance);
  struct stat held {};
  struct stat found {};
  valid_ = named && fstat(fd, &held) == 0 && fstat(named.get(), &found) == 0 &&
           held.st_ino == found.st_ino && held.st_dev == found.st_dev;
}

ObjectLock::~ObjectLock() {
  if (held_) flock(fd_, LOCK_UN);
}

bool unlink_object(const std::string& instance) {
  return shm_unlink(object_name(instance).c_str()) == 0;
}

std::optional<Owner> owner_of(int fd) {
  Header header{};
  if (pread(fd, static_cast<void*>(&header), sizeof header, 0) != sizeof header ||
      header.magic.load(std::memory_order_relaxed) != kMagic) {
    return std::nullopt;
  }
  Owner owner;
  owner.run_id = header.run_id;
  owner.process.pid = header.producer_pid;
  owner.process.start_time = header.producer_start_time;
  std::memcpy(owner.process.boot_id.data(), header.boot_id, sizeof header.boot_id);
  owner.retired =
      header.layout_major == kLayoutMajor && header.state.load(std::memory_order_relaxed) ==
                                                 static_cast<std::uint64_t>(Lifecycle::retired);
  return owner;
}

}  // namespace goxel_telemetry::shm
