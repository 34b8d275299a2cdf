// SPDX-License-Identifier: GPL-3.0-or-later
#include "http-bridge/notify/worker.h"

#include <utility>

#include "http-bridge/log.h"
#include "shm/clock.h"

namespace goxel_telemetry::http_bridge::notify {

Worker::Worker(std::string store_file, std::function<bool()> may_send, ConfiguredChannel channel,
               std::unique_ptr<Worker> predecessor)
    : store_file_(std::move(store_file)),
      may_send_(std::move(may_send)),
      configured_(std::move(channel)),
      predecessor_(std::move(predecessor)),
      channel_(make_channel(configured_.settings, configured_.secrets)),
      dispatch_(configured_.settings, host_of(configured_.settings, configured_.secrets), *channel_,
                predecessor_ != nullptr),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

Worker::~Worker() = default;

void Worker::ask_to_end() {
  is_patient_ = false;
  if (predecessor_ != nullptr) predecessor_->ask_to_end();
  thread_.request_stop();
}

void Worker::finish() {
  is_patient_ = true;
  thread_.request_stop();
}

bool Worker::is_same(const ConfiguredChannel& channel) const {
  return channel == configured_ && !thread_.get_stop_token().stop_requested();
}

void Worker::wake() {
  const std::scoped_lock lock(mutex_);
  is_awake_ = true;
  woken_.notify_one();
}

void Worker::run(const std::stop_token& stop) {
  outbound::block_broken_pipe();
  if (predecessor_ != nullptr) predecessor_->has_ended_.wait(false);
  while (!stop.stop_requested()) wait_until(round(stop), stop);
  has_ended_ = true;
  has_ended_.notify_all();
}

std::uint64_t Worker::round(const std::stop_token& stop) {
  const auto deadline = [this, &stop] {
    using Clock = std::chrono::steady_clock;
    if (stop.stop_requested() && !is_patient_ && !end_) end_ = Clock::now() + kLastTry;
    return end_.value_or(Clock::time_point::max());
  };
  constexpr std::uint64_t kLaterNs = std::chrono::nanoseconds(Dispatch::kPeriod).count();
  if (!may_send_()) return shm::realtime_ns() + kLaterNs;
  metrics::HistoryResult result;
  if (!store_) {
    store_ = metrics::AlertStore::open(store_file_, metrics::AlertStore::Mode::write, result);
  }
  std::uint64_t next_ns = shm::realtime_ns() + kLaterNs;
  if (store_) next_ns = dispatch_.round(*store_, shm::realtime_ns(), deadline, result);
  if (!result.done()) {
    store_.reset();  // it may have been moved away; the next round opens it again
    log_trouble(LogLevel::warning, "notifications_wait",
                {{"channel", configured_.settings.name}, {"why", result.message}});
    next_ns = shm::realtime_ns() + kLaterNs;
  }
  return next_ns;
}

void Worker::wait_until(std::uint64_t realtime_ns, const std::stop_token& stop) {
  const std::uint64_t now_ns = shm::realtime_ns();
  const std::chrono::nanoseconds wait(realtime_ns - std::min(realtime_ns, now_ns));
  std::unique_lock lock(mutex_);
  woken_.wait_for(lock, stop, wait, [this] { return is_awake_; });
  is_awake_ = false;
}

}  // namespace goxel_telemetry::http_bridge::notify
