// SPDX-License-Identifier: GPL-3.0-or-later
// Where the time of operations goes, layer by layer, as it was a while ago and as it is: which layer holds how much of a shift.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "metrics/alerts/alert.h"
#include "metrics/layers/layers.h"

namespace goxel_telemetry::metrics {

// Means of the last minute, in nanoseconds, of the time in a layer less that in the next inner one; from the outside in. Only of joined
// operations: then they are of the same operations in each layer.
using HopMeans = std::vector<std::pair<std::string, double>>;

// By stack and the method that does an operation's work; the method of a whole stack is empty.
using HopMeansByOperation = std::map<std::pair<std::string, std::string>, HopMeans>;
HopMeansByOperation hop_means(const LayersView& view);

// What each layer has added; the greatest part first. Empty unless both are of the same layers.
std::vector<LayerShift> layer_shifts(const HopMeans& before, const HopMeans& after);

class KeptHopMeans {
 public:
  static constexpr std::size_t kMost = 48;  // ticks

  void add(std::uint64_t tick, HopMeansByOperation means);
  const HopMeansByOperation& latest() const;
  // As of that tick, or of the oldest that is known.
  const HopMeansByOperation& as_of(std::uint64_t tick) const;

 private:
  std::deque<std::pair<std::uint64_t, HopMeansByOperation>> ticks_;
};

}  // namespace goxel_telemetry::metrics
