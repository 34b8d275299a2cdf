// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/commands/baseline.h"

#include <utility>
#include <vector>

#include "cli/screen/facts.h"
#include "cli/screen/json.h"
#include "cli/screen/table.h"
#include "cli/screen/telling_apart.h"
#include "cli/screen/terminal.h"
#include "cli/target.h"
#include "metrics/comparison/baseline_store.h"
#include "metrics/comparison/comparison.h"
#include "metrics/live/follower.h"
#include "metrics/live/window_stats.h"
#include "metrics/text/format.h"
#include "metrics/text/printable.h"

namespace goxel_telemetry::cli {
namespace {

using documents::BaselineDocument;

metrics::BaselineStore store_of(const BaselineOptions& options) {
  const std::string& given = options.sources.baseline_folder;
  std::string folder = given.empty() ? metrics::default_baseline_folder() : given;
  if (folder.empty()) {
    throw Failure(kExitUsage,
                  "neither XDG_STATE_HOME nor HOME is set: --dir must say where baselines are");
  }
  return metrics::BaselineStore(std::move(folder));
}

void check_name(const std::string& name) {
  if (metrics::valid_baseline_name(name)) return;
  throw Failure(kExitUsage, metrics::kBaselineNameRule);
}

void check(const metrics::StoreResult& result, const std::string& advice = {}) {
  if (result.done()) return;
  const bool not_there = result.outcome == metrics::StoreOutcome::failed;
  const bool advised = result.outcome == metrics::StoreOutcome::exists;
  throw Failure(not_there ? kExitNotThere : kExitUsage,
                metrics::printable(result.message) + (advised ? advice : ""));
}

metrics::IfThere if_there(const BaselineOptions& options) {
  return options.replace ? metrics::IfThere::replace : metrics::IfThere::refuse;
}
constexpr const char* kReplaceAdvice = "; --replace puts this one in its place";

metrics::Baseline load(const BaselineOptions& options) {
  check_name(options.name);
  metrics::Baseline baseline;
  check(store_of(options).load(options.name, baseline));
  return baseline;
}

std::string time_text(std::uint64_t seconds) {
  return metrics::format_date_time(seconds * 1'000'000'000);
}

std::string list_screen(const std::vector<BaselineDocument>& baselines, const Style& style) {
  if (baselines.empty()) return "No baselines yet; goxel-telemetry baseline save NAME makes one.\n";
  Table table({{"NAME", Align::left},
               {"SAVED", Align::left},
               {"WATCHED", Align::right, 1},
               {"OPERATIONS", Align::right, 2},
               {"FROM", Align::left, 3}});
  for (const BaselineDocument& b : baselines) {
    table.add({b.name, metrics::format_date_time(b.saved_realtime_ns),
               metrics::format_duration(b.seen.observed_seconds * 1e9),
               metrics::format_count(b.operation_count), b.source});
  }
  return table.render(style);
}

std::string show_screen(const BaselineDocument& b, const Style& style) {
  std::vector<const metrics::OperationKey*> keys;
  for (const auto& operation : b.operations) keys.push_back(&operation.key);
  const ToldApartBy apart(keys);
  Table table({{"OPERATION", Align::left},
               {"COUNT", Align::right, 1},
               {"RATE"},
               {"FAILED"},
               {"MEAN", Align::right, 3},
               {"P50"},
               {"P90", Align::right, 4},
               {"P95", Align::right, 3},
               {"P99"},
               {"PROTOCOL", Align::left, apart.protocol_rank(2)},
               {"STACK", Align::left, apart.stack_rank(5)},
               {"LAYER", Align::left, apart.layer_rank(6)}});
  for (const auto& [key, stats] : b.operations) {
    const metrics::Latency& l = stats.latency;
    const auto latency = [&l](double ns) {
      return l.count == 0 ? "-" : metrics::format_duration(ns);
    };
    const auto whole = [&latency](std::uint64_t ns) { return latency(static_cast<double>(ns)); };
    table.add({key.operation, metrics::format_count(stats.outcomes.all()),
               metrics::format_rate(stats.rate_per_second),
               metrics::format_count(stats.outcomes.all() - stats.outcomes.ok), latency(l.mean_ns),
               whole(l.p50_ns), whole(l.p90_ns), whole(l.p95_ns), whole(l.p99_ns), key.protocol,
               key.stack, key.layer});
  }
  return style.paint(Emphasis::strong, b.name) + ": saved " +
         metrics::format_date_time(b.saved_realtime_ns) + '\n' +
         fact_line("from", {b.source}, style) +
         fact_line("watched",
                   {metrics::format_duration(b.seen.observed_seconds * 1e9) + " in " +
                        plural(b.seen.blocks, "block"),
                    time_text(b.seen.begin_seconds) + " to " + time_text(b.seen.end_seconds)},
                   style) +
         '\n' + table.render(style);
}

}  // namespace

int run_baseline_save(const BaselineOptions& options) {
  check_name(options.name);
  metrics::Side side = side_reader(options.sources).read(options.from);
  metrics::Baseline baseline;
  baseline.name = options.name;
  baseline.source = side.description;
  baseline.saved_realtime_ns = metrics::Time::now().realtime_ns;
  baseline.observation = std::move(side.observation);
  check(store_of(options).save(baseline, if_there(options)), kReplaceAdvice);
  return 0;
}

int run_baseline_list(const BaselineOptions& options) {
  const metrics::BaselineStore store = store_of(options);
  std::vector<std::string> names;
  check(store.names(names));
  std::vector<BaselineDocument> baselines;
  for (const std::string& name : names) {
    metrics::Baseline baseline;
    if (const metrics::StoreResult result = store.load(name, baseline); !result.done()) {
      complain(metrics::printable(result.message));  // and the other baselines are listed
      continue;
    }
    baselines.push_back(documents::document_of(baseline));
  }
  return finish(options.json ? baselines_json(std::move(baselines))
                             : list_screen(baselines, output_style()));
}

int run_baseline_show(const BaselineOptions& options) {
  const metrics::Baseline baseline = load(options);
  BaselineDocument document = documents::document_of(baseline);
  for (const auto& [key, series] : baseline.observation.operations) {
    document.operations.push_back(
        {key, metrics::stats_of(series.total(), document.seen.observed_seconds)});
  }
  return finish(options.json ? baseline_json(document) : show_screen(document, output_style()));
}

int run_baseline_delete(const BaselineOptions& options) {
  check_name(options.name);
  check(store_of(options).remove(options.name));
  return 0;
}

int run_baseline_export(const BaselineOptions& options) {
  const metrics::Baseline baseline = load(options);
  check(metrics::write_baseline_file(options.file, baseline, if_there(options)), kReplaceAdvice);
  return 0;
}

int run_baseline_import(const BaselineOptions& options) {
  if (!options.name.empty()) check_name(options.name);
  metrics::Baseline baseline;
  check(metrics::read_baseline_file(options.file, baseline));
  if (!options.name.empty()) baseline.name = options.name;
  check(store_of(options).save(baseline, if_there(options)), kReplaceAdvice);
  return 0;
}

}  // namespace goxel_telemetry::cli
