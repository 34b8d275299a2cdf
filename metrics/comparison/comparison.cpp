// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/comparison/comparison.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <span>
#include <tuple>
#include <utility>

#include "metrics/comparison/distribution.h"
#include "metrics/comparison/interval.h"
#include "metrics/comparison/strata.h"
#include "metrics/comparison/tool_method.h"

namespace goxel_telemetry::metrics {
namespace {

using SeriesByKey = std::map<OperationKey, std::vector<const BlockSeries*>>;

SeriesByKey chosen(const Observation& observation, const ComparisonOptions& options) {
  const auto wanted = [](const std::string& one, const std::string& name) {
    return one.empty() || one == name;
  };
  const std::string operation =
      options.across_stacks ? method_of_tool(options.operation) : options.operation;
  SeriesByKey out;
  for (const auto& [key, series] : observation.operations) {
    OperationKey shown = key;
    if (options.across_stacks) {
      shown.stack = shown.protocol = "";
      shown.operation = method_of_tool(key.operation);
    }
    if (!wanted(operation, shown.operation) || !wanted(options.stack, key.stack) ||
        !wanted(options.layer, key.layer)) {
      continue;
    }
    out[shown].push_back(&series);
  }
  return out;
}

OperationKey layer_of(const OperationKey& key) {
  return {key.stack, "", key.layer, ""};
}

LatencyShifts latency_shifts(const LatencyEstimates& a, const LatencyEstimates& b, double level) {
  return {shift_of(a.mean, b.mean, Scale::logarithm, level),
          shift_of(a.quantile[0], b.quantile[0], Scale::logarithm, level),
          shift_of(a.quantile[1], b.quantile[1], Scale::logarithm, level),
          shift_of(a.quantile[2], b.quantile[2], Scale::logarithm, level),
          shift_of(a.quantile[3], b.quantile[3], Scale::logarithm, level)};
}

void judge_ratio(Shift& shift, const ComparisonOptions& options) {
  judge(shift, shift.shift && relevant_ratio(*shift.shift, options.least_relevant), options.level);
}

// The verdict by the first of these numbers whose shift is proven.
std::pair<Verdict, std::string> verdict_on(const LatencyShifts& latency) {
  const std::pair<const Shift&, const char*> order[] = {{latency.mean, "mean"},
                                                        {latency.p50, "p50"},
                                                        {latency.p90, "p90"},
                                                        {latency.p95, "p95"},
                                                        {latency.p99, "p99"}};
  bool enough_data = false;
  for (const auto& [shift, name] : order) {
    if (shift.change == Change::more) return {Verdict::slower, name};
    if (shift.change == Change::less) return {Verdict::faster, name};
    enough_data = enough_data || shift.change == Change::not_proven;
  }
  return {enough_data ? Verdict::no_proven_difference : Verdict::too_little_data, ""};
}

SideCounts counts_of(const Stratum& stratum) {
  SideCounts counts;
  const Outcomes& outcomes = stratum.total.outcomes;
  counts.records = outcomes.all();
  counts.answered = stratum.total.latency.count();
  counts.failed = outcomes.failed();
  std::set<std::uint32_t> blocks;
  for (const BlockSeries* part : stratum.parts) {
    part->for_each_outcomes(
        [&blocks](std::uint32_t block, const Outcomes&) { blocks.insert(block); });
  }
  counts.blocks = static_cast<std::uint32_t>(blocks.size());
  return counts;
}

// Compares the strata of two observations.
class Comparer {
 public:
  Comparer(const Observation& a, const Observation& b, const ComparisonOptions& options)
      : a_(a), b_(b), options_(options) {}

  ComparedOperation operation(const OperationKey& key, const Stratum& a, const Stratum& b) const {
    const double level = options_.level;
    ComparedOperation out;
    out.key = key;
    out.a = counts_of(a);
    out.b = counts_of(b);
    out.latency = latency_shifts(estimate_latency(a_, {a}), estimate_latency(b_, {b}), level);
    out.throughput =
        shift_of(estimate_throughput(a_, a), estimate_throughput(b_, b), Scale::logarithm, level);
    out.failure_ratio =
        shift_of(estimate_failure_ratio(a_, a), estimate_failure_ratio(b_, b), Scale::plain, level);
    if (out.a.answered != 0 && out.b.answered != 0) {
      out.probability_b_slower = probability_of_superiority(a.total.latency, b.total.latency);
    }
    return out;
  }

  // Compares the same operations on both sides, with the same shares. Fills in `adjusted` and the
  // shares that it covers.
  void adjust_mix(std::vector<Stratum> a, std::vector<Stratum> b, ComparedLayer& layer) const {
    const auto answered = [](const SideCounts& counts) {
      return static_cast<double>(std::max<std::uint64_t>(1, counts.answered));
    };
    double sum = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
      const double share_a =
          static_cast<double>(a[i].total.latency.count()) / answered(layer.raw.a);
      const double share_b =
          static_cast<double>(b[i].total.latency.count()) / answered(layer.raw.b);
      layer.covered_a += share_a;
      layer.covered_b += share_b;
      a[i].weight = b[i].weight = (share_a + share_b) / 2;
      sum += a[i].weight;
    }
    if (a.empty()) return;
    for (std::size_t i = 0; i < a.size(); ++i) {
      a[i].weight /= sum;
      b[i].weight /= sum;
    }
    layer.adjusted =
        latency_shifts(estimate_latency(a_, a), estimate_latency(b_, b), options_.level);
  }

