// SPDX-License-Identifier: GPL-3.0-or-later
#include "http-bridge/instances.h"

#include <algorithm>
#include <condition_variable>
#include <utility>

namespace goxel_telemetry::http_bridge {
namespace {

using Time = metrics::Collector::Time;

// How old an answer can be. Reading more often would slow the daemon (shm/reader.h).
constexpr std::chrono::milliseconds kSweepInterval{50};
constexpr std::uint64_t kLookIntervalNs = 1'000'000'000;
constexpr std::uint64_t kHandOutIntervalNs = 1'000'000'000;

bool before(const metrics::Collector& collector, const std::string& name) {
  return collector.instance() < name;
}

}  // namespace

Instances::Instances(std::vector<std::string> names, List list)
    : watches_all_(names.empty()), list_(std::move(list)) {
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  for (std::string& name : names) collectors_.emplace_back(std::move(name));
}

void Instances::keep_history(HistoryService& history) {
  history_ = &history;
  for (metrics::Collector& collector : collectors_) history_->begin(collector);
}

void Instances::start() {
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

void Instances::run(const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any stopped;
  std::unique_lock lock(mutex);
  while (!stop.stop_requested()) {
    sweep(Time::now());
    stopped.wait_for(lock, stop, kSweepInterval, [] { return false; });
  }
  handed_out_ns_.reset();
  sweep(Time::now());
}

void Instances::sweep(const Time& now) {
  if (watches_all_ && (!looked_at_ns_ || now.monotonic_ns - *looked_at_ns_ >= kLookIntervalNs)) {
    looked_at_ns_ = now.monotonic_ns;
    look_for_new();
  }
  for (metrics::Collector& collector : collectors_) collector.sweep(now);
  if (history_ != nullptr) hand_out(now);
  publish(now);
}

void Instances::hand_out(const Time& now) {
  if (handed_out_ns_ && now.monotonic_ns - *handed_out_ns_ < kHandOutIntervalNs) return;
  handed_out_ns_ = now.monotonic_ns;
  for (metrics::Collector& collector : collectors_) history_->exchange(collector);
}

void Instances::look_for_new() {
  left_out_ = 0;
  const std::vector<std::string> present = list_();
  for (const std::string& name : present) {
    auto place = std::lower_bound(collectors_.begin(), collectors_.end(), name, before);
    if (place != collectors_.end() && place->instance() == name) continue;
    if (!make_room(present)) {
      ++left_out_;
      continue;
    }
    place = std::lower_bound(collectors_.begin(), collectors_.end(), name, before);
    place = collectors_.emplace(place, name);
    if (history_ != nullptr) history_->begin(*place);
  }
}

// When all places are taken, forgets an instance that ended and whose segment is gone.
bool Instances::make_room(const std::vector<std::string>& present) {
  if (collectors_.size() < kMostWatched) return true;
  const auto known = latest();
  const auto gone = std::find_if(
      known->instances.begin(), known->instances.end(), [&](const metrics::Snapshot& snapshot) {
        return !is_live(snapshot) &&
               !std::binary_search(present.begin(), present.end(), snapshot.instance);
      });
  if (gone == known->instances.end()) return false;
  std::erase_if(collectors_, [&](const metrics::Collector& collector) {
    return collector.instance() == gone->instance;
  });
  return collectors_.size() < kMostWatched;
}

void Instances::publish(const Time& now) {
  auto snapshots = std::make_shared<Snapshots>();
  snapshots->taken_realtime_ns = now.realtime_ns;
  snapshots->instances_left_out = left_out_;
  snapshots->instances.reserve(collectors_.size());
  for (metrics::Collector& collector : collectors_) {
    snapshots->instances.push_back(collector.snapshot(now));
  }
  const std::scoped_lock lock(mutex_);
  latest_ = std::move(snapshots);
}

std::shared_ptr<const Snapshots> Instances::latest() const {
  const std::scoped_lock lock(mutex_);
  return latest_;
}

}  // namespace goxel_telemetry::http_bridge
