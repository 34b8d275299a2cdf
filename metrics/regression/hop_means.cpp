// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/regression/hop_means.h"

#include <algorithm>

#include "metrics/comparison/tool_method.h"

namespace goxel_telemetry::metrics {
namespace {

void add(const std::string& stack, const std::string& operation, const Breakdown& breakdown,
         HopMeansByOperation& means) {
  if (breakdown.source != BreakdownSource::joined) return;
  HopMeans& of = means[{stack, method_of_tool(operation)}];
  if (!of.empty()) return;  // the one that took most time came first
  for (const Hop& hop : breakdown.hops)
    of.emplace_back(hop.outer, static_cast<double>(hop.mean_ns));
}

const HopMeansByOperation& none() {
  static const HopMeansByOperation empty;
  return empty;
}

}  // namespace

HopMeansByOperation hop_means(const LayersView& view) {
  HopMeansByOperation means;
  for (const StackView& stack : view.stacks) {
    const StackWindow& window = stack.window(Window::one_minute);
    add(stack.stack, "", window.breakdown, means);
    for (const OperationBreakdown& one : window.operations)
      add(stack.stack, one.operation, one.breakdown, means);
  }
  return means;
}

std::vector<LayerShift> layer_shifts(const HopMeans& before, const HopMeans& after) {
  if (before.size() != after.size()) return {};
  std::vector<LayerShift> shifts;
  double sum = 0;
  for (std::size_t i = 0; i < before.size(); ++i) {
    if (before[i].first != after[i].first) return {};
    shifts.push_back({after[i].first, after[i].second - before[i].second, 0});
    sum += shifts.back().shift_ns;
  }
  if (sum <= 0) return {};
  for (LayerShift& shift : shifts) shift.share = shift.shift_ns / sum;
  std::stable_sort(shifts.begin(), shifts.end(), [](const LayerShift& a, const LayerShift& b) {
    return a.shift_ns > b.shift_ns;
  });
  return shifts;
}

void KeptHopMeans::add(std::uint64_t tick, HopMeansByOperation means) {
  if (ticks_.size() == kMost) ticks_.pop_front();
  ticks_.emplace_back(tick, std::move(means));
}

const HopMeansByOperation& KeptHopMeans::latest() const {
  return ticks_.empty() ? none() : ticks_.back().second;
}

const HopMeansByOperation& KeptHopMeans::as_of(std::uint64_t tick) const {
  const auto after = std::find_if(ticks_.begin(), ticks_.end(),
                                  [tick](const auto& one) { return one.first > tick; });
  if (after != ticks_.begin()) return std::prev(after)->second;
  return ticks_.empty() ? none() : ticks_.front().second;
}

}  // namespace goxel_telemetry::metrics
