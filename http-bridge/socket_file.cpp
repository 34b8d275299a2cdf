// SPDX-License-Identifier: GPL-3.0-or-later
#include "http-bridge/socket_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <optional>
#include <utility>

#include "http-bridge/listen.h"
#include "shm/find_group.h"

namespace goxel_telemetry::http_bridge {
namespace {

constexpr std::size_t kLongestPath = sizeof(sockaddr_un::sun_path) - 1;

sockaddr_un address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, kLongestPath);
  return address;
}

// "../s" without its dots. An absolute path stays what its user calls it.
std::string absolute(const std::filesystem::path& path, std::error_code& error) {
  if (path.is_absolute()) return path;
  return std::filesystem::canonical("." / path.parent_path(), error) / path.filename();
}

// The kernel's word for the last failure.
std::string reason() {
  return std::strerror(errno);
}

struct Found {
  std::string path;  // absolute
  gid_t group = 0;
};

// What `place` means on this machine; empty if it means nothing.
std::optional<Found> find(const SocketPlace& place, std::string& why) {
  std::error_code error;
  const std::string path = absolute(place.path, error);
  if (error) {
    why = "there is no folder for the socket " + place.path + ": " + error.message();
    return std::nullopt;
  }
  if (path.size() > kLongestPath) {
    why = path + " is too long for the path of a socket, which has at most " +
          std::to_string(kLongestPath) + " bytes";
    return std::nullopt;
  }
  const std::optional<gid_t> group =
      place.group.empty() ? ::getegid() : shm::find_group(place.group);
  if (!group) {
    why = "there is no group \"" + place.group + '"';
    return std::nullopt;
  }
  return Found{path, *group};
}

bool is_named(int descriptor, const std::string& path) {
  struct stat opened {};
  struct stat named {};
  return ::fstat(descriptor, &opened) == 0 && ::lstat(path.c_str(), &named) == 0 &&
         opened.st_dev == named.st_dev && opened.st_ino == named.st_ino;
}

bool is_lock_file(int descriptor) {
  struct stat status {};
  return ::fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode) && status.st_size == 0;
}

// Removes a socket at which nobody listens. Under the lock. False if anything else has the name.
bool clear(const std::string& path, std::string& why) {
  struct stat found {};
  if (::lstat(path.c_str(), &found) != 0) return true;  // if not for ENOENT, bind() says so
  if (!S_ISSOCK(found.st_mode)) {
    why = path + " is there and is no socket";
    return false;
  }
  const int probe = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  const sockaddr_un address = address_of(path);
  const bool connected =
      ::connect(probe, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  const int error = errno;
  ::close(probe);
  // EAGAIN: so many wait to be accepted that there is no room; EPROTOTYPE: it is no stream.
  if (connected || error == EAGAIN || error == EPROTOTYPE) {
    why = "another program listens on " + path;
    return false;
  }
  errno = error;
  if (error == ECONNREFUSED && ::unlink(path.c_str()) == 0) return true;
  why = "a socket is there already, and cannot be replaced: " + path + ": " + reason();
  return false;
}

}  // namespace

class SocketFile::Lock {
 public:
  static std::unique_ptr<Lock> take(const std::string& path, std::string& why) {
    for (;;) {
      std::unique_ptr<Lock> lock(new Lock(path + ".lock"));
      if (lock->file_ < 0) {
        why = "cannot listen on " + path + ": " + lock->path_ + ": " + reason();
        return nullptr;
      }
      if (!is_lock_file(lock->file_)) {  // it is somebody's, and not to be removed
        why = "cannot listen on " + path + ": " + lock->path_ + " is there and no lock";
        lock->is_ours_ = false;
        return nullptr;
      }
      if (::flock(lock->file_, LOCK_EX | LOCK_NB) != 0) {
        why = errno == EWOULDBLOCK ? "another bridge takes spans on " + path
                                   : "cannot lock " + lock->path_ + ": " + reason();
        lock->is_ours_ = false;
        return nullptr;
      }
      // The last holder may have removed it before it let go: then it locks nothing any more.
      if (is_named(lock->file_, lock->path_)) return lock;
    }
  }
  ~Lock() {
    if (file_ < 0) return;
    if (is_ours_ && is_named(file_, path_)) ::unlink(path_.c_str());
    ::close(file_);
  }
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;

 private:
  explicit Lock(std::string path)
      : path_(std::move(path)),
        file_(::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600)) {}

  const std::string path_;
  const int file_;
  bool is_ours_ = true;
};

std::string SocketFile::fault_of(const SocketPlace& place) {
  std::string why;
  const auto found = find(place, why);
  if (!found) return why;
  const std::string folder = std::filesystem::path(found->path).parent_path().string();
  if (::faccessat(AT_FDCWD, folder.c_str(), W_OK | X_OK, AT_EACCESS) == 0) return {};
  return "cannot listen on " + found->path + ": " + folder + ": " + reason();
}

std::unique_ptr<SocketFile> SocketFile::listen(const SocketPlace& place, std::string& why) {
  const auto found = find(place, why);
  if (!found) return nullptr;
  auto lock = Lock::take(found->path, why);
  if (lock == nullptr || !clear(found->path, why)) return nullptr;
  std::unique_ptr<SocketFile> file(new SocketFile(found->path, std::move(lock)));
  return file->make(place, found->group, why) ? std::move(file) : nullptr;
}

SocketFile::SocketFile(std::string path, std::unique_ptr<Lock> lock)
    : path_(std::move(path)), lock_(std::move(lock)) {}

SocketFile::~SocketFile() {
  if (name_ >= 0) {
    if (is_named(name_, path_)) ::unlink(path_.c_str());
    ::close(name_);
  }
  if (socket_ >= 0) ::close(socket_);
}

int SocketFile::take_descriptor() {
  return std::exchange(socket_, -1);
}

bool SocketFile::make(const SocketPlace& place, gid_t group, std::string& why) {
  socket_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  const sockaddr_un address = address_of(path_);
  if (socket_ < 0 ||
      ::bind(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    why = "cannot listen on " + path_ + ": " + reason();
    return false;
  }
  // By a descriptor, so that it is this file, and no link that somebody put in its place, whose
  // group and mode change.
  name_ = ::open(path_.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC);
  struct stat made {};
  if (name_ < 0 || ::fstat(name_, &made) != 0 || !S_ISSOCK(made.st_mode) ||
      made.st_uid != ::geteuid()) {
    why = "somebody else changes what is at " + path_;
    return false;
  }
  // The group first: no mode is ever meant for another one.
  if (::fchownat(name_, "", static_cast<uid_t>(-1), group, AT_EMPTY_PATH) != 0) {
    why = "the socket " + path_ + " cannot be given to group \"" +
          (place.group.empty() ? std::to_string(group) : place.group) + "\": " + reason();
    return false;
  }
  if (::chmod(("/proc/self/fd/" + std::to_string(name_)).c_str(), place.mode) != 0) {
    why = "the mode of the socket " + path_ + " cannot be set: " + reason();
    return false;
  }
  if (::listen(socket_, kBacklog) != 0) {
    why = "cannot listen on " + path_ + ": " + reason();
    return false;
  }
  return true;
}

}  // namespace goxel_telemetry::http_bridge
