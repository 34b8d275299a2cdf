// SPDX-License-Identifier: GPL-3.0-or-later
// goxel-telemetry: the daemon's telemetry in a terminal.
#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <exception>
#include <functional>
#include <string>
#include <vector>

#include "cli/commands/alerts.h"
#include "cli/commands/blackbox.h"
#include "cli/commands/comparison_flags.h"
#include "cli/commands/history.h"
#include "cli/commands/inflight.h"
#include "cli/commands/instances.h"
#include "cli/commands/layers.h"
#include "cli/commands/record.h"
#include "cli/commands/replay.h"
#include "cli/commands/side.h"
#include "cli/commands/status.h"
#include "cli/commands/tail.h"
#include "cli/commands/top.h"
#include "cli/commands/trace.h"
#include "cli/flags.h"
#include "cli/screen/terminal.h"
#include "cli/target.h"
#include "metrics/text/arguments.h"
#include "shm/trust.h"

namespace goxel_telemetry::cli {
namespace {

constexpr std::uint32_t kMostRecords = 1'000'000;  // more than a segment holds
constexpr double kMostSeconds = 1e9;
constexpr const char* kExitCodesOfALiveDaemon =
    "Exit codes: 0 the daemon is live; 1 it is not, or it cannot be looked at (no segment, no "
    "permission); 2 bad flags or values.";

metrics::Window window_named(const std::string& name) {
  for (std::size_t i = 0; i < metrics::kWindowCount; ++i) {
    if (name == metrics::kWindowNames[i]) return static_cast<metrics::Window>(i);
  }
  throw CLI::ValidationError("--window", "must be now, 1m, 5m or 15m, not \"" + name + '"');
}

SortBy sort_by(const std::string& name) {
  if (const auto sort = sort_named(name)) return *sort;
  throw CLI::ValidationError(
      "--sort",
      "must be name, rate, count, mean, p50, p90, p95, p99, max, errors or share, not \"" + name +
          '"');
}

// The flags of all commands. Parsing puts the chosen command into `run`.
class CommandLine {
 public:
  CommandLine() {
    app.name("goxel-telemetry");
    app.set_version_flag("--version", "goxel-telemetry " GOXEL_TELEMETRY_VERSION);
    app.require_subcommand(1);
    app.footer(kExitCodes);

    add_screens();
    add_history();
    add_alerts(app, alerts_, run);
    add_compare(app, compare_, run);
    add_baseline(app, baseline_, run);
    add_recordings();
  }

  CLI::App app{"Live telemetry of a Goxel daemon, in a terminal."};
  std::function<int()> run;

 private:
  template <class Options>
  CLI::App& add(const char* name, const char* description, Options& options) {
    CLI::App& command = *app.add_subcommand(name, description);
    command.add_option("--instance", options.instance, "Whose telemetry (default: the only one)")
        ->type_name("NAME");
    add_trust(command);
    if constexpr (requires { options.json; }) {
      command.add_flag("--json", options.json,
                       "Print JSON, with the names and units of the bridge");
    }
    return command;
  }

  static void add_trust(CLI::App& command) {
    command
        .add_option_function<std::vector<std::string>>(
            "--trust",
            [](const std::vector<std::string>& users) {
              const std::string problem = shm::trust_only(users);
              if (!problem.empty()) throw CLI::ValidationError("--trust", problem);
            },
            "Only segments of this user and of root; may be repeated (default: anybody's)")
        ->allow_extra_args(false)
        ->type_name("USER");
  }

