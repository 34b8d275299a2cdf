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
Descriptor open_object_named(const std::string& object);  // by its name, with the slash
extern const int kNoSharedMemory;

// Under this name a segment is made, until it is whole and its producer's life lock is held; then it
// gets its instance's name. Each user has names of their own. An object with such a name is no
// instance.
std::string unfinished_object_name(std::string_view instance);

// These take the names of objects, with their slash, and are atomic. They return false with errno
// set.
bool give_name(const std::string& from, const std::string& to);  // EEXIST if `to` is taken
bool exchange_names(const std::string& one, const std::string& other);

// Whether the object with this name, with its slash, is the one that is open as `fd`. Needs no
// further descriptor.
bool is_named(int fd, const std::string& object);

// The producer of a segment, read from the beginning of its header, which is the same in all
// versions of the layout; none if the object is no segment or was never finished.
struct Owner {
  std::uint64_t run_id = 0;
  ProcessIdentity process;
  bool retired = false;
  bool life_locked = false;
};
std::optional<Owner> owner_of(int fd);

// Whether the producer of the segment lives: by the life lock, or, if it has none (an older
// producer), by its process. `unknown` only in the second case.
Liveness liveness(int fd, const Owner& owner);

}  // namespace goxel_telemetry::shm
