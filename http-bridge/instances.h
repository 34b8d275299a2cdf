// SPDX-License-Identifier: GPL-3.0-or-later
// Watches daemons: one thread sweeps their segments, often, and shows what it has seen as snapshots:
// once a second, and when somebody asks. Sweeps are cheap, and what they have counted cannot be lost;
// snapshots cost as much as thirty of them.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
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
#include "http-bridge/turns.h"
#include "metrics/layers/layer_group.h"
#include "shm/segment.h"

namespace goxel_telemetry::http_bridge {

class Instances {
 public:
  static constexpr std::size_t kMostWatched = 32;
  static constexpr std::uint64_t kBudgetNs = 50'000'000;
  // What the windows of all instances may need, and those of one.
  static constexpr std::size_t kMostWindowBytes = std::size_t{256} << 20;
  static constexpr std::size_t kMostWindowBytesOfOne = std::size_t{64} << 20;

  // Watches these daemons, whether they exist or not, each with its outer layers. Without names:
  // watches all daemons on the machine, and looks for new ones about once a second. If there are
  // more than kMostWatched, places go to those of the highest standing
  // (metrics/live/instances_here.h): to live daemons first, and last to one whose segment is gone,
  // which stays known as long as its place is not needed. `list` returns the names of the instances
  // on the machine, sorted.
  using List = std::function<std::vector<std::string>()>;
  // A sweep takes about `budget_ns`, which all instances share: one that has more to read goes on at
  // the next sweep, and delays no other.
  explicit Instances(std::vector<std::string> names, List list = shm::list_instances,
                     std::uint64_t budget_ns = kBudgetNs,
                     std::size_t most_window_bytes = kMostWindowBytes);

  // Gives rollups to `history` about once a second, and at the end. Call it before start();
  // `history` must outlive this object.
  void keep_history(HistoryService& history);

  // `listener` gets each operation that is joined, with its daemon's follower: during a sweep, so it must not wait. Snapshots say what
  // `counts` says then. Call it before start().
  using Listener = std::function<void(const metrics::Follower&, const metrics::ListenedOperation&)>;
  void export_operations(Listener listener, std::function<ExportCounts()> counts);

  // Snapshots say what `counts` and `series` say then. Call it before start().
  using Series = std::shared_ptr<const std::vector<metrics::InstanceSeries>>;
  void show_alerts(std::function<std::shared_ptr<const AlertCounts>()> counts,
                   std::function<Series()> series) {
    alert_counts_ = std::move(counts);
    series_ = std::move(series);
  }

  // `listener` gets what each instance did in each tick (metrics/live/tick.h), of its daemon and of its outer layers, soon after it has
  // ended: during a sweep, so it must not wait. Call it before start().
  using TickListener =
      std::function<void(const std::string& instance, metrics::Tick daemon, metrics::Tick outer)>;
  void on_tick(TickListener listener) { tick_listener_ = std::move(listener); }

  // Sweeps and shows once, then goes on on a thread of its own until destruction.
  void start();

  // Sweeps a last time, and gives what there is to the history. The snapshots stay.
  void stop() { thread_ = {}; }

  // Sweeps and shows once. Only before start().
  void sweep(const metrics::Time& now);

  // At most about a second old; empty before the first, never null. Thread-safe.
  std::shared_ptr<const Snapshots> latest() const;
  // Of this moment, or of the last 5 ms (50 ms, while so many ask that snapshots would never end): `latest` if they
  // cannot be had in kLongestWait. After start(). Thread-safe.
  std::shared_ptr<const Snapshots> newest();
  static constexpr std::chrono::nanoseconds kLongestWait{kBudgetNs};  // as long as a sweep may take

  // How many sweeps there were, good ones and others. Thread-safe.
  std::uint64_t sweeps() const { return sweeps_; }

 private:
  struct View {
    metrics::Snapshot snapshot;
    std::shared_ptr<const metrics::LayersView> layers;
    std::shared_ptr<const metrics::SlowestOperations::Kept> slowest;
  };
  void run(const std::stop_token& stop);
  void sweep_or_complain(bool is_asked);
  void read(const metrics::Time& now);
  void show(const metrics::Time& now);
  std::chrono::nanoseconds rest();
  bool may_hurry(std::uint64_t now_ns);
  const std::string& name_of(std::size_t group) const { return groups_[group].instance(); }
  void look_for_new();
  metrics::LayerGroup& watch(const std::string& name);
  void share_memory();
  std::vector<std::string> make_room(const std::vector<std::string>& present,
                                     std::vector<std::string> fresh);
  void drop(const std::string& name);
  void hand_out(const metrics::Time& now);
  void begin_history(metrics::LayerGroup& group);
  void listen_to(metrics::LayerGroup& group);
  void hand_out_ticks(const metrics::Time& now);

  const bool watches_all_;
  const List list_;
  const std::uint64_t budget_ns_;
  const std::size_t most_window_bytes_;
  std::atomic<std::uint64_t> sweeps_ = 0;
  std::uint64_t shared_second_ = 0;  // when memory was shared the last time
  const std::shared_ptr<metrics::OperationPlaces> places_ =
      std::make_shared<metrics::OperationPlaces>();
  std::vector<metrics::LayerGroup> groups_;    // sorted by instance
  std::optional<std::uint64_t> looked_at_ns_;  // CLOCK_MONOTONIC of the last look for new instances
  Turns reading_;
  Turns showing_;
  std::string looked_until_;  // the last name that was looked at while places were few
  std::uint64_t left_out_ = 0;
  HistoryService* history_ = nullptr;
  Listener listener_;
  TickListener tick_listener_;
  std::optional<std::uint64_t> next_tick_;  // that is to be handed out
  std::function<ExportCounts()> export_counts_;
  std::function<std::shared_ptr<const AlertCounts>()> alert_counts_;
  std::function<Series()> series_;
  std::optional<std::uint64_t> began_ns_;       // CLOCK_MONOTONIC of the first sweep
  std::set<std::string> with_outer_history_;    // those whose outer layers' history has begun
  std::optional<std::uint64_t> handed_out_ns_;  // CLOCK_MONOTONIC of the last hand-out

  mutable std::mutex mutex_;  // guards what follows, and is held only for that
  std::shared_ptr<const Snapshots> latest_ = std::make_shared<Snapshots>();
  std::uint64_t shown_ns_ = 0;  // CLOCK_MONOTONIC, when latest_ was made
  bool is_asked_ = false;
  std::uint64_t hurried_until_ns_ =
      0;  // CLOCK_MONOTONIC: each hurried snapshot takes a time that has passed
  std::condition_variable_any asked_;
  std::condition_variable shown_;

  std::jthread thread_;  // last member: ends before the others are destroyed
};

}  // namespace goxel_telemetry::http_bridge