  // Commands that show what is there now, and what happens.
  void add_screens() {
    CLI::App& status = add("status", "The daemon and its operations on one screen", status_);
    status
        .add_option_function<std::string>(
            "--window", [this](const std::string& name) { status_.window = window_named(name); },
            "Of the table: now, 1m, 5m or 15m (default: 1m)")
        ->type_name("WINDOW");
    status.footer(kExitCodesOfALiveDaemon);
    status.final_callback([this] { run = [this] { return run_status(status_); }; });

    CLI::App& top = add("top", "The same, live: sort, filter, pause", top_);
    top.add_option_function<std::string>(
           "--window", [this](const std::string& name) { top_.window = window_named(name); },
           "At the start: now, 1m, 5m or 15m (default: 1m)")
        ->type_name("WINDOW");
    top.add_option_function<std::string>(
           "--sort", [this](const std::string& name) { top_.sort = sort_by(name); },
           "At the start: name, rate, count, mean, p50, p90, p95, p99, max, errors or share "
           "(default)")
        ->type_name("BY");
    top.add_option("--interval", top_.interval_seconds, "Seconds between pictures (default: 1)")
        ->type_name("SECONDS")
        ->check(number(0.2, 3600));
    end_help(top, "Press ? for the keys.");
    top.final_callback([this] { run = [this] { return run_top(top_); }; });

    CLI::App& tail = add("tail", "Records as they happen, one a line, until Ctrl-C", tail_);
    tail.add_option("--operation", tail_.operation, "Only this operation")->type_name("NAME");
    tail.add_option("--count", tail_.count, "End after N records")
        ->type_name("N")
        ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1} << 53).description(""));
    tail.add_flag("--backlog", tail_.backlog, "Begin with the records that are still in the ring");
    end_help(tail, "Goes on when the daemon is restarted. The time is that of the answer.");
    tail.final_callback([this] { run = [this] { return run_tail(tail_); }; });

    CLI::App& inflight = add("inflight", "Requests in flight, oldest first", inflight_);
    inflight.final_callback([this] { run = [this] { return run_inflight(inflight_); }; });

    CLI::App& blackbox = add("blackbox", "What a daemon that died left behind", blackbox_);
    blackbox.add_option("--last", blackbox_.last, "Records to show (default: 20)")
        ->type_name("N")
        ->check(CLI::Range(std::uint32_t{0}, kMostRecords).description(""));
    blackbox.final_callback([this] { run = [this] { return run_blackbox(blackbox_); }; });

    CLI::App& layers = add("layers", "Where the time of each stack goes, hop by hop", layers_);
    layers
        .add_option_function<std::string>(
            "--window", [this](const std::string& name) { layers_.window = window_named(name); },
            "Of the figures: now, 1m, 5m or 15m (default: 1m)")
        ->type_name("WINDOW");
    layers.footer(kExitCodesOfALiveDaemon);
    layers.final_callback([this] { run = [this] { return run_layers(layers_); }; });

    CLI::App& trace = add("trace", "Operations through all layers, span by span", trace_);
    trace.add_option("WHICH", trace_.which, "A trace's id, or slowest")->required();
    trace.add_option("--operation", trace_.operation, "The slowest of this operation")
        ->type_name("NAME");
    trace.add_option("--stack", trace_.stack, "The slowest of this stack")->type_name("NAME");
    trace
        .add_option_function<std::string>(
            "--window", [this](const std::string& name) { trace_.window = window_named(name); },
            "The slowest of the last 1m, 5m or 15m, as far as the rings hold it (default: 5m)")
        ->type_name("WINDOW");
    trace.add_option("--count", trace_.count, "So many of the slowest (default: 1)")
        ->type_name("N")
        ->check(CLI::Range(std::size_t{1}, std::size_t{100}).description(""));
    trace.footer(kExitCodes);
    trace.final_callback([this] { run = [this] { return run_trace(trace_); }; });

