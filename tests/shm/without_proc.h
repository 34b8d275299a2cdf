// SPDX-License-Identifier: GPL-3.0-or-later
// For tests: while an object of this class exists, this process can open no file. So it cannot read
// /proc, as if /proc were not mounted or hid other users' processes.
#pragma once

#include <sys/resource.h>

#include <stdexcept>

namespace goxel_telemetry::shm {

class WithoutProc {
 public:
  WithoutProc() {
    if (getrlimit(RLIMIT_NOFILE, &before_) != 0) throw std::runtime_error("no limit");
    const rlimit nothing{0, before_.rlim_max};
    if (setrlimit(RLIMIT_NOFILE, &nothing) != 0) throw std::runtime_error("limit cannot be set");
  }
  ~WithoutProc() { setrlimit(RLIMIT_NOFILE, &before_); }
  WithoutProc(const WithoutProc&) = delete;
  WithoutProc& operator=(const WithoutProc&) = delete;

 private:
  rlimit before_{};
};

}  // namespace goxel_telemetry::shm
