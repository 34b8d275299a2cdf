// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/commands/comparison_answer.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <vector>

#include "metrics/layer.h"

namespace goxel_telemetry::cli {
namespace {

using metrics::ComparedLayer;
using metrics::Comparison;
using metrics::Verdict;

bool on_both_sides(const ComparedLayer& layer) {
  return layer.raw.a.records != 0 && layer.raw.b.records != 0;
}

// From the outside in; layers of other names are outermost.
int depth(const ComparedLayer& layer) {
  const auto& names = metrics::kLayerNames;
  const auto found = std::find(names.begin(), names.end(), layer.raw.key.layer);
  return found == names.end() ? -1 : static_cast<int>(found - names.begin());
}

std::int64_t requests(const ComparedLayer& layer) {
  return static_cast<std::int64_t>(layer.raw.a.records + layer.raw.b.records);
}

// "36", "1.2": two digits, and whole percent from ten on.
std::string percent(double ratio) {
  std::array<char, 32> text;
  const double value = std::abs(ratio) * 100;
  std::snprintf(text.data(), text.size(), value < 9.95 ? "%.2g" : "%.0f", value);
  return text.data();
}

const metrics::Shift& decisive(const ComparedLayer& layer) {
  if (layer.verdict_by == "p50") return layer.adjusted.p50;
  if (layer.verdict_by == "p90") return layer.adjusted.p90;
  if (layer.verdict_by == "p95") return layer.adjusted.p95;
  if (layer.verdict_by == "p99") return layer.adjusted.p99;
  return layer.adjusted.mean;
}

// "36 % less time than A (30 to 42)"
std::string how_much(const ComparedLayer& layer) {
  const metrics::Shift& shift = decisive(layer);
  const bool less = layer.verdict == Verdict::faster;
  std::string text = percent(*shift.shift) + (less ? " % less" : " % more") + " time than A";
  if (shift.low && shift.high) {
    const auto [first, last] = std::minmax({std::abs(*shift.low), std::abs(*shift.high)});
    text += " (" + percent(first) + " to " + percent(last) + ')';
  }
  if (!layer.verdict_by.empty() && layer.verdict_by != "mean")
    text += " at the " + layer.verdict_by;
  return text;
}

std::string no_difference(const Comparison& comparison) {
  return "no difference of " + percent(comparison.least_relevant) + " % or more is proven";
}

std::string listed(const std::vector<std::string>& names) {
  std::string text;
  for (std::size_t i = 0; i < names.size(); ++i) {
    text += (i == 0 ? "" : i + 1 == names.size() ? " and " : ", ") + names[i];
  }
  return text;
}

std::string only_in(const Comparison& comparison, bool in_a) {
  std::vector<std::string> names;
  for (const ComparedLayer& layer : comparison.layers) {
    const auto& has = in_a ? layer.raw.a : layer.raw.b;
    if (!on_both_sides(layer) && has.records != 0) names.push_back(layer.raw.key.layer);
  }
  if (names.empty()) return {};
  return std::string(" Only ") + (in_a ? "A" : "B") + " has " + listed(names) + '.';
}

std::string about(const ComparedLayer& inner, const Comparison& comparison) {
  const std::string& name = inner.raw.key.layer;
  const std::string begin =
      "; of " + std::string(name == "daemon" ? "the " : "") + name + " itself, ";
  switch (inner.verdict) {
    case Verdict::slower:
    case Verdict::faster:
      return begin + how_much(inner);
    case Verdict::no_proven_difference:
      return begin + no_difference(comparison);
    case Verdict::too_little_data:
      break;
  }
  return begin + "there is too little data";
}

}  // namespace

std::string comparison_answer(const Comparison& comparison) {
  std::vector<const ComparedLayer*> common;
  for (const ComparedLayer& layer : comparison.layers) {
    if (on_both_sides(layer)) common.push_back(&layer);
  }
  const std::string only = only_in(comparison, true) + only_in(comparison, false);
  if (common.empty()) return "A and B have no layer in common: nothing is compared." + only;
  // Of several stacks, the one with the most requests.
  const ComparedLayer& outer =
      **std::min_element(common.begin(), common.end(), [](auto* x, auto* y) {
        return std::pair(depth(*x), -requests(*x)) < std::pair(depth(*y), -requests(*y));
      });
  std::erase_if(common, [&](auto* layer) { return layer->raw.key.stack != outer.raw.key.stack; });
  const ComparedLayer& inner = **std::max_element(
      common.begin(), common.end(), [](auto* x, auto* y) { return depth(*x) < depth(*y); });
  const std::string& stack = outer.raw.key.stack;
  const std::string seen =
      ", as " + outer.raw.key.layer + (stack.empty() ? "" : " of " + stack) + " sees them";

  std::string text;
  switch (outer.verdict) {
    case Verdict::slower:
    case Verdict::faster:
      text = "In this pair of sessions, B takes " + how_much(outer) + " for the same operations" +
             seen;
      break;
    case Verdict::no_proven_difference:
      text = "In this pair of sessions, " + no_difference(comparison) +
             " between A and B for the same operations" + seen;
      break;
    case Verdict::too_little_data:
      text =
          "There is too little data to say whether B differs from A for the same operations" + seen;
      break;
  }
  if (&outer != &inner) text += about(inner, comparison);
  return text + '.' + only;
}

bool says_slower(const Comparison& comparison) {
  const auto slower = [](const auto& one) { return one.verdict == Verdict::slower; };
  return std::any_of(comparison.layers.begin(), comparison.layers.end(), slower) ||
         std::any_of(comparison.operations.begin(), comparison.operations.end(), slower);
}

}  // namespace goxel_telemetry::cli
