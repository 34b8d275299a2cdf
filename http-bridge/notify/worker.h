// SPDX-License-Identifier: GPL-3.0-or-later
// The thread of one channel: so a channel that is slow or down delays no other.
#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>

#include "http-bridge/notify/dispatch.h"
#include "metrics/alerts/alert_store.h"

namespace goxel_telemetry::http_bridge::notify {

class Worker {
 public:
  static constexpr std::chrono::seconds kLastTry{2};  // how long destruction may take

  Worker(std::string store_file, const ChannelSettings& settings, const Secrets& secrets);
  ~Worker();

  // All are thread-safe and do not wait.
  void ask_to_end() { thread_.request_stop(); }
  void wake();  // something was queued
  ChannelCounts counts() const;

 private:
  void run(const std::stop_token& stop);
  // Gives the time of the next one: CLOCK_REALTIME.
  std::uint64_t round(const std::stop_token& stop);
  void wait_until(std::uint64_t realtime_ns, const std::stop_token& stop);

  const std::string store_file_;
  const std::string name_;
  // Of the thread:
  const std::unique_ptr<Channel> channel_;
  Dispatch dispatch_;
  std::unique_ptr<metrics::AlertStore> store_;  // null: it cannot be opened, or there is none yet
  std::optional<std::chrono::steady_clock::time_point> end_;  // set when it is asked to end

  mutable std::mutex mutex_;  // guards what follows
  std::condition_variable_any woken_;
  bool is_awake_ = false;
  ChannelCounts counts_;

  std::jthread thread_;  // last member: ends before the others are destroyed
};

}  // namespace goxel_telemetry::http_bridge::notify