 private:
  const Observation& a_;
  const Observation& b_;
  const ComparisonOptions& options_;
};

std::vector<Shift*> all_of(LatencyShifts& latency) {
  return {&latency.mean, &latency.p50, &latency.p90, &latency.p95, &latency.p99};
}

// The latencies of these operations are one set of questions, their throughputs another, their
// failures the third.
void judge_operations(std::span<ComparedOperation> operations, const ComparisonOptions& options) {
  std::vector<Shift*> latencies, throughputs, failures;
  for (ComparedOperation& operation : operations) {
    for (Shift* shift : all_of(operation.latency)) latencies.push_back(shift);
    throughputs.push_back(&operation.throughput);
    failures.push_back(&operation.failure_ratio);
  }
  for (const auto& shifts : {latencies, throughputs, failures}) adjust_as_one_set(shifts);
  for (Shift* shift : latencies) judge_ratio(*shift, options);
  for (Shift* shift : throughputs) judge_ratio(*shift, options);
  for (Shift* shift : failures) judge(*shift, true, options.level);
  for (ComparedOperation& operation : operations) {
    std::tie(operation.verdict, operation.verdict_by) = verdict_on(operation.latency);
  }
}

// Each layer is a question of its own, asked whatever the answers for its operations are.
void judge_layer(ComparedLayer& layer, const ComparisonOptions& options) {
  judge_operations({&layer.raw, 1}, options);
  adjust_as_one_set(all_of(layer.adjusted));
  for (Shift* shift : all_of(layer.adjusted)) judge_ratio(*shift, options);
  std::tie(layer.verdict, layer.verdict_by) = verdict_on(layer.adjusted);
}

}  // namespace

ComparedSide describe_side(const Observation& observation) {
  ComparedSide side;
  side.begin_seconds = observation.begin_seconds;
  side.end_seconds = observation.end_seconds();
  side.observed_seconds = observation.observed_seconds();
  side.block_seconds = observation.block_seconds;
  for (const std::uint64_t ns : observation.observed_ns) side.blocks += ns != 0;
  return side;
}

const char* to_string(Verdict verdict) {
  switch (verdict) {
    case Verdict::too_little_data:
      break;
    case Verdict::no_proven_difference:
      return "no proven difference";
    case Verdict::faster:
      return "faster";
    case Verdict::slower:
      return "slower";
  }
  return "too little data";
}

Comparison compare(const Observation& a, const Observation& b, const ComparisonOptions& options) {
  Comparison out;
  out.level = options.level;
  out.least_relevant = options.least_relevant;
  out.a = describe_side(a);
  out.b = describe_side(b);

  const SeriesByKey of_a = chosen(a, options);
  const SeriesByKey of_b = chosen(b, options);
  std::set<OperationKey> keys;
  for (const auto& [key, parts] : of_a) keys.insert(key);
  for (const auto& [key, parts] : of_b) keys.insert(key);
  const auto parts_of = [](const SeriesByKey& all, const OperationKey& key) {
    const auto found = all.find(key);
    return found == all.end() ? std::vector<const BlockSeries*>() : found->second;
  };

  struct Layer {
    std::vector<const BlockSeries*> parts_a, parts_b;
    std::vector<Stratum> strata_a, strata_b;
  };
  std::map<OperationKey, Layer> layers;
  const Comparer comparer(a, b, options);
  for (const OperationKey& key : keys) {
    Stratum stratum_a = stratum_of(parts_of(of_a, key));
    Stratum stratum_b = stratum_of(parts_of(of_b, key));
    out.operations.push_back(comparer.operation(key, stratum_a, stratum_b));
    Layer& layer = layers[layer_of(key)];
    layer.parts_a.insert(layer.parts_a.end(), stratum_a.parts.begin(), stratum_a.parts.end());
    layer.parts_b.insert(layer.parts_b.end(), stratum_b.parts.begin(), stratum_b.parts.end());
    if (std::min(stratum_a.total.latency.count(), stratum_b.total.latency.count()) >=
        kFewestRequests) {
      layer.strata_a.push_back(std::move(stratum_a));
      layer.strata_b.push_back(std::move(stratum_b));
    }
  }
  judge_operations(out.operations, options);

  for (auto& [key, layer] : layers) {
    ComparedLayer& compared = out.layers.emplace_back();
    compared.raw = comparer.operation(key, stratum_of(layer.parts_a), stratum_of(layer.parts_b));
    comparer.adjust_mix(std::move(layer.strata_a), std::move(layer.strata_b), compared);
    judge_layer(compared, options);
  }
  return out;
}

}  // namespace goxel_telemetry::metrics
