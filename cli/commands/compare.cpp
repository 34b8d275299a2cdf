// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/commands/compare.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <map>
#include <sstream>
#include <vector>

#include "cli/commands/comparison_answer.h"
#include "cli/screen/facts.h"
#include "cli/screen/json.h"
#include "cli/screen/table.h"
#include "cli/screen/telling_apart.h"
#include "cli/target.h"
#include "metrics/text/format.h"

namespace goxel_telemetry::cli {
namespace {

using metrics::format_count;

// "+12.3 %"
std::string signed_percent(double ratio) {
  return (ratio < 0 ? "-" : "+") + metrics::format_percent(std::abs(ratio));
}

// "5 %": as a person would write it.
std::string plain_percent(double ratio) {
  std::array<char, 32> text;
  std::snprintf(text.data(), text.size(), "%g %%", ratio * 100);
  return text.data();
}

std::string limit(const std::optional<double>& ratio) {
  if (!ratio) return "?";
  std::string text = signed_percent(*ratio);
  return text.substr(0, text.find(' '));
}

// "+12.3 % (+8.10 .. +16.7)"; a proven shift has the colour of good or bad news.
Cell shift_cell(const metrics::Shift& shift, bool more_is_bad = true) {
  if (!shift.shift) return {"-", Emphasis::faint};
  std::string text = signed_percent(*shift.shift);
  if (shift.change == metrics::Change::too_little_data) return {text, Emphasis::faint};
  text += " (" + limit(shift.low) + " .. " + limit(shift.high) + ')';
  if (shift.change == metrics::Change::not_proven) return {text};
  const bool more = shift.change == metrics::Change::more;
  return {text, more == more_is_bad ? Emphasis::bad : Emphasis::good};
}

Cell neutral_cell(const metrics::Shift& shift) {
  Cell cell = shift_cell(shift);
  if (cell.emphasis != Emphasis::faint) cell.emphasis = Emphasis::none;
  return cell;
}

Cell verdict_cell(metrics::Verdict verdict, const std::string& by) {
  std::string text = metrics::to_string(verdict);
  if (!by.empty() && by != "mean") text += " (" + by + ')';
  switch (verdict) {
    case metrics::Verdict::slower:
      return {text, Emphasis::bad};
    case metrics::Verdict::faster:
      return {text, Emphasis::good};
    case metrics::Verdict::no_proven_difference:
      return {text};
    case metrics::Verdict::too_little_data:
      break;
  }
  return {text, Emphasis::faint};
}

std::string duration(const std::optional<double>& ns) {
  return ns ? metrics::format_duration(*ns) : "-";
}

std::string side_line(const char* label, const metrics::Side& side,
                      const metrics::ComparedSide& seen, const Style& style) {
  return fact_line(label,
                   {side.description,
                    metrics::format_date_time(seen.begin_seconds * 1'000'000'000) + " to " +
                        metrics::format_date_time(seen.end_seconds * 1'000'000'000),
                    metrics::format_duration(seen.observed_seconds * 1e9) + " watched, in " +
                        plural(seen.blocks, "block")},
                   style);
}

// In lines of at most `width` columns, broken at spaces; 0: one line.
std::string folded(const std::string& text, std::size_t width) {
  std::string lines;
  std::size_t used = 0;
  std::istringstream words(text);
  for (std::string word; words >> word;) {
    const bool first = used == 0;
    const bool fits = first || width == 0 || used + 1 + columns(word) <= width;
    if (!first) lines += fits ? ' ' : '\n';
    used = fits && !first ? used + 1 + columns(word) : columns(word);
    lines += word;
  }
  return lines + '\n';
}

std::string where(const metrics::OperationKey& key) {
  return key.stack.empty() ? key.layer : key.layer + ", " + key.stack;
}

bool on_both_sides(const metrics::ComparedOperation& operation) {
  return operation.a.records != 0 && operation.b.records != 0;
}

// Columns without any text are left out of a table.
Cell cell_if(bool shown, const Cell& cell) {
  return shown ? cell : Cell("");
}

std::string layers_table(const metrics::Comparison& comparison, bool all, const Style& style) {
  Table table({{"LAYER", Align::left},
               {"MIX", Align::left},
               {"REQUESTS A", Align::right, 4},
               {"REQUESTS B", Align::right, 4},
               {"MEAN A", Align::right, 2},
               {"MEAN B", Align::right, 2},
               {"MEAN"},
               {"P50", Align::right, 1},
               {"P90", Align::right, 6},
               {"P95", Align::right, 5},
               {"P99", Align::right, 3},
               {"VERDICT", Align::left}});
  const auto add = [&table, all](const std::string& layer, const std::string& mix,
                                 const std::string& requests_a, const std::string& requests_b,
                                 const metrics::LatencyShifts& l, Cell verdict) {
    table.add({layer, mix, requests_a, requests_b, duration(l.mean.a), duration(l.mean.b),
               shift_cell(l.mean), cell_if(all, shift_cell(l.p50)), cell_if(all, shift_cell(l.p90)),
               shift_cell(l.p95), cell_if(all, shift_cell(l.p99)), std::move(verdict)});
  };
  for (const metrics::ComparedLayer& layer : comparison.layers) {
    const metrics::ComparedOperation& raw = layer.raw;
    if (!on_both_sides(raw)) {
      add(where(raw.key), "as it was", format_count(raw.a.records), format_count(raw.b.records),
          raw.latency, Cell(raw.a.records != 0 ? "only in A" : "only in B", Emphasis::faint));
      continue;
    }
    add(where(raw.key), "same mix", metrics::format_percent(layer.covered_a),
        metrics::format_percent(layer.covered_b), layer.adjusted,
        verdict_cell(layer.verdict, layer.verdict_by));
    if (!all) continue;
    add("", "as it was", format_count(raw.a.records), format_count(raw.b.records), raw.latency,
        verdict_cell(raw.verdict, raw.verdict_by));
  }
  return table.render(style);
}

// Proven shifts first; among them the largest shift of the mean first.
std::vector<const metrics::ComparedOperation*> in_order(const metrics::Comparison& comparison) {
  std::vector<const metrics::ComparedOperation*> order;
  for (const metrics::ComparedOperation& operation : comparison.operations) {
    order.push_back(&operation);
  }
  const auto rank = [](const metrics::ComparedOperation* o) {
    return std::pair(-static_cast<int>(o->verdict),
                     -std::abs(std::log1p(o->latency.mean.shift.value_or(0))));
  };
  std::stable_sort(order.begin(), order.end(),
                   [&rank](auto* x, auto* y) { return rank(x) < rank(y); });
  return order;
}

bool is_proven(const metrics::Shift& shift) {
  return shift.change == metrics::Change::more || shift.change == metrics::Change::less;
}

bool matters(const metrics::ComparedOperation& operation) {
  return operation.verdict == metrics::Verdict::slower ||
         operation.verdict == metrics::Verdict::faster || is_proven(operation.failure_ratio);
}

// What the table leaves out.
std::string remaining_line(std::size_t shown, std::size_t remaining, std::size_t too_little) {
  std::string line = shown == 0 ? "No operation has a proven difference: " : "";
  line += plural(remaining, shown == 0 ? "operation" : "more operation") +
          (shown == 0 ? " compared" : " without a proven difference");
  if (too_little != 0) line += ", " + format_count(too_little) + " with too little data";
  return line + " (--all shows them).\n";
}

std::string operations_table(const metrics::Comparison& comparison, bool all, const Style& style) {
  std::vector<const metrics::ComparedOperation*> shown;
  std::vector<const metrics::OperationKey*> keys;
  std::size_t remaining = 0;
  std::size_t too_little = 0;
  for (const metrics::ComparedOperation* o : in_order(comparison)) {
    if (!on_both_sides(*o)) continue;
    if (all || matters(*o)) {
      shown.push_back(o);
      keys.push_back(&o->key);
    } else {
      ++remaining;
      too_little += o->verdict == metrics::Verdict::too_little_data;
    }
  }
  std::string rest = remaining == 0 ? "" : remaining_line(shown.size(), remaining, too_little);
  if (shown.empty() && remaining != 0) return rest;
  const auto fails_otherwise = [](auto* o) { return is_proven(o->failure_ratio); };
  const bool failures = all || std::any_of(shown.begin(), shown.end(), fails_otherwise);
  const ToldApartBy apart(keys);
  Table table({{"OPERATION", Align::left},
               {"COUNT A", Align::right, 5},
               {"COUNT B", Align::right, 5},
               {"MEAN A", Align::right, 3},
               {"MEAN B", Align::right, 3},
               {"MEAN"},
               {"P50", Align::right, 1},
               {"P90", Align::right, 8},
               {"P95", Align::right, 6},
               {"P99", Align::right, 2},
               {"RATE", Align::right, 9},
               {"FAILURES", Align::right, 7},
               {"B SLOWER", Align::right, 10},
               {"VERDICT", Align::left},
               {"PROTOCOL", Align::left, apart.protocol_rank(11)},
               {"STACK", Align::left, apart.stack_rank(11)},
               {"LAYER", Align::left, apart.layer_rank(4)}});
  for (const metrics::ComparedOperation* o : shown) {
    const metrics::LatencyShifts& l = o->latency;
    const std::string b_slower =
        o->probability_b_slower ? metrics::format_percent(*o->probability_b_slower) : "-";
    table.add({o->key.operation, cell_if(all, format_count(o->a.records)),
               cell_if(all, format_count(o->b.records)), duration(l.mean.a), duration(l.mean.b),
               shift_cell(l.mean), cell_if(all, shift_cell(l.p50)), cell_if(all, shift_cell(l.p90)),
               shift_cell(l.p95), cell_if(all, shift_cell(l.p99)),
               cell_if(all, neutral_cell(o->throughput)),
               cell_if(failures, shift_cell(o->failure_ratio)), cell_if(all, b_slower),
               verdict_cell(o->verdict, o->verdict_by), o->key.protocol, o->key.stack,
               o->key.layer});
  }
  return table.render(style) + rest;
}

// Operations that only one side has, by layer: their names, or only their number.
std::string one_sided_lines(const metrics::Comparison& comparison, bool all, const Style& style) {
  std::map<std::pair<bool, std::string>, std::vector<Cell>> names;  // by (only in B, layer)
  for (const metrics::ComparedOperation& o : comparison.operations) {
    if (!on_both_sides(o)) {
      names[{o.a.records == 0, where(o.key)}].emplace_back(o.key.operation);
    }
  }
  std::string text;
  for (auto& [place, operations] : names) {
    if (!all) operations = {Cell(plural(operations.size(), "operation"))};
    operations.insert(operations.begin(), Cell(place.second + ':', Emphasis::strong));
    text += fact_line(place.first ? "only in B" : "only in A", operations, style);
  }
  return text.empty() ? text : '\n' + text;
}

}  // namespace

std::string comparison_screen(const metrics::ComparedSides& compared, bool all,
                              const Style& style) {
  const auto& [a, b, comparison] = compared;
  return folded(comparison_answer(comparison), style.width) + '\n' +
         side_line("A", a, comparison.a, style) + side_line("B", b, comparison.b, style) +
         fact_line(
             "shifts",
             {Cell("of B against A"),
              "in brackets what " + plain_percent(comparison.level) + " intervals leave open",
              "proven ones of at least " + plain_percent(comparison.least_relevant) + " count"},
             style) +
         '\n' + layers_table(comparison, all, style) + '\n' +
         operations_table(comparison, all, style) + one_sided_lines(comparison, all, style);
}

int run_compare(const CompareOptions& options) {
  metrics::SideReader reader = side_reader(options.sources);
  const metrics::ComparedSides compared =
      metrics::compare_sides(reader, options.a, options.b, options.comparison);
  const int written =
      finish(options.json ? comparison_json(compared)
                          : comparison_screen(compared, options.all, output_style()));
  if (written != 0) return written;
  return options.fail_if_slower && says_slower(compared.comparison) ? kExitSlower : 0;
}

}  // namespace goxel_telemetry::cli
