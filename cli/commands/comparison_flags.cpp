// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/commands/comparison_flags.h"

#include <CLI/CLI.hpp>

#include "cli/flags.h"

namespace goxel_telemetry::cli {
namespace {

void add_dir(CLI::App& command, SideFlags& sources) {
  command
      .add_option("--dir", sources.baseline_folder,
                  "Where baselines are (default: $XDG_STATE_HOME/goxel-telemetry/baselines)")
      ->type_name("FOLDER");
}

// Where sides of a comparison come from.
void add_sources(CLI::App& command, SideFlags& sources) {
  command.add_option("--instance", sources.instance, "Of live, stack: and FROM..TO sides")
      ->type_name("NAME");
  command
      .add_option("--watch", sources.watch_seconds,
                  "Watch a live side for this time first (default: 0)")
      ->type_name("SECONDS")
      ->check(CLI::Range(std::uint32_t{0}, kMostWatchSeconds).description(""));
  command.add_option("--history", sources.history_file, "The file that the bridge keeps")
      ->type_name("FILE");
  add_dir(command, sources);
  end_help(command, kSideSyntax);
}

}  // namespace

void add_compare(CLI::App& app, CompareOptions& options, std::function<int()>& run) {
  CLI::App& compare = *app.add_subcommand("compare", "What changed from A to B, with proof");
  metrics::ComparisonOptions& how = options.comparison;
  compare.add_option("A", options.a, "The side before; see below")->required();
  compare.add_option("B", options.b, "The side after")->required();
  compare.add_option("--operation", how.operation, "Only this operation")->type_name("NAME");
  compare.add_option("--stack", how.stack, "Only of this stack")->type_name("NAME");
  compare.add_option("--layer", how.layer, "Only of this layer")->type_name("NAME");
  compare
      .add_option_function<double>(
          "--relevant", [&how](double percent) { how.least_relevant = percent / 100; },
          "The least shift that is worth a verdict, in percent (default: 5)")
      ->type_name("PERCENT")
      ->check(number(0, 10'000));
  compare
      .add_option_function<std::string>(
          "--fail-on", [&options](const std::string&) { options.fail_if_slower = true; },
          "End with exit code 3 if a layer or an operation is proven to be slower")
      ->type_name("slower")
      ->check(CLI::IsMember({"slower"}));
  compare.add_flag("--all", options.all,
                   "Show every operation and figure, not only what is proven");
  compare.add_flag("--json", options.json, "Print JSON");
  add_sources(compare, options.sources);
  end_help(compare, kSideSyntax, std::string(kExitCodes) + " 3 slower (--fail-on).");
  compare.final_callback([&] { run = [&] { return run_compare(options); }; });
}

void add_baseline(CLI::App& app, BaselineOptions& options, std::function<int()>& run) {
  CLI::App& baseline = *app.add_subcommand("baseline", "Named references to compare with");
  baseline.require_subcommand(1);
  const auto command = [&](const char* name, const char* description,
                           int (*runner)(const BaselineOptions&)) -> CLI::App& {
    CLI::App& added = *baseline.add_subcommand(name, description);
    added.final_callback([&, runner] { run = [&options, runner] { return runner(options); }; });
    return added;
  };
  const auto add_name = [&options](CLI::App& to) {
    return to.add_option("NAME", options.name, "Of the baseline");
  };
  const auto add_replace = [&options](CLI::App& to) {
    to.add_flag("--replace", options.replace, "Put it in the place of what is there");
  };

  CLI::App& save = command("save", "Keep a side under a name", run_baseline_save);
  add_name(save)->required();
  save.add_option("--from", options.from, "The side to keep (default: live); see below")
      ->type_name("SIDE");
  add_replace(save);
  add_sources(save, options.sources);

  CLI::App& list = command("list", "All baselines", run_baseline_list);
  CLI::App& show = command("show", "What is in one", run_baseline_show);
  add_name(show)->required();
  for (CLI::App* printing : {&list, &show}) {
    printing->add_flag("--json", options.json, "Print JSON");
  }

  CLI::App& remove = command("delete", "Forget one", run_baseline_delete);
  add_name(remove)->required();

  CLI::App& give = command("export", "Copy one to a file, for another user", run_baseline_export);
  add_name(give)->required();
  give.add_option("FILE", options.file, "To be written")->required();
  add_replace(give);

  CLI::App& take = command("import", "Keep an exported one", run_baseline_import);
  take.add_option("FILE", options.file, "To be read")->required();
  add_name(take)->description("For it here (default: the one in the file)");
  add_replace(take);

  for (CLI::App* other : {&list, &show, &remove, &give, &take}) {
    add_dir(*other, options.sources);
  }
}

}  // namespace goxel_telemetry::cli
