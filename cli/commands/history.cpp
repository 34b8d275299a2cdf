// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/commands/history.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>
#include <vector>

#include "cli/screen/facts.h"
#include "cli/screen/json.h"
#include "cli/screen/table.h"
#include "cli/target.h"
#include "metrics/history/reader.h"
#include "metrics/live/follower.h"
#include "metrics/text/characters.h"
#include "metrics/text/format.h"
#include "metrics/text/time_range.h"

namespace goxel_telemetry::cli {
namespace {

using metrics::HistoryOutcome;
using metrics::HistoryReader;
using metrics::HistoryResult;

constexpr std::uint64_t kNsPerSecond = 1'000'000'000;

// A bar of at most ten columns, in eighths of one.
std::string bar(double share) {
  static constexpr std::array kEighths = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
  const auto eighths = static_cast<std::size_t>(std::lround(std::clamp(share, 0.0, 1.0) * 80));
  std::string text;
  for (std::size_t i = 0; i < eighths / 8; ++i) text += "█";
  text += kEighths[eighths % 8];
  return text.empty() && share > 0 ? kEighths[1] : text;
}

std::string latency(const metrics::Latency& l, double ns) {
  return l.count == 0 ? "-" : metrics::format_duration(ns);
}

bool is_gap(const metrics::HistoryPoint& point) {
  return point.stats.covered_seconds <= 0 && point.stats.outcomes.all() == 0;
}

std::string title(const metrics::HistoryFilter& filter, const metrics::HistoryAnswer& answer,
                  const Style& style) {
  std::string text = style.paint(Emphasis::strong, filter.instance);
  for (const auto& name : {filter.operation, filter.stack, filter.protocol, filter.layer}) {
    if (name) text += ", " + metrics::visible(*name);
  }
  return text + ", each line " +
         metrics::format_duration(static_cast<double>(answer.point_seconds) * 1e9) + '\n';
}

std::string summary(const metrics::WindowStats& whole, const Style& style) {
  std::string text = plural(whole.outcomes.all(), "request") + " in " +
                     metrics::format_duration(whole.covered_seconds * 1e9) +
                     " that were watched, " + metrics::format_rate(whole.rate_per_second);
  if (const std::uint64_t failed = whole.outcomes.all() - whole.outcomes.ok; failed != 0) {
    text += ", " + style.paint(Emphasis::bad, metrics::format_count(failed) + " failed");
  }
  const metrics::Latency& l = whole.latency;
  if (l.count == 0) return text + '\n';
  const auto quantile = [](const char* name, std::uint64_t ns) {
    return std::string(", ") + name + ' ' + metrics::format_duration(static_cast<double>(ns));
  };
  return text + "; mean " + metrics::format_duration(l.mean_ns) + quantile("p50", l.p50_ns) +
         quantile("p90", l.p90_ns) + quantile("p95", l.p95_ns) + quantile("p99", l.p99_ns) +
         quantile("max", l.max_ns) + '\n';
}

int exit_code_of(HistoryOutcome outcome) {
  switch (outcome) {
    case HistoryOutcome::unknown:
    case HistoryOutcome::foreign:
    case HistoryOutcome::newer:
      return kExitUsage;
    default:
      return kExitNotThere;
  }
}

void demand(const HistoryResult& result) {
  if (!result.done()) throw Failure(exit_code_of(result.outcome), result.message);
}

metrics::HistoryAnswer from_file(const HistoryOptions& options, metrics::HistoryQuery& query) {
  HistoryResult result;
  const std::unique_ptr<HistoryReader> reader = HistoryReader::open(options.file, result);
  demand(result);
  if (query.filter.instance.empty()) {
    std::vector<std::string> names;
    demand(reader->instances(names));
    if (names.empty()) {
      throw Failure(kExitNotThere, "the history file " + options.file + " has no instance yet");
    }
    if (names.size() > 1) {
      std::string known;
      for (const std::string& name : names) known += (known.empty() ? "" : ", ") + name;
      throw Failure(kExitUsage, "the history file has several instances (" + known +
                                    "); choose one with --instance NAME");
    }
    query.filter.instance = names.front();
  }
  metrics::HistoryAnswer answer;
  demand(reader->query(query, answer));
  return answer;
}

// An answer from the records that the ring still holds.
metrics::HistoryAnswer from_ring(const HistoryOptions& options, metrics::HistoryQuery& query) {
  query.filter.instance = choose_instance(options.instance);
  metrics::Follower follower(query.filter.instance);
  follower.keep_rollups();
  first_look(follower);
  const metrics::RollupDelta seen = follower.take_rollups();
  if (options.from.empty() && !seen.observed.empty()) {
    query.range.begin_ns = std::min(seen.observed.front().begin_ns, query.range.end_ns - 1);
  }
  const bool known =
      !options.operation ||
      std::any_of(seen.rollups.begin(), seen.rollups.end(), [&](const metrics::Rollup& rollup) {
        return rollup.key.operation == *options.operation;
      });
  if (!known) {
    throw Failure(kExitUsage,
                  "there is no operation \"" + *options.operation + "\" in what the ring holds");
  }
  return metrics::answer_from(query, seen);
}

}  // namespace

std::string history_screen(const metrics::HistoryFilter& filter,
                           const metrics::HistoryAnswer& answer, const Style& style) {
  double highest = 0;
  for (const metrics::HistoryPoint& point : answer.points) {
    highest = std::max(highest, point.stats.rate_per_second);
  }
  Table table({{"FROM", Align::left},
               {"COUNT", Align::right, 1},
               {"RATE"},
               {"", Align::left, 5},
               {"FAILED", Align::right, 2},
               {"MEAN", Align::right, 4},
               {"P50"},
               {"P90", Align::right, 6},
               {"P95", Align::right, 5},
               {"P99"},
               {"MAX", Align::right, 3}});
  for (std::size_t i = 0; i < answer.points.size(); ++i) {
    const metrics::HistoryPoint& point = answer.points[i];
    const std::string when = metrics::format_date_time(point.begin_seconds * kNsPerSecond);
    if (is_gap(point)) {
      if (i == 0 || !is_gap(answer.points[i - 1])) {
        table.add({when, Cell("-", Emphasis::faint), Cell("-", Emphasis::faint),
                   Cell("not watched", Emphasis::faint), Cell("-", Emphasis::faint),
                   Cell("-", Emphasis::faint), Cell("-", Emphasis::faint),
                   Cell("-", Emphasis::faint), Cell("-", Emphasis::faint),
                   Cell("-", Emphasis::faint), Cell("-", Emphasis::faint)});
      }
      continue;
    }
    const metrics::WindowStats& stats = point.stats;
    const metrics::Latency& l = stats.latency;
    const auto whole = [&l](std::uint64_t ns) { return latency(l, static_cast<double>(ns)); };
    const std::uint64_t failed = stats.outcomes.all() - stats.outcomes.ok;
    table.add({when, metrics::format_count(stats.outcomes.all()),
               metrics::format_rate(stats.rate_per_second),
               bar(highest > 0 ? stats.rate_per_second / highest : 0),
               Cell(metrics::format_count(failed), failed == 0 ? Emphasis::none : Emphasis::bad),
               latency(l, l.mean_ns), whole(l.p50_ns), whole(l.p90_ns), whole(l.p95_ns),
               whole(l.p99_ns), whole(l.max_ns)});
  }
  return title(filter, answer, style) + '\n' + table.render(style) + '\n' +
         summary(answer.whole, style);
}

int run_history(const HistoryOptions& options) {
  const std::uint64_t now_ns = metrics::Time::now().realtime_ns;
  const metrics::ParsedRange range = metrics::parse_range(options.from, options.to, now_ns);
  if (!range.why.empty()) throw Failure(kExitUsage, range.why);
  metrics::HistoryQuery query;
  query.filter = {options.instance, options.operation, options.stack, options.protocol,
                  options.layer};
  query.range = range.range;
  query.range.end_ns = std::min(query.range.end_ns, now_ns);
  query.points = options.points;
  const metrics::HistoryAnswer answer =
      options.file.empty() ? from_ring(options, query) : from_file(options, query);
  return finish(options.json ? history_json(query.filter, answer, now_ns)
                             : history_screen(query.filter, answer, output_style()));
}

}  // namespace goxel_telemetry::cli
