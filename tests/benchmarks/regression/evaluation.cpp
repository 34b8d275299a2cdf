// SPDX-License-Identifier: GPL-3.0-or-later
// How often the regression detector is wrong, and how late it is right: the evaluation protocol's table, measured.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "metrics/text/arguments.h"
#include "protocol.h"

namespace {

using namespace goxel_telemetry::evaluation;

struct Options {
  bool is_short = false;
  bool ablations = false;
  std::uint64_t first_seed = 0;  // 0: the protocol's
  std::string only;
  std::string json_path;
};

int complain(int exit_code, const std::string& sentence) {
  std::cerr << "regression_evaluation: " << sentence << '\n';
  return exit_code;
}

Extent extent_of(const Options& options) {
  Extent extent;
  if (options.is_short) {
    extent.seeds = options.ablations ? 2 : 4;
    extent.days = options.ablations ? 3 : 5;
    extent.change_seeds = 40;
  }
  if (options.first_seed != 0) extent.first_seed = extent.first_change_seed = options.first_seed;
  return extent;
}

std::string bound_of(const Check& check) {
  const char* const sign = check.bound == Bound::at_most    ? "<="
                           : check.bound == Bound::at_least ? ">="
                                                            : ">";
  char text[32];
  std::snprintf(text, sizeof text, "%s %.3g", sign, check.limit);
  return text;
}

std::vector<Check> all_checks() {
  std::vector<Check> checks = protocol_checks();
  for (Check& check : ablation_checks()) checks.push_back(std::move(check));
  return checks;
}

int evaluate(const Options& options) {
  std::vector<Check> checks = options.ablations ? ablation_checks() : protocol_checks();
  if (!options.only.empty()) {
    checks = all_checks();
    std::erase_if(checks, [&](const Check& check) { return check.name != options.only; });
  }
  Measurements measurements(extent_of(options));
  nlohmann::ordered_json figures = nlohmann::ordered_json::array();
  int missed = 0;
  std::printf("%-24s %-50s | %10s | %s\n", "name", "check", "must reach", "measured");
  for (const Check& check : checks) {
    const Counted counted = check.count(measurements);
    const Verdict verdict = judge(check, counted, options.is_short);
    missed += !verdict.passed;
    std::printf("%-24s %-50s | %10s | %.3f %s (%llu / %.1f)%s\n", check.name.c_str(),
                check.what.c_str(), bound_of(check).c_str(), verdict.measured, check.unit.c_str(),
                static_cast<unsigned long long>(counted.events), counted.of,
                verdict.passed ? "" : "  MISSED");
    std::fflush(stdout);
    figures.push_back({{"name", check.name},
                       {"check", check.what},
                       {"bound", bound_of(check)},
                       {"measured", verdict.measured},
                       {"unit", check.unit},
                       {"events", counted.events},
                       {"of", counted.of},
                       {"passed", verdict.passed}});
  }
  if (!options.json_path.empty()) {
    std::ofstream file(options.json_path);
    file << figures.dump(1) << '\n';
    file.close();
    if (!file.good()) return complain(2, "Cannot write " + options.json_path + ".");
  }
  return missed == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app("Measures how often the regression detector is wrong, and how late it is right.",
               "regression_evaluation");
  app.add_flag("--short", options.is_short, "A small part of it");
  app.add_flag("--ablations", options.ablations, "Ablations");
  app.add_option("--seeds", options.first_seed, "Seeds from this one on");
  app.add_option("--only", options.only, "One check, by its name");
  app.add_option("--json", options.json_path, "Write the figures there, too");
  CLI11_PARSE(app, argc, argv);
  return evaluate(options);
}
