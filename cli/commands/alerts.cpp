// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/commands/alerts.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdlib>
#include <memory>

#include "cli/flags.h"
#include "cli/screen/json.h"
#include "cli/target.h"
#include "documents/alert_request.h"
#include "documents/alerts_document.h"
#include "metrics/text/time_range.h"
#include "metrics/time.h"

namespace goxel_telemetry::cli {
namespace {

using metrics::AlertStore;
using metrics::HistoryOutcome;
using metrics::HistoryResult;
using metrics::kAccuracyDays;
using metrics::kNsPerSecond;

void demand(const HistoryResult& result) {
  if (result.done()) return;
  const bool usage = result.outcome == HistoryOutcome::unknown ||
                     result.outcome == HistoryOutcome::foreign ||
                     result.outcome == HistoryOutcome::newer;
  std::string sentence = result.message;
  if (result.outcome == HistoryOutcome::absent)
    sentence += ": a bridge that keeps a history makes one; name it with --file FILE";
  if (result.outcome == HistoryOutcome::read_only)
    sentence += std::string(": ") + metrics::kWithoutPermission;
  throw Failure(usage ? kExitUsage : kExitNotThere, sentence);
}

std::unique_ptr<AlertStore> open(const AlertsOptions& options, AlertStore::Mode mode) {
  HistoryResult result;
  auto store = metrics::open_existing(options.file, mode, result);
  demand(result);
  return store;
}

int list(const AlertsOptions& options) {
  const std::uint64_t now_ns = metrics::Time::now().realtime_ns;
  metrics::AlertQuery query{.only_active = options.only_active, .instance = options.instance};
  query.most = options.limit;
  if (!options.from.empty() || !options.to.empty()) {
    const metrics::ParsedRange range = metrics::parse_range(options.from, options.to, now_ns);
    if (!range.why.empty()) throw Failure(kExitUsage, range.why);
    query.begin_ns = range.range.begin_ns;
    query.end_ns = range.range.end_ns;
  }
  AlertList found;
  const auto store = open(options, AlertStore::Mode::read);
  demand(store->list(query, found.alerts));
  const std::uint64_t ago_ns = kAccuracyDays * 86'400 * kNsPerSecond;
  demand(store->accuracy(now_ns - std::min(now_ns, ago_ns), UINT64_MAX, found.accuracy));
  demand(store->silences(now_ns, found.silences));
  demand(store->channels(found.channels));
  found.message = metrics::nobody_watches(options.file, now_ns);
  if (!options.json) return finish(alerts_screen(found, output_style()));
  return finish(alerts_json({now_ns,
                             std::move(found.message),
                             "in_file",
                             std::move(found.alerts),
                             {kAccuracyDays, found.accuracy},
                             std::move(found.silences),
                             std::move(found.channels)}));
}

int show(const AlertsOptions& options) {
  metrics::Alert alert;
  demand(open(options, AlertStore::Mode::read)->find(options.id, alert));
  return finish(options.json ? alert_json(alert) : alert_screen(alert, output_style()));
}

int list_series(const AlertsOptions& options) {
  std::vector<metrics::InstanceSeries> series;
  std::uint64_t as_of_ns = 0;
  demand(open(options, AlertStore::Mode::read)->series(series, as_of_ns));
  std::erase_if(series, [&options](const metrics::InstanceSeries& one) {
    return !options.instance.empty() && one.instance != options.instance;
  });
  if (!options.json) return finish(series_screen(series, as_of_ns, output_style()));
  return finish(series_json({as_of_ns, "", std::move(series)}));
}

int judge(const AlertsOptions& options) {
  const auto judgement = metrics::judgement_named(options.judgement);
  if (!judgement)
    throw Failure(kExitUsage,
                  "an alert is judged true, false or known, not \"" + options.judgement + '"');
  const auto store = open(options, AlertStore::Mode::write);
  demand(store->judge(options.id, *judgement, metrics::Time::now().realtime_ns));
  return show(options);
}

int silence(const AlertsOptions& options) {
  metrics::Silence silence = options.silence;
  const auto seconds = metrics::parse_duration(options.lasting);
  if (!seconds || *seconds == 0 || *seconds > documents::kLongestSilence)
    throw Failure(kExitUsage, "--for must be a time of at most 30d, such as 30m or 2h, not \"" +
                                  options.lasting + '"');
  if (!silence.rule.empty() && !metrics::alert_rule_named(silence.rule))
    throw Failure(kExitUsage,
                  "there is no rule \"" + silence.rule + "\" (docs/alerts.md lists them)");
  if (const char* const user = std::getenv("USER")) silence.author = user;
  silence.begin_ns = metrics::Time::now().realtime_ns;
  silence.end_ns = silence.begin_ns + *seconds * kNsPerSecond;
  demand(open(options, AlertStore::Mode::write)->silence(silence));
  return finish(options.json ? silence_json(silence) : silences_screen({silence}, output_style()));
}

int list_silences(const AlertsOptions& options) {
  std::vector<metrics::Silence> silences;
  demand(
      open(options, AlertStore::Mode::read)->silences(metrics::Time::now().realtime_ns, silences));
  if (!options.json) return finish(silences_screen(silences, output_style()));
  std::string text;
  for (const metrics::Silence& one : silences) text += silence_json(one);
  return finish(text);
}

int unsilence(const AlertsOptions& options) {
  demand(open(options, AlertStore::Mode::write)
             ->end_silence(options.silence_id, metrics::Time::now().realtime_ns));
  return finish("silence " + std::to_string(options.silence_id) + " has ended\n");
}

}  // namespace

void add_alerts(CLI::App& app, AlertsOptions& options, std::function<int()>& run) {
  CLI::App& alerts =
      *app.add_subcommand("alerts", "What the bridge has raised, and what you say of it");
  alerts.require_subcommand(0, 1);
  alerts.add_option("--file", options.file, "The bridge's file of alerts")
      ->capture_default_str()
      ->type_name("FILE");
  alerts.add_flag("--json", options.json, "Print JSON, with the names and units of the bridge");
  alerts.add_flag("--active", options.only_active, "Only those that have not ended");
  alerts.add_option("--instance", options.instance, "Only of this one")->type_name("NAME");
  alerts.add_option("--from", options.from, "Only those that were active since")->type_name("TIME");
  alerts.add_option("--to", options.to, "Only those that were active before")->type_name("TIME");
  alerts.add_option("--limit", options.limit, "The newest, so many (default: 20)")
      ->check(CLI::Range(std::uint32_t{1}, std::uint32_t{metrics::kMostAnswered}).description(""))
      ->type_name("N");
  end_help(alerts,
           "With a word it does something else: alerts show ID, alerts judge ID true. "
           "TIME is -30m, -7d, or 2025-11-25T18:46:03Z.");
  const auto add = [&](const char* name, const char* help, int (*what)(const AlertsOptions&)) {
    CLI::App* const command = alerts.add_subcommand(name, help);
    command->fallthrough();
    command->footer(kExitCodes);
    command->final_callback(
        [&run, &options, what] { run = [&options, what] { return what(options); }; });
    return command;
  };
  alerts.final_callback([&alerts, &run, &options] {
    if (alerts.get_subcommands().empty()) run = [&options] { return list(options); };
  });
  add("show", "One alert with its evidence", show)
      ->add_option("ID", options.id, "As the list has it")
      ->required();
  CLI::App* const judging = add("judge", "Say whether an alert was right", judge);
  judging->add_option("ID", options.id, "As the list has it")->required();
  judging->add_option("JUDGEMENT", options.judgement, "true, false or known")->required();
  CLI::App* const silencing = add("silence", "Tell nobody of alerts that match", silence);
  silencing->add_option("--rule", options.silence.rule, "Of this rule")->type_name("NAME");
  silencing->add_option("--instance", options.silence.instance, "Of this one")->type_name("NAME");
  silencing->add_option("--operation", options.silence.operation, "About this one")
      ->type_name("NAME");
  silencing->add_option("--for", options.lasting, "So long (default: 2h)")->type_name("TIME");
  silencing->add_option("--reason", options.silence.reason, "For others to read")
      ->type_name("TEXT");
  add("silences", "What is silenced", list_silences);
  add("series", "What is watched for regressions, and what would be noticed", list_series);
  add("unsilence", "End a silence", unsilence)
      ->add_option("NUMBER", options.silence_id, "As silences has it")
      ->required();
}

}  // namespace goxel_telemetry::cli
