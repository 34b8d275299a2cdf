// SPDX-License-Identifier: GPL-3.0-or-later
// The POSIX shared-memory object that an instance's name stands for: /goxel-telemetry.<instance>.
//
// Any user may put anything under such a name: /dev/shm is writable for all.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "shm/process_identity.h"

namespace goxel_telemetry::shm {

inline constexpr std::string_view kObjectPrefix = "goxel-telemetry.";

std::string object_name(std::string_view instance);

// Owns a file descriptor; -1 is none.
class Descriptor {
 public:
  explicit Descriptor(int fd = -1) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Descriptor();
  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }

 private:
  int fd_;
};

// Opens the instance's object for reading. On failure returns no descriptor and sets errno: ENOENT,
// EACCES, or kNoSharedMemory for a FIFO, a device or a folder under that name. Does not block on
// any of them.
Descriptor open_object(const std::string& instance);
extern const int kNoSharedMemory;

// The lock of an object. A process that makes, replaces or removes an object holds it meanwhile. A
// mapping would keep the lock after the descriptor is closed, so the destructor unlocks explicitly.
class ObjectLock {
 public:
  // `fd` must stay open as long as the ObjectLock exists.
  ObjectLock(int fd, const std::string& instance);
  ObjectLock(const ObjectLock&) = delete;
  ObjectLock& operator=(const ObjectLock&) = delete;
  ~ObjectLock();
  // True if the lock is held and the instance's name stands for this object. The name then goes on
  // standing for it as long as the lock is held.
  explicit operator bool() const { return valid_; }

 private:
  int fd_;
  bool held_;
  bool valid_ = false;
};

// Frees the name; false with errno set if that is not permitted.
bool unlink_object(const std::string& instance);

// The producer of a segment, read from the beginning of its header, which is the same in all
// versions of the layout; none if the object is no segment or was never finished.
struct Owner {
  std::uint64_t run_id = 0;
  ProcessIdentity process;
  bool retired = false;
};
std::optional<Owner> owner_of(int fd);

}  // namespace goxel_telemetry::shm
