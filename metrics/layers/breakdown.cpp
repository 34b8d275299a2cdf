// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/layers/breakdown.h"

#include <algorithm>
#include <bit>
#include <tuple>

#include "metrics/live/window_stats.h"

namespace goxel_telemetry::metrics {
namespace {

constexpr std::array<const char*, kLayerCount> kTitles = {"MCP Client", "Server", "TS Client",
                                                          "Daemon"};

const char* title(Layer layer) {
  return kTitles[static_cast<std::size_t>(layer)];
}
const char* name(Layer layer) {
  return kLayerNames[static_cast<std::size_t>(layer)];
}

Hop row_of(Layer outer, Layer inner) {
  Hop hop;
  hop.name = std::string(title(outer)) + " → " + title(inner);
  hop.outer = name(outer);
  hop.inner = name(inner);
  return hop;
}
Hop row_of(Layer innermost) {
  Hop hop;
  hop.name = title(innermost);
  if (innermost != Layer::daemon) hop.name += " and what lies in it";
  hop.outer = name(innermost);
  return hop;
}

std::int64_t rounded_mean(WideSum sum, std::uint64_t count) {
  constexpr WideSum kMost = INT64_MAX;
  return static_cast<std::int64_t>(std::min(kMost, (sum + count / 2) / count));
}

// Makes one row for each layer. `means_ns`: of the layers, from the outside in. The differences of
// rounded means add up; rounded differences would not.
void fill_means(Breakdown& breakdown, const std::vector<std::int64_t>& means_ns) {
  breakdown.mean_ns = means_ns.front();
  for (std::size_t i = 0; i < means_ns.size(); ++i) {
    const std::int64_t inner = i + 1 < means_ns.size() ? means_ns[i + 1] : 0;
    Hop& hop = breakdown.hops[i];
    hop.mean_ns = means_ns[i] - inner;
    if (breakdown.mean_ns > 0) {
      hop.share = static_cast<double>(hop.mean_ns) / static_cast<double>(breakdown.mean_ns);
    }
  }
}

std::vector<Hop> rows_of(const std::vector<Layer>& layers) {
  std::vector<Hop> rows;
  for (std::size_t i = 0; i + 1 < layers.size(); ++i) {
    rows.push_back(row_of(layers[i], layers[i + 1]));
  }
  rows.push_back(row_of(layers.back()));
  return rows;
}

Breakdown joined_breakdown(const ChainTotals& chain, std::size_t window) {
  const Histogram& duration = chain.duration[window].latency;
  const std::uint64_t count = duration.count();
  Breakdown breakdown;
  breakdown.source = BreakdownSource::joined;
  breakdown.operations = count;
  breakdown.duration = latency_of(duration);
  breakdown.hops = rows_of(layers_in(chain.layers));
  std::vector<std::int64_t> means_ns(chain.hops.size());
  WideSum inside = 0;  // time at this layer: that of this hop and of those further in
  for (std::size_t i = chain.hops.size(); i-- > 0;) {
    const Tally& tally = chain.hops[i].cost[window];
    Hop& hop = breakdown.hops[i];
    inside += tally.latency.sum();
    means_ns[i] = rounded_mean(inside, count);
    hop.cost = latency_of(tally.latency);
    if (hop.inner.empty()) continue;
    hop.mean_there_ns = static_cast<double>(tally.wait_ns) / static_cast<double>(count);
    hop.mean_back_ns = static_cast<double>(tally.send_ns) / static_cast<double>(count);
    const Histogram& there = chain.hops[i].there[window].latency;
    const Histogram& back = chain.hops[i].back[window].latency;
    if (there.count() != 0) hop.there = latency_of(there);
    if (back.count() != 0) hop.back = latency_of(back);
  }
  fill_means(breakdown, means_ns);
  return breakdown;
}

}  // namespace

const char* to_string(BreakdownSource source) {
  switch (source) {
    case BreakdownSource::joined:
      return "joined";
    case BreakdownSource::by_subtraction:
      return "by_subtraction";
    case BreakdownSource::none:
      break;
  }
  return "none";
}

ChainTotals totals_of(LayerSet layers, Chain& chain) {
  ChainTotals totals{layers, chain.duration.totals(), {}};
  for (Chain::Hop& hop : chain.hops) {
    totals.hops.push_back({hop.cost.totals(), hop.there.totals(), hop.back.totals()});
  }
  return totals;
}

std::array<Breakdown, kWindowCount> joined_breakdowns(const std::vector<ChainTotals>& chains) {
  std::array<Breakdown, kWindowCount> breakdowns;
  for (std::size_t window = 0; window < kWindowCount; ++window) {
    const ChainTotals* most = nullptr;
    std::uint64_t all = 0;
    const auto rank = [&](const ChainTotals& chain) {
      return std::tuple(chain.duration[window].latency.count(), std::popcount(chain.layers),
                        chain.layers);
    };
    for (const ChainTotals& chain : chains) {
      all += chain.duration[window].latency.count();
      if (most == nullptr || rank(chain) > rank(*most)) most = &chain;
    }
    if (all == 0) continue;
    breakdowns[window] = joined_breakdown(*most, window);
    breakdowns[window].other_chains = all - breakdowns[window].operations;
  }
  return breakdowns;
}

Breakdown subtracted_breakdown(const std::vector<LayerSum>& sums) {
  Breakdown breakdown;
  if (sums.size() < 2) return breakdown;
  breakdown.source = BreakdownSource::by_subtraction;
  breakdown.operations = sums.front().count;
  std::vector<Layer> layers;
  std::vector<std::int64_t> means_ns;
  for (const LayerSum& sum : sums) {
    layers.push_back(sum.layer);
    means_ns.push_back(rounded_mean(sum.sum_ns, sum.count));
  }
  breakdown.hops = rows_of(layers);
  fill_means(breakdown, means_ns);
  return breakdown;
}

}  // namespace goxel_telemetry::metrics
