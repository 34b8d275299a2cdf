// SPDX-License-Identifier: GPL-3.0-or-later
// An instance as one side of a comparison: what its ring still holds, and what comes while it is
// watched.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "metrics/comparison/observation.h"
#include "metrics/layers/layer_group.h"
#include "metrics/rollup.h"

namespace goxel_telemetry::metrics {

class LiveObserver {
 public:
  // Nothing is opened until the first sweep.
  explicit LiveObserver(const std::string& instance);

  // The first takes in what the ring holds; further ones, every 20 to 100 ms, what comes.
  void sweep(const Collector::Time& now);
  // As of the last sweep.
  bool is_live() { return group_.daemon().state() == ProducerState::live; }

  // Up to the last sweep, or the last sign of life of a daemon that ended; empty if it answered
  // nothing. Throws SideFailure unless there is a segment to read; its daemon may be dead.
  Observation finish();

 private:
  void take();
  void add(std::vector<Rollup> more);
  Observation observation(std::uint64_t end_realtime_ns) const;

  LayerGroup group_;
  Collector::Time now_{};
  std::uint64_t taken_ns_ = 0;  // CLOCK_MONOTONIC of the last take()
  std::vector<Rollup> rollups_;
  std::vector<TimeStretch> observed_;
};

}  // namespace goxel_telemetry::metrics
