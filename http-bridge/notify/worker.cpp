// SPDX-License-Identifier: GPL-3.0-or-later
#include "http-bridge/notify/worker.h"

#include <utility>

#include "http-bridge/log.h"
#include "shm/clock.h"

namespace goxel_telemetry::http_bridge::notify {

Worker::Worker(std::string store_file, const ChannelSettings& settings, const Secrets& secrets)
    : store_file_(std::move(store_file)),
      name_(settings.name),
      channel_(make_channel(settings, secrets)),
      dispatch_(settings, host_of(settings, secrets), *channel_),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

Worker::~Worker() = default;

void Worker::wake() {
  const std::scoped_lock lock(mutex_);
  is_awake_ = true;
  woken_.notify_one();
}

ChannelCounts Worker::counts() const {
  const std::scoped_lock lock(mutex_);
  return counts_;
}

void Worker::run(const std::stop_token& stop) {
  outbound::block_broken_pipe();
  while (!stop.stop_requested()) wait_until(round(stop), stop);
}

std::uint64_t Worker::round(const std::stop_token& stop) {
  const auto deadline = [this, &stop] {
    using Clock = std::chrono::steady_clock;
    if (stop.stop_requested() && !end_) end_ = Clock::now() + kLastTry;
    return end_.value_or(Clock::time_point::max());
  };
  constexpr std::uint64_t kLaterNs = std::chrono::nanoseconds(Dispatch::kPeriod).count();
  metrics::HistoryResult result;
  if (!store_) {
    store_ = metrics::AlertStore::open(store_file_, metrics::AlertStore::Mode::write, result);
  }
  std::uint64_t next_ns = shm::realtime_ns() + kLaterNs;
  if (store_) next_ns = dispatch_.round(*store_, shm::realtime_ns(), deadline, result);
  if (!result.done()) {
    store_.reset();  // it may have been moved away; the next round opens it again
    log_trouble(LogLevel::warning, "notifications_wait",
                {{"channel", name_}, {"why", result.message}});
    next_ns = shm::realtime_ns() + kLaterNs;
  }
  const std::scoped_lock lock(mutex_);
  counts_ = dispatch_.counts();
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
