// SPDX-License-Identifier: GPL-3.0-or-later
// Follows a daemon together with the layers outside of it: two segments (shm/segment.h,
// layers_instance()), read by one collector each, whose spans are joined.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "metrics/collector.h"
#include "metrics/layers/layers.h"

namespace goxel_telemetry::metrics {

// Not thread-safe: one a thread. Never blocks, never fails, like a Collector. Where no request has
// a trace id, it costs what the daemon's collector costs.
class LayerGroup {
 public:
  // Of the daemon. Nothing is opened until the first sweep.
  explicit LayerGroup(const std::string& instance);
  ~LayerGroup();
  LayerGroup(LayerGroup&&) noexcept;
  LayerGroup& operator=(LayerGroup&&) noexcept;

  // Both segments, then what can be joined. Every 20 to 100 ms.
  void sweep(const Collector::Time& now);

  // The daemon's snapshot, with the operations that the outer layers saw among its operations.
  Snapshot snapshot(const Collector::Time& now);

  // Made anew once a second. What is joined in it lies SpanJoin::kPatienceNs back: its window "now"
  // is the last second for which spans are not waited for any more. Never null.
  std::shared_ptr<const LayersView> layers(const Collector::Time& now);

  const std::string& instance() const;
  // The two, for whoever wants more of them. Sweep the group only.
  Collector& daemon();
  Collector& outer();

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace goxel_telemetry::metrics
