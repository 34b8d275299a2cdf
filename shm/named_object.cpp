// SPDX-License-Identifier: GPL-3.0-or-later
#include "shm/named_object.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "shm/life_lock.h"
#include "shm/segment_layout.h"

namespace goxel_telemetry::shm {

namespace {

// POSIX has no way to rename shared memory; on Linux it is a file in this folder.
bool rename_object(const std::string& from, const std::string& to, unsigned flags) {
  const std::string folder = "/dev/shm";
  return renameat2(AT_FDCWD, (folder + from).c_str(), AT_FDCWD, (folder + to).c_str(), flags) == 0;
}

}  // namespace

const int kNoSharedMemory = EBADFD;

std::string object_name(std::string_view instance) {
  return std::string("/").append(kObjectPrefix).append(instance);
}

Descriptor::~Descriptor() {
  if (fd_ >= 0) close(fd_);
}

Descriptor open_object(const std::string& instance) {
  return open_object_named(object_name(instance));
}

Descriptor open_object_named(const std::string& name) {
  // O_NONBLOCK: opening a FIFO would wait for its other end. It means nothing for shared memory.
  Descriptor object(shm_open(name.c_str(), O_RDONLY | O_NONBLOCK, 0));
  struct stat status {};
  if (object && (fstat(object.get(), &status) != 0 || !S_ISREG(status.st_mode))) {
    object = Descriptor();
    errno = kNoSharedMemory;
  }
  return object;
}

std::string unfinished_object_name(std::string_view instance) {
  return "/.goxel-telemetry-unfinished." + std::to_string(geteuid()) + '.' + std::string(instance);
}

bool give_name(const std::string& from, const std::string& to) {
  return rename_object(from, to, RENAME_NOREPLACE);
}

bool exchange_names(const std::string& one, const std::string& other) {
  return rename_object(one, other, RENAME_EXCHANGE);
}

bool is_named(int fd, const std::string& object) {
  struct stat open {};
  struct stat named {};
  return fstat(fd, &open) == 0 && lstat(("/dev/shm" + object).c_str(), &named) == 0 &&
         open.st_ino == named.st_ino && open.st_dev == named.st_dev;
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
  owner.life_locked = header.layout_major == kLayoutMajor && header.life_locked == 1;
  owner.retired =
      header.layout_major == kLayoutMajor && header.state.load(std::memory_order_relaxed) ==
                                                 static_cast<std::uint64_t>(Lifecycle::retired);
  return owner;
}

Liveness liveness(int fd, const Owner& owner) {
  if (is_life_locked(fd)) return Liveness::alive;
  return owner.life_locked ? Liveness::dead : liveness(owner.process);
}

}  // namespace goxel_telemetry::shm
