// SPDX-License-Identifier: GPL-3.0-or-later
// What systemd is told of this process (sd_notify(3)), if it wants to know: the unit has Type=notify or
// WatchdogSec=. Anywhere else nothing happens.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace goxel_telemetry::http_bridge {

class ServiceManager {
 public:
  ServiceManager();

  // How often it wants to hear that all goes on; zero: never.
  std::chrono::nanoseconds watchdog() const { return watchdog_; }

  void ready(const std::string& status);
  // One sentence for `systemctl status`; sent if it is another one than before.
  void status(const std::string& status);
  void reloading();
  void reloaded();
  void stopping();
  void alive();

 private:
  std::chrono::nanoseconds watchdog_{0};
  std::string status_;
};

// Whether threads go on: each has done something within half of the watchdog's time. Times are
// CLOCK_MONOTONIC.
class Progress {
 public:
  Progress(std::chrono::nanoseconds watchdog, std::vector<std::string> threads,
           std::uint64_t now_ns);

  // `counts`: how much each has done since it began, in the same order. The names of those that hang.
  std::vector<std::string> look(const std::vector<std::uint64_t>& counts, std::uint64_t now_ns);

 private:
  struct Thread {
    std::string name;
    std::uint64_t count = 0;
    std::uint64_t went_on_ns = 0;
  };
  const std::uint64_t patience_ns_;
  std::vector<Thread> threads_;
};

}  // namespace goxel_telemetry::http_bridge
