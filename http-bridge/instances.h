// SPDX-License-Identifier: GPL-3.0-or-later
// Watches daemons: one thread sweeps their segments and publishes what it saw. Whoever answers a
// request takes the newest picture and never waits for a sweep.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "http-bridge/history_service.h"
#include "http-bridge/snapshots.h"
#include "metrics/layers/layer_group.h"
#include "shm/segment.h"

namespace goxel_telemetry::http_bridge {

class Instances {
 public:
  static constexpr std::size_t kMostWatched = 32;

  // Watches these daemons, whether they exist or not, each with its outer layers; without any, all
  // that are on the machine, looking for new ones about once a second. An instance whose segment is
  // gone stays known, unless its place is needed. `list` names, sorted, what is on the machine.
  using List = std::function<std::vector<std::string>()>;
  explicit Instances(std::vector<std::string> names, List list = shm::list_instances);

  // Hands rollups to it about once a second, and at the end. Before start(); it must live longer.
  void keep_history(HistoryService& history);

  // Sweeps once, and then on a thread of its own until destruction.
  void start();

  // Looks once. Only while not started.
  void sweep(const metrics::Collector::Time& now);

  // As of the last sweep; empty before the first, never null. Thread-safe.
  std::shared_ptr<const Snapshots> latest() const;

 private:
  void run(const std::stop_token& stop);
  void look_for_new();
  bool make_room(const std::vector<std::string>& present);
  void publish(const metrics::Collector::Time& now);
  void hand_out(const metrics::Collector::Time& now);

  const bool watches_all_;
  const List list_;
  std::vector<metrics::LayerGroup> groups_;    // sorted by instance
  std::optional<std::uint64_t> looked_at_ns_;  // CLOCK_MONOTONIC of the last look for new ones
  std::uint64_t left_out_ = 0;
  HistoryService* history_ = nullptr;
  std::set<std::string> with_outer_history_;    // instances whose outer layers' history has begun
  std::optional<std::uint64_t> handed_out_ns_;  // CLOCK_MONOTONIC of the last hand-out

  mutable std::mutex mutex_;  // guards latest_, for as long as it takes to copy the pointer
  std::shared_ptr<const Snapshots> latest_ = std::make_shared<Snapshots>();

  std::jthread thread_;  // last: stops before the rest goes
};

}  // namespace goxel_telemetry::http_bridge