    CLI::App& instances = *app.add_subcommand("instances", "All instances on this machine");
    add_trust(instances);
    instances.add_flag("--json", instances_.json, "Print a JSON object a line");
    instances.final_callback([this] { run = [this] { return run_instances(instances_); }; });
  }

  // Commands for sessions as files.
  void add_recordings() {
    CLI::App& record = add("record", "Write a session to a file, until Ctrl-C", record_);
    record.add_option("FILE", record_.file, "Is made")->required();
    record.add_flag("--backlog", record_.backlog, "Begin with what is still in the ring");
    record.add_option("--seconds", record_.seconds, "End after N seconds")
        ->type_name("N")
        ->check(number(0.001, kMostSeconds));
    record.add_option("--count", record_.count, "End after N records")
        ->type_name("N")
        ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1} << 53).description(""));
    end_help(record,
             "Goes on when the daemon is restarted. Layers outside of it are recorded, too.");
    record.final_callback([this] { run = [this] { return run_record(record_); }; });

    CLI::App& replay = *app.add_subcommand(
        "replay", "Play a recorded session into segments of its own, for every reader to open");
    replay.add_option("FILE", replay_.file, "What record wrote")->required();
    replay.add_option("--instance", replay_.instance, "Its name (default: replay-FILE)")
        ->type_name("NAME");
    CLI::Option& speed =
        *replay.add_option("--speed", replay_.speed, "X times as fast (default: 1)")
             ->type_name("X")
             ->check(number(0.001, 10'000));
    replay.add_flag("--fast", replay_.fast, "At once, as if the session had just ended")
        ->excludes(&speed);
    replay
        .add_option("--linger", replay_.linger_seconds,
                    "Keep the segment for so long afterwards (default: until Ctrl-C)")
        ->type_name("SECONDS")
        ->check(number(0, kMostSeconds));
    end_help(replay,
             "The segments are removed at the end: NAME, and NAME.layers if outer layers were "
             "recorded.");
    replay.final_callback([this] { run = [this] { return run_replay(replay_); }; });
  }

  void add_history() {
    CLI::App& history = add("history", "How it was: a table of the past", history_);
    history
        .add_option("--file", history_.file, "The bridge's history (default: the ring's backlog)")
        ->type_name("FILE");
    history.add_option("--from", history_.from, "Beginning (default: 24 h before the end)")
        ->type_name("TIME");
    history.add_option("--to", history_.to, "End (default: now)")->type_name("TIME");
    history.add_option("--points", history_.points, "Lines, at most (default: 24)")
        ->check(CLI::Range(std::uint32_t{1}, metrics::HistoryQuery::kMostPoints).description(""))
        ->type_name("N");
    history.add_option("--operation", history_.operation, "Only this operation")->type_name("NAME");
    history.add_option("--stack", history_.stack, "Only this stack")->type_name("NAME");
    history.add_option("--protocol", history_.protocol, "Only this protocol")->type_name("NAME");
    history.add_option("--layer", history_.layer, "Of this layer (default: daemon)")
        ->type_name("NAME");
    end_help(
        history,
        "TIME is now, -90s, -30m, -24h, -7d, Unix seconds or milliseconds, or 2025-11-25T18:46:03Z "
        "(or with +01:00; without an offset: local).");
    history.final_callback([this] { run = [this] { return run_history(history_); }; });
  }

  StatusOptions status_;
  TopOptions top_;
  TailOptions tail_;
  InflightOptions inflight_;
  BlackboxOptions blackbox_;
  LayersOptions layers_;
  TraceOptions trace_;
  InstancesOptions instances_;
  CompareOptions compare_;
  BaselineOptions baseline_;
  HistoryOptions history_;
  AlertsOptions alerts_;
  RecordOptions record_;
  ReplayOptions replay_;
};

// If CLI11 misses a word, it does not say which one it had instead.
std::string what_is_wrong(const CLI::App& app, const CLI::ParseError& error) {
  const std::vector<std::string> unknown = app.remaining(true);
  if (error.get_name() != "RequiredError" || unknown.empty()) return error.what();
  return '"' + unknown.front() + "\" is not known here: " + error.what();
}

int run(int argc, char** argv) {
  CommandLine line;
  try {
    const std::string empty = metrics::empty_argument({argv, static_cast<std::size_t>(argc)});
    if (!empty.empty()) throw CLI::ParseError(empty, kExitUsage);
    line.app.parse(argc, argv);
    return line.run();
  } catch (const CLI::Success& help) {
    return line.app.exit(help);
  } catch (const CLI::ParseError& error) {
    complain(what_is_wrong(line.app, error) + "; see goxel-telemetry --help");
    return kExitUsage;
  } catch (const Failure& failure) {
    complain(failure.what());
    return failure.exit_code();
  } catch (const metrics::SideFailure& failure) {
    complain(failure.what());
    return exit_code_of(failure.outcome());
  }
}

}  // namespace
}  // namespace goxel_telemetry::cli

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);  // a reader that goes away is an outcome of write()
  try {
    return goxel_telemetry::cli::run(argc, argv);
  } catch (const std::exception& error) {  // no memory, no threads
    std::fprintf(stderr, "goxel-telemetry: %s\n", error.what());
    return goxel_telemetry::cli::kExitNotThere;
  }
}
