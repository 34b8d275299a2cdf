// SPDX-License-Identifier: GPL-3.0-or-later
#include "viewer-qt/models/operation_rows.h"

#include <limits>
#include <map>
#include <string>
#include <utility>

#include "metrics/comparison/tool_method.h"
#include "metrics/layers/span_chain.h"
#include "metrics/tally/tally.h"

namespace goxel_telemetry::viewer {
namespace {

// Sums of a row or a group, whole and by block.
struct Sums {
  explicit Sums(std::size_t blocks) : busy_ns(blocks), answered(blocks) {}

  void add(const metrics::BlockSeries& series) {
    series.for_each([this](std::uint32_t block, const metrics::Tally& tally) {
      whole.merge(tally);
      if (block >= busy_ns.size()) return;
      busy_ns[block] += static_cast<double>(tally.latency.sum());
      answered[block] += tally.latency.count();
    });
  }
  void put_into(OperationRow& row, double seconds) const {
    row.stats = metrics::stats_of(whole, seconds);
    row.busy_ns = static_cast<double>(whole.latency.sum());
    for (std::size_t i = 0; i < busy_ns.size(); ++i) {
      row.trend.push_back(answered[i] == 0
                              ? std::numeric_limits<float>::quiet_NaN()
                              : static_cast<float>(busy_ns[i] / static_cast<double>(answered[i])));
    }
  }

  metrics::Tally whole;
  std::vector<double> busy_ns;
  std::vector<std::uint64_t> answered;
};

// From the outside in, but the daemon, whose numbers are exact, before all; other names come last.
int standing(const std::string& layer) {
  const auto known = metrics::layer_named(layer);
  if (known == metrics::Layer::daemon) return -1;
  return known ? static_cast<int>(*known) : static_cast<int>(metrics::kLayerCount);
}

}  // namespace

std::vector<OperationGroup> operation_groups(const metrics::Observation& observation,
                                             const metrics::Snapshot& now,
                                             const Selection& selection) {
  std::map<metrics::OperationKey, const metrics::OperationStats*> known;
  for (const metrics::OperationStats& operation : now.operations) known[operation.key] = &operation;
  const double seconds = observation.observed_seconds();
  const std::size_t blocks = observation.observed_ns.size();
  std::map<std::string, std::vector<const metrics::OperationKey*>> by_method;
  for (const auto& [key, series] : observation.operations) {
    if (selection.passes(key)) by_method[metrics::method_of_tool(key.operation)].push_back(&key);
  }
  std::vector<OperationGroup> groups;
  std::map<std::string, double> busy_at;  // by layer
  for (const auto& [method, keys] : by_method) {
    OperationGroup& group = groups.emplace_back();
    group.sum.key.operation = method;
    const std::string* layer = &keys.front()->layer;
    for (const metrics::OperationKey* key : keys) {
      if (standing(key->layer) < standing(*layer)) layer = &key->layer;
    }
    Sums of_group(blocks);
    for (const metrics::OperationKey* key : keys) {
      OperationRow& row = group.rows.emplace_back();
      row.key = *key;
      Sums of_row(blocks);
      of_row.add(observation.operations.at(*key));
      of_row.put_into(row, seconds);
      busy_at[key->layer] += row.busy_ns;
      if (const auto found = known.find(*key); found != known.end()) {
        row.run_total = found->second->run_total.all();
        row.target_ns = found->second->target_ns;
      }
      if (key->layer != *layer) continue;
      of_group.add(observation.operations.at(*key));
      group.sum.run_total += row.run_total;
      group.sum.target_ns = std::max(group.sum.target_ns, row.target_ns);
    }
    of_group.put_into(group.sum, seconds);
    group.sum.key.layer = *layer;
  }
  const auto share = [&busy_at](OperationRow& row) {
    const double all = busy_at[row.key.layer];
    row.share = all == 0 ? 0 : row.busy_ns / all;
  };
  for (OperationGroup& group : groups) {
    for (OperationRow& row : group.rows) share(row);
    share(group.sum);
    group.sum.key.layer.clear();
  }
  return groups;
}

}  // namespace goxel_telemetry::viewer
