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

  // Returns when the child has made the segment and played `first` on it.
  DaemonProcess(std::string instance, Script first, Script on_poke = {});
  ~DaemonProcess();  // kills it; the segment stays, as after any such death
  DaemonProcess(const DaemonProcess&) = delete;
  DaemonProcess& operator=(const DaemonProcess&) = delete;

  // Returns when the child has played `on_poke` once more.
  void poke();
  void kill();  // SIGKILL; returns when it is gone

  pid_t pid() const { return pid_; }

 private:
  [[noreturn]] void live(const std::string& instance, const Script& first, const Script& on_poke);

  pid_t pid_ = 0;
  int channel_ = -1;
};

// Takes the segment's name away.
void remove_segment_of(const std::string& instance);

}  // namespace goxel_telemetry::cli
