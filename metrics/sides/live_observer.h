// SPDX-License-Identifier: GPL-3.0-or-later
// A running instance as one side of a comparison: the records that its ring still holds, and those
// that come while it is watched.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "metrics/comparison/observation.h"
#include "metrics/layers/layer_group.h"
#include "metrics/rollups/rollup.h"

namespace goxel_telemetry::metrics {

class LiveObserver {
 public:
  // Nothing is opened until the first sweep.
  explicit LiveObserver(const std::string& instance);

  // The first sweep reads what the ring holds. Call it again every 20 to 100 ms for what comes.
  void sweep(const Time& now);
  // As of the last sweep.
  bool is_live() { return group_.daemon().state() == shm::ProducerState::live; }

  // The observation up to the last sweep or, of a daemon that ended, up to its last sign of life;
  // empty if it answered nothing. Throws SideFailure if there is no segment to read; the daemon may
  // be dead.
  Observation finish();

 private:
  void take();
  void add(std::vector<Rollup> more);
  Observation observation(std::uint64_t end_realtime_ns) const;

  LayerGroup group_;
  Time now_{};
  std::uint64_t taken_ns_ = 0;  // CLOCK_MONOTONIC of the last take()
  std::vector<Rollup> rollups_;
  std::vector<TimeStretch> observed_;
};

}  // namespace goxel_telemetry::metrics
