// SPDX-License-Identifier: GPL-3.0-or-later
// How often the regression detector is wrong, and how late it is right: the evaluation protocol's table, measured on simulated
// traffic; or what it says of a recorded series.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "metrics/text/arguments.h"
#include "protocol.h"
#include "series_file.h"

namespace {

using namespace goxel_telemetry;
using namespace goxel_telemetry::evaluation;

struct Options {
  bool is_short = false;
  bool ablations = false;
  bool random_hour = false;
  std::uint64_t first_seed = 0;  // 0: those of the protocol
  std::string only;
  std::string json_path;
  std::string series_path;
  std::string injection;
};

int complain(int exit_code, const std::string& sentence) {
  std::cerr << "regression_evaluation: " << sentence << '\n';
  return exit_code;
}

Extent extent_of(const Options& options) {
  Extent extent;
  if (options.is_short) {
    extent.seeds = 4;
    extent.days = 5;
    extent.change_seeds = 40;
  }
  extent.random_hour = options.random_hour;
  if (options.first_seed != 0) extent.first_seed = extent.first_change_seed = options.first_seed;
  return extent;
}

std::vector<Check> all_checks() {
  std::vector<Check> checks = protocol_checks();
  for (Check& check : ablation_checks()) checks.push_back(std::move(check));
  return checks;
}

std::string bound_of(const Check& check) {
  const char* const sign = check.bound == Bound::at_most    ? "<="
                           : check.bound == Bound::at_least ? ">="
                                                            : ">";
  char text[32];
  std::snprintf(text, sizeof text, "%s %g", sign, check.limit);
  return text;
}

void print(const Check& check, const Counted& counted, const Verdict& verdict) {
  std::printf("%-24s %-47s | %7s | %.3f %s (%llu in %.4g%s%s)%s\n", check.name.c_str(),
              check.what.c_str(), bound_of(check).c_str(), verdict.measured, check.unit.c_str(),
              static_cast<unsigned long long>(counted.events), counted.of,
              counted.detail.empty() ? "" : "; ", counted.detail.c_str(),
              verdict.passed ? "" : " MISSED");
  std::fflush(stdout);
}

nlohmann::ordered_json figure(const Check& check, const Counted& counted, const Verdict& verdict) {
  return {{"name", check.name},       {"check", check.what},
          {"bound", bound_of(check)}, {"measured", verdict.measured},
          {"unit", check.unit},       {"events", counted.events},
          {"of", counted.of},         {"detail", counted.detail},
          {"passed", verdict.passed}};
}

int evaluate(const Options& options) {
  std::vector<Check> checks = options.ablations ? ablation_checks() : protocol_checks();
  if (!options.only.empty()) {
    checks = all_checks();
    std::erase_if(checks, [&](const Check& check) { return check.name != options.only; });
  }
  std::ofstream json;
  if (!options.json_path.empty()) {
    json.open(options.json_path);
    if (!json) return complain(2, "Cannot write " + options.json_path + ".");
  }
  Measurements measurements(extent_of(options));
  nlohmann::ordered_json figures = nlohmann::ordered_json::array();
  bool all_passed = true;
  std::printf("%-24s %-47s | %7s | measured\n", "name", "check", "must be");
  for (const Check& check : checks) {
    const Counted counted = check.count(measurements);
    const Verdict verdict = judge(check, counted, options.is_short);
    print(check, counted, verdict);
    figures.push_back(figure(check, counted, verdict));
    all_passed &= verdict.passed;
  }
  if (json.is_open()) {
    json << figures.dump(1) << '\n';
    json.close();
    if (!json) return complain(2, "Cannot write " + options.json_path + ".");
  }
  return all_passed ? 0 : 1;
}

const char* to_string(metrics::DetectorEvent::Kind kind) {
  switch (kind) {
    case metrics::DetectorEvent::Kind::raised:
      return "raised";
    case metrics::DetectorEvent::Kind::confirmed:
      return "confirmed";
    case metrics::DetectorEvent::Kind::resolved:
      return "resolved";
    case metrics::DetectorEvent::Kind::new_level:
      return "new_level";
    case metrics::DetectorEvent::Kind::given_up:
      break;
  }
  return "given_up";
}

int score_series(const Options& options) {
  std::optional<Injection> injection;
  if (!options.injection.empty()) {
    injection = parse_injection(options.injection);
    if (!injection) {
      return complain(2, "--inject takes TICK:FACTOR, a whole number and 0.001 to 1000.");
    }
  }
  std::ifstream file(options.series_path);
  if (!file) return complain(2, "Cannot read " + options.series_path + ".");
  const Series series = read_series(file);
  if (!series.why.empty()) return complain(2, options.series_path + ": " + series.why);
  if (injection && injection->tick > series.rows.back().tick) {
    return complain(
        2, "--inject begins after the last tick, " + std::to_string(series.rows.back().tick) + ".");
  }
  std::printf("tick,channel,event,since\n");
  for (const metrics::DetectorEvent& event : score(series.rows, injection)) {
    std::printf("%llu,%s,%s,%llu\n", static_cast<unsigned long long>(event.tick),
                metrics::to_string(event.channel), to_string(event.kind),
                static_cast<unsigned long long>(event.since_tick));
  }
  return 0;
}

int parse_and_run(int argc, char** argv) {
  Options options;
  CLI::App app(
      "Measures how often the regression detector is wrong, and how late it is right, on simulated "
      "traffic, and compares that with what it must reach: the whole evaluation protocol, on two "
      "threads.",
      "regression_evaluation");
  std::vector<std::string> names;
  for (const Check& check : all_checks()) names.push_back(check.name);
  app.add_flag("--short", options.is_short,
               "A small part of it, for CI: a check fails only if what it measures would be most "
               "improbable (10^-6) of a detector that is just good enough");
  auto* const ablations =
      app.add_flag("--ablations", options.ablations,
                   "Instead: without each of four of its parts, the detector must raise more than "
                   "ten times as many alerts on standard traffic");
  app.add_option(
         "--seeds", options.first_seed,
         "Seeds from this one on instead of the protocol's, which are for reporting and not "
         "for tuning")
      ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1} << 53))
      ->type_name("FIRST");
  app.add_flag(
      "--random-hour", options.random_hour,
      "The load, which swings over a day, is first where it is at a random hour; otherwise "
      "at its middle, so that changes come when it is above");
  app.add_option("--only", options.only, "Only the check of this name")
      ->check(CLI::IsMember(names))
      ->excludes(ablations)
      ->type_name("NAME");
  app.add_option("--json", options.json_path, "Write the figures there, too")->type_name("FILE");
  auto* const series =
      app.add_option(
             "--series", options.series_path,
             "Instead: what the detector says of a recorded series, lines of \"tick,value\". A "
             "tick "
             "is 5 s to the detector, whatever it was, and a whole number greater than the one "
             "before. A value, in any positive unit, is taken as the latency of the only request "
             "of its tick; if it is missing, 0 or negative, there was none. Nothing is said of the "
             "first 720 values, from which it learns what is usual")
          ->type_name("FILE.csv");
  for (const char* const name :
       {"--short", "--ablations", "--seeds", "--random-hour", "--only", "--json"}) {
    series->excludes(app.get_option(name));
  }
  app.add_option("--inject", options.injection,
                 "With --series: multiply all values from this tick on")
      ->needs(series)
      ->type_name("TICK:FACTOR");
  app.footer(
      "Alerts are what is raised by any series: four operations and all of them together, of each "
      "three channels (centre, tail, errors), so that a week is 15 series-weeks. CONFIRMED counts "
      "what is confirmed, whatever the series. A change is noticed in time if, from the tick of "
      "its "
      "start on, any series raises an alert (if one operation changes: that one's, or that of "
      "all); the delay is from its start, a random moment within a tick, to the end of the alert's "
      "tick.\n\n"
      "Pinned: 30 minutes are compared with 60 minutes of the same kind of traffic from another "
      "seed, "
      "each the first of their traffic; a change is there all the time. A session that differs is "
      "one "
      "in which the daemon as a whole or any operation is called regressed or improved; +20 % must "
      "be "
      "seen of the daemon as a whole.\n\n"
      "Exit codes: 0 all is good enough, or the series was read; 1 a check was missed; 2 bad "
      "flags, values or files.");
  const std::string empty = metrics::empty_argument({argv, static_cast<std::size_t>(argc)});
  if (!empty.empty()) return complain(2, empty);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);
    return complain(2, error.what());
  }
  return options.series_path.empty() ? evaluate(options) : score_series(options);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return parse_and_run(argc, argv);
  } catch (const std::exception& error) {
    return complain(2, error.what());
  }
}
