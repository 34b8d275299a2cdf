// SPDX-License-Identifier: GPL-3.0-or-later
#include "http-bridge/instances.h"

#include <algorithm>
#include <condition_variable>
#include <utility>

namespace goxel_telemetry::http_bridge {
namespace {

using Time = metrics::Time;

// An answer may be this old. Reading more often would slow the daemon (shm/reader.h).
constexpr std::chrono::milliseconds kSweepInterval{50};
constexpr std::uint64_t kLookIntervalNs = 1'000'000'000;
constexpr std::uint64_t kHandOutIntervalNs = 1'000'000'000;

bool before(const metrics::LayerGroup& group, const std::string& name) {
  return group.instance() < name;
}

// Outer layers are watched together with their daemon, even if that is not there.
std::vector<std::string> daemons_among(std::vector<std::string> names) {
  for (std::string& name : names) name.resize(shm::daemon_instance(name).size());
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

}  // namespace

Instances::Instances(std::vector<std::string> names, List list)
    : watches_all_(names.empty()), list_(std::move(list)) {
  for (std::string& name : names) name = shm::segment_name_of(name);
  for (const std::string& name : daemons_among(std::move(names))) {
    groups_.emplace_back(name).daemon().expect_known_operations();
  }
}

void Instances::keep_history(HistoryService& history) {
  history_ = &history;
  for (metrics::LayerGroup& group : groups_) begin_history(group);
}

void Instances::begin_history(metrics::LayerGroup& group) {
  history_->continue_counters(group.daemon());
  history_->continue_counters(group.outer());
  history_->begin(group.daemon());
}

void Instances::start() {
  sweep(Time::now());
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

void Instances::run(const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any stopped;
  std::unique_lock lock(mutex);
  for (;;) {  // start() has just looked
    stopped.wait_for(lock, stop, kSweepInterval, [] { return false; });
    if (stop.stop_requested()) break;
    sweep(Time::now());
  }
  handed_out_ns_.reset();
  sweep(Time::now());
}

void Instances::sweep(const Time& now) {
  if (!began_ns_) began_ns_ = now.monotonic_ns;
  if (watches_all_ && (!looked_at_ns_ || now.monotonic_ns - *looked_at_ns_ >= kLookIntervalNs)) {
    looked_at_ns_ = now.monotonic_ns;
    look_for_new();
  }
  for (metrics::LayerGroup& group : groups_) group.sweep(now);
  if (history_ != nullptr) hand_out(now);
  publish(now);
}

void Instances::hand_out(const Time& now) {
  if (handed_out_ns_ && now.monotonic_ns - *handed_out_ns_ < kHandOutIntervalNs) return;
  handed_out_ns_ = now.monotonic_ns;
  for (metrics::LayerGroup& group : groups_) {
    history_->exchange(group.daemon());
    if (group.outer().state() == shm::ProducerState::absent) continue;
    // The outer layers' history is kept under the name of their own segment, from the moment when
    // there is one.
    if (with_outer_history_.insert(group.instance()).second) {
      history_->begin(group.outer());
    } else {
      history_->exchange(group.outer());
    }
  }
}

void Instances::look_for_new() {
  left_out_ = 0;
  const std::vector<std::string> present = daemons_among(list_());
  for (const std::string& name : present) {
    auto place = std::lower_bound(groups_.begin(), groups_.end(), name, before);
    if (place != groups_.end() && place->instance() == name) continue;
    if (!make_room(present)) {
      ++left_out_;
      continue;
    }
    place = std::lower_bound(groups_.begin(), groups_.end(), name, before);
    place = groups_.emplace(place, name);
    place->daemon().expect_known_operations();
    place->daemon().count_since(*began_ns_);
    place->outer().count_since(*began_ns_);
    if (history_ != nullptr) begin_history(*place);
  }
}

// If all places are taken, drops an instance that has ended and whose segment is gone.
bool Instances::make_room(const std::vector<std::string>& present) {
  if (groups_.size() < kMostWatched) return true;
  const auto known = latest();
  const auto gone = std::find_if(
      known->instances.begin(), known->instances.end(), [&](const metrics::Snapshot& snapshot) {
        return !is_live(snapshot) &&
               !std::binary_search(present.begin(), present.end(), snapshot.instance);
      });
  if (gone == known->instances.end()) return false;
  with_outer_history_.erase(gone->instance);
  std::erase_if(groups_, [&](const metrics::LayerGroup& group) {
    return group.instance() == gone->instance;
  });
  return groups_.size() < kMostWatched;
}

void Instances::publish(const Time& now) {
  auto snapshots = std::make_shared<Snapshots>();
  snapshots->taken_realtime_ns = now.realtime_ns;
  snapshots->instances_left_out = left_out_;
  snapshots->instances.reserve(groups_.size());
  snapshots->layers.reserve(groups_.size());
  for (metrics::LayerGroup& group : groups_) {
    snapshots->instances.push_back(group.snapshot(now));
    snapshots->layers.push_back(group.layers(snapshots->instances.back()));
  }
  const std::scoped_lock lock(mutex_);
  latest_ = std::move(snapshots);
}

std::shared_ptr<const Snapshots> Instances::latest() const {
  const std::scoped_lock lock(mutex_);
  return latest_;
}

}  // namespace goxel_telemetry::http_bridge
