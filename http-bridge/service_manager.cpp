// SPDX-License-Identifier: GPL-3.0-or-later
#include "http-bridge/service_manager.h"

#include <systemd/sd-daemon.h>

#include <cstddef>
#include <utility>

#include "shm/clock.h"

namespace goxel_telemetry::http_bridge {
namespace {

void notify(const std::string& state) {
  ::sd_notify(0, state.c_str());
}

}  // namespace

ServiceManager::ServiceManager() {
  std::uint64_t microseconds = 0;
  if (::sd_watchdog_enabled(0, &microseconds) > 0)
    watchdog_ = std::chrono::microseconds(static_cast<std::int64_t>(microseconds));
}

void ServiceManager::ready(const std::string& status) {
  status_ = status;
  notify("READY=1\nSTATUS=" + status);
}

void ServiceManager::status(const std::string& status) {
  if (status != std::exchange(status_, status)) notify("STATUS=" + status);
}

// With the time in the same message: else systemd takes it for that of an earlier reload.
void ServiceManager::reloading() {
  notify("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(shm::monotonic_ns() / 1'000));
}

void ServiceManager::reloaded() {
  notify("READY=1");
}

void ServiceManager::stopping() {
  notify("STOPPING=1\nSTATUS=Finishing the answers that are awaited.");
}

void ServiceManager::alive() {
  notify("WATCHDOG=1");
}

Progress::Progress(std::chrono::nanoseconds watchdog, std::vector<std::string> threads,
                   std::uint64_t now_ns)
    : patience_ns_(static_cast<std::uint64_t>(watchdog.count()) / 2) {
  for (std::string& name : threads) threads_.push_back({std::move(name), 0, now_ns});
}

std::vector<std::string> Progress::look(const std::vector<std::uint64_t>& counts,
                                        std::uint64_t now_ns) {
  std::vector<std::string> hanging;
  for (std::size_t i = 0; i < threads_.size(); ++i) {
    Thread& thread = threads_[i];
    if (std::exchange(thread.count, counts[i]) != counts[i]) thread.went_on_ns = now_ns;
    if (now_ns - thread.went_on_ns > patience_ns_) hanging.push_back(thread.name);
  }
  return hanging;
}

}  // namespace goxel_telemetry::http_bridge
