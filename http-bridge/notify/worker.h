// SPDX-License-Identifier: GPL-3.0-or-later
// The thread of one channel: so a channel that is slow or down delays no other. It sends while this bridge may send what is in the file.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
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
  static constexpr std::chrono::seconds kLastTry{
      2};  // how long a message may take that is under way at the end

  // `may_send` is thread-safe. `predecessor`: sent to the same channel, and was asked to finish(): it is waited for, then this begins.
  // May be null.
  Worker(std::string store_file, std::function<bool()> may_send, ConfiguredChannel channel,
         std::unique_ptr<Worker> predecessor);
  ~Worker();

  // All are thread-safe and do not wait.
  void ask_to_end();
  void finish();  // the same, but a message that is under way takes the time that it takes
  bool has_ended() const { return has_ended_; }
  void wake();  // something was queued
  const ConfiguredChannel& channel() const { return configured_; }
  bool is_same(const ConfiguredChannel& channel) const;  // and goes on

 private:
  void run(const std::stop_token& stop);
  // Gives the time of the next one: CLOCK_REALTIME.
  std::uint64_t round(const std::stop_token& stop);
  void wait_until(std::uint64_t realtime_ns, const std::stop_token& stop);

  const std::string store_file_;
  const std::function<bool()> may_send_;
  const ConfiguredChannel configured_;
  std::atomic<bool> is_patient_ = false;
  std::atomic<bool> has_ended_ = false;
  const std::unique_ptr<Worker> predecessor_;
  // Of the thread:
  const std::unique_ptr<Channel> channel_;
  Dispatch dispatch_;
  std::unique_ptr<metrics::AlertStore> store_;  // null: it cannot be opened, or there is none yet
  std::optional<std::chrono::steady_clock::time_point> end_;  // set when it is asked to end

  std::mutex mutex_;  // guards what follows
  std::condition_variable_any woken_;
  bool is_awake_ = false;

  std::jthread thread_;  // last member: ends before the others are destroyed
};

}  // namespace goxel_telemetry::http_bridge::notify
