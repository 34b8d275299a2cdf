// SPDX-License-Identifier: GPL-3.0-or-later
// For commands that run until the user ends them.
#pragma once

namespace goxel_telemetry::cli {

// Changes what SIGINT, SIGTERM and SIGHUP do in this process: they end wait() and nothing else.
// SIGHUP stays without effect if it was ignored before (nohup).
class Interrupt {
 public:
  // signals_and_output: waiting also ends when standard output has lost its reader, even if nothing
  // is written.
  enum class Watch { signals, signals_and_output };
  explicit Interrupt(Watch watch);
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  // True if an interrupt came within `milliseconds`; all later calls then return true at once. -1
  // waits without limit.
  bool wait(int milliseconds) const;

 private:
  int signals_;
  Watch watch_;
};

}  // namespace goxel_telemetry::cli
