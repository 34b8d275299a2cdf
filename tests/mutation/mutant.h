// SPDX-License-Identifier: GPL-3.0-or-later
// What the mutated copy of a source calls at each place that can be mutated (sites.py). All mutants are compiled into one build; which
// one is active is chosen at start, by GOXEL_MUTANT=<number> in the environment, and is inherited by every process of a test.
//
// GOXEL_MUTANTS_REACHED=<file> names a file of one byte for each mutant: the byte of each place that is passed becomes 1. It is mapped
// shared, so that processes that are killed have still recorded what they reached.
//
// Included by rewritten copies only, never by the project's own sources.
#pragma once

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdlib>

namespace goxel_telemetry::mutation {

// One for each program and library: hidden, as everything inside the plugin.
inline unsigned active_mutant = 0;
inline unsigned char* reached = nullptr;
inline unsigned reached_size = 0;

// Before all other initialisation, and by system calls alone: the plugin interposes read() and close().
__attribute__((constructor(101))) inline void start() {
  static bool started = false;
  if (started) return;
  started = true;
  if (const char* number = std::getenv("GOXEL_MUTANT")) {
    active_mutant = static_cast<unsigned>(std::strtoul(number, nullptr, 10));
  }
  const char* path = std::getenv("GOXEL_MUTANTS_REACHED");
  if (path == nullptr) return;
  const int fd = static_cast<int>(syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC));
  if (fd < 0) return;
  struct stat status;
  if (fstat(fd, &status) == 0) {
    const auto size = static_cast<std::size_t>(status.st_size);
    void* map = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (map != MAP_FAILED) {
      reached = static_cast<unsigned char*>(map);
      reached_size = static_cast<unsigned>(size);
    }
  }
  syscall(SYS_close, fd);
}

inline bool passed(unsigned number) noexcept {
  if (number < reached_size) reached[number] = 1;
  return number == active_mutant;
}

// A constant expression keeps its value: what the compiler computes cannot be switched at start.
constexpr bool mutant(unsigned number) noexcept {
  return __builtin_is_constant_evaluated() ? false : passed(number);
}

}  // namespace goxel_telemetry::mutation

#define GOXEL_MUTANT(number) ::goxel_telemetry::mutation::mutant(number)
