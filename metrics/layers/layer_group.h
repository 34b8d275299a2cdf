// SPDX-License-Identifier: GPL-3.0-or-later
// Follows a daemon together with the layers outside of it: two segments (shm/segment.h,
// layers_instance()), read by one follower each, whose spans are joined.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "metrics/layers/layers.h"
#include "metrics/layers/operation_listener.h"
#include "metrics/layers/slowest_operations.h"
#include "metrics/live/follower.h"

namespace goxel_telemetry::metrics {

// Not thread-safe: use one per thread. Never blocks and never fails, like a Follower. If no
// request has a trace id, it costs as much as the daemon's follower.
class LayerGroup {
 public:
  // `instance` is the daemon's. Nothing is opened until the first sweep.
  explicit LayerGroup(const std::string& instance);
  ~LayerGroup();
  LayerGroup(LayerGroup&&) noexcept;
  LayerGroup& operator=(LayerGroup&&) noexcept;

  // Sweeps both segments, the daemon's first (the order does not matter: spans wait for each
  // other), then joins what can be joined. Call it every 5 to 100 ms. Each segment may take half of
  // `budget_ns`.
  void sweep(const Time& now, std::uint64_t budget_ns = Follower::kUnlimited);

  // The daemon's snapshot; its operations include those that the outer layers saw.
  Snapshot snapshot(const Time& now);

  // Made from a snapshot that this group has just taken, anew once a second, half a second after one has ended: then
  // operations that are joined at once are in it. Others come into the windows as they are joined. Never null.
  std::shared_ptr<const LayersView> layers(const Snapshot& taken);

  // The slowest operations that were joined in the last fifteen minutes.
  std::shared_ptr<const SlowestOperations::Kept> slowest();

  // Operations beyond a few have their places among those of other groups. Before the first sweep.
  void share(const std::shared_ptr<OperationPlaces>& places);
  // What the windows need. If it is more than their limit, the oldest part of all of them is given up,
  // once a second: they then cover less time, and snapshots say so.
  static constexpr std::size_t kMostWindowBytes = std::size_t{128} << 20;
  std::size_t window_bytes();
  void limit_window_bytes(std::size_t most);

  // `listener` gets each operation when it is joined, whenever that ended: also what the rings held before the first sweep.
  // Call it before that.
  void on_operation(OperationListener listener);
  // Joins what waits for more spans, but for what has only just ended: after the last sweep.
  void join_what_waits(const Time& now);

  const std::string& instance() const;
  // The two followers. Do not sweep them: sweep the group.
  Follower& daemon();
  Follower& outer();

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace goxel_telemetry::metrics
