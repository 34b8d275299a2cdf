// SPDX-License-Identifier: GPL-3.0-or-later
// Computes what each hop costs from the sums at each layer, in rows that add up to the whole
// exactly.
#pragma once

#include <array>
#include <vector>

#include "metrics/layers/chain_table.h"
#include "metrics/layers/layers.h"

namespace goxel_telemetry::metrics {

// The sums of one name's chains; see Chain.
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

// For each window, the breakdown of the chain with the most joined operations; the operations of
// the other chains are only counted. Without a chain, source is none.
std::array<Breakdown, kWindowCount> joined_breakdowns(const std::vector<ChainTotals>& chains);

// The answered requests of a stack as one layer saw them.
struct LayerSum {
  Layer layer = Layer::daemon;
  std::uint64_t count = 0;  // not 0
  std::uint64_t sum_ns = 0;
};
// The breakdown of at least two layers, which must come from the outside in; with fewer, source is
// none.
Breakdown subtracted_breakdown(const std::vector<LayerSum>& layers);

}  // namespace goxel_telemetry::metrics
