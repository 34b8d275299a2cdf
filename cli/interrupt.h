// SPDX-License-Identifier: GPL-3.0-or-later
// For commands that go on until somebody ends them.
#pragma once

namespace goxel_telemetry::cli {

// Takes SIGINT and SIGTERM from the process: they end waiting, nothing else.
class Interrupt {
 public:
  // Also when standard output loses its reader, even if nothing is written.
  enum class Watch { signals, signals_and_output };
  explicit Interrupt(Watch watch);
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  // True, from then on at once, if it came within `milliseconds`; -1 waits for as long as it takes.
  bool wait(int milliseconds) const;

 private:
  int signals_;
  Watch watch_;
};

}  // namespace goxel_telemetry::cli
