// SPDX-License-Identifier: GPL-3.0-or-later
// A process that owns a segment, to be watched and killed.
#pragma once

#include <sys/types.h>

#include <functional>
#include <string>

#include "tests/metrics/test_segment.h"

namespace goxel_telemetry::cli {

class DaemonProcess {
 public:
  using Script = std::function<void(metrics::TestSegment&)>;

  // Returns when the child has made the segment and run `first` on it.
  DaemonProcess(std::string instance, Script first, Script on_poke = {});
  ~DaemonProcess();  // kills the child; the segment stays, as after every SIGKILL
  DaemonProcess(const DaemonProcess&) = delete;
  DaemonProcess& operator=(const DaemonProcess&) = delete;

  // Returns when the child has run `on_poke` once more.
  void poke();
  void kill();  // sends SIGKILL; returns when the child is gone

  pid_t pid() const { return pid_; }

 private:
  [[noreturn]] void live(const std::string& instance, const Script& first, const Script& on_poke);

  pid_t pid_ = 0;
  int channel_ = -1;
};

}  // namespace goxel_telemetry::cli
