// SPDX-License-Identifier: GPL-3.0-or-later
#include "shm/process_identity.h"

#include <fcntl.h>
#include <unistd.h>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace goxel_telemetry::shm {
namespace {

// The first bytes of a small file; returns how many, or -1 with errno set.
ssize_t read_file(const char* path, char* buffer, std::size_t size) {
  const int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return -1;
  const ssize_t got = read(fd, buffer, size - 1);
  const int error = errno;
  close(fd);
  errno = error;
  if (got >= 0) buffer[got] = '\0';
  return got;
}

BootId read_boot_id() {
  BootId id{};
  char text[64];
  if (read_file("/proc/sys/kernel/random/boot_id", text, sizeof text) < 36) return id;
  std::size_t digits = 0;
  for (const char* c = text; *c != '\0' && digits < 32; ++c) {
    unsigned value = 0;
    if (*c >= '0' && *c <= '9') {
      value = static_cast<unsigned>(*c - '0');
    } else if (*c >= 'a' && *c <= 'f') {
      value = static_cast<unsigned>(*c - 'a' + 10);
    } else {
      continue;  // a dash
    }
    auto& byte = id[digits / 2];
    byte = static_cast<std::uint8_t>(digits % 2 == 0 ? value << 4 : byte | value);
    ++digits;
  }
  return id;
}

struct Stat {
  char state;
  std::uint64_t start_time;
};

// Fields 3 and 22 of /proc/<pid>/stat. Field 2 is the program's name in parentheses and may hold
// anything, so fields are counted from the last ')'.
bool read_stat(std::uint32_t pid, Stat& out) {
  char path[32];
  std::snprintf(path, sizeof path, "/proc/%u/stat", pid);
  char text[1024];
  if (read_file(path, text, sizeof text) <= 0) return false;
  const char* field = std::strrchr(text, ')');
  if (field == nullptr || field[1] != ' ') return false;
  field += 2;
  out.state = *field;
  for (int number = 3; number < 22; ++number) {
    field = std::strchr(field, ' ');
    if (field == nullptr) return false;
    ++field;
  }
  out.start_time = std::strtoull(field, nullptr, 10);
  return true;
}

}  // namespace

ProcessIdentity this_process() {
  ProcessIdentity identity;
  identity.pid = static_cast<std::uint32_t>(getpid());
  identity.start_time = start_time_of(identity.pid);
  identity.boot_id = read_boot_id();
  return identity;
}

std::uint64_t start_time_of(std::uint32_t pid) {
  Stat stat{};
  return read_stat(pid, stat) ? stat.start_time : 0;
}

Liveness liveness(const ProcessIdentity& identity) {
  // A boot id that could not be read, then or now, proves nothing.
  const BootId boot_id = read_boot_id();
  const bool boots_are_known = identity.boot_id != BootId{} && boot_id != BootId{};
  if (boots_are_known && identity.boot_id != boot_id) return Liveness::dead;
  Stat stat{};
  if (identity.start_time != 0 && read_stat(identity.pid, stat)) {
    const bool same = stat.start_time == identity.start_time;
    return same && stat.state != 'Z' && stat.state != 'X' ? Liveness::alive : Liveness::dead;
  }
  // Another user's process may be hidden in /proc, but kill() still says whether the pid is taken.
  if (kill(static_cast<pid_t>(identity.pid), 0) != 0 && errno == ESRCH) return Liveness::dead;
  return Liveness::unknown;
}

}  // namespace goxel_telemetry::shm
