// SPDX-License-Identifier: GPL-3.0-or-later
// Sums at each layer -> what each hop costs, in rows that add up to the whole exactly.
#pragma once

#include <array>
#include <vector>

#include "metrics/layers/chain_table.h"
#include "metrics/layers/layers.h"

namespace goxel_telemetry::metrics {

// One name's chains, summed up; see Chain.
struct ChainTotals {
  LayerSet layers = 0;
  WindowTallies duration;
  struct Hop {
    WindowTallies cost;
    WindowTallies there;
    WindowTallies back;
  };
  std::vector<Hop> hops;
};
ChainTotals totals_of(LayerSet layers, Chain& chain);

// In each window of the chain that most operations were joined to; the others are counted.
// Without any, source is none.
std::array<Breakdown, kWindowCount> joined_breakdowns(const std::vector<ChainTotals>& chains);

// Answered requests of a stack as one layer saw them.
struct LayerSum {
  Layer layer = Layer::daemon;
  std::uint64_t count = 0;  // not 0
  std::uint64_t sum_ns = 0;
};
// Of at least two layers, from the outside in; else source is none.
Breakdown subtracted_breakdown(const std::vector<LayerSum>& layers);

}  // namespace goxel_telemetry::metrics
