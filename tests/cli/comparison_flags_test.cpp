// SPDX-License-Identifier: GPL-3.0-or-later
// What the flags of compare and baseline mean to the commands.
#include "cli/commands/comparison_flags.h"

#include <gtest/gtest.h>

#include <CLI/CLI.hpp>

namespace goxel_telemetry::cli {
namespace {

class ComparisonFlags : public testing::Test {
 protected:
  ComparisonFlags() {
    add_compare(app_, compare_, run_);
    add_baseline(app_, baseline_, run_);
  }
  void parse(std::vector<std::string> arguments) {
    std::reverse(arguments.begin(), arguments.end());  // as CLI11 wants them
    app_.parse(std::move(arguments));
  }

  CLI::App app_;
  CompareOptions compare_;
  BaselineOptions baseline_;
  std::function<int()> run_;
};

TEST_F(ComparisonFlags, RelevantIsInPercent) {
  parse({"compare", "x", "y", "--relevant", "7.5"});
  EXPECT_DOUBLE_EQ(compare_.comparison.least_relevant, 0.075);
  EXPECT_TRUE(run_);
}

TEST_F(ComparisonFlags, WithoutRelevantFivePercentCount) {
  parse({"compare", "x", "y"});
  EXPECT_DOUBLE_EQ(compare_.comparison.least_relevant, 0.05);
}

TEST_F(ComparisonFlags, RelevantGoesFromNothingToAHundredfold) {
  for (const auto& [text, ratio] : {std::pair("0", 0.0), std::pair("10000", 100.0)}) {
    parse({"compare", "x", "y", "--relevant", text});
    EXPECT_DOUBLE_EQ(compare_.comparison.least_relevant, ratio);
  }
  for (const char* bad : {"-0.1", "10000.1", "x", ""}) {
    EXPECT_THROW(parse({"compare", "x", "y", "--relevant", bad}), CLI::ParseError) << bad;
  }
}

TEST_F(ComparisonFlags, EachFlagOfCompareGoesToItsOwnPlace) {
  parse({"compare", "first", "second", "--operation", "ping", "--stack", "2-layer", "--layer",
         "daemon", "--instance", "goxel", "--watch", "900", "--history", "/h.db", "--dir",
         "/folder"});
  EXPECT_EQ(compare_.a, "first");
  EXPECT_EQ(compare_.b, "second");
  EXPECT_EQ(compare_.comparison.operation, "ping");
  EXPECT_EQ(compare_.comparison.stack, "2-layer");
  EXPECT_EQ(compare_.comparison.layer, "daemon");
  EXPECT_EQ(compare_.sources.instance, "goxel");
  EXPECT_EQ(compare_.sources.watch_seconds, 900u);
  EXPECT_EQ(compare_.sources.history_file, "/h.db");
  EXPECT_EQ(compare_.sources.baseline_folder, "/folder");
  EXPECT_FALSE(compare_.json);
  parse({"compare", "first", "second", "--json"});
  EXPECT_TRUE(compare_.json);
  EXPECT_THROW(parse({"compare", "first", "second", "--watch", "901"}), CLI::ParseError);
}

TEST_F(ComparisonFlags, SaveTakesASideAndKeepsLiveByDefault) {
  parse({"baseline", "save", "before"});
  EXPECT_EQ(baseline_.name, "before");
  EXPECT_EQ(baseline_.from, "live");
  EXPECT_FALSE(baseline_.replace);
  parse({"baseline", "save", "then", "--from", "-2h..-1h", "--replace", "--instance", "goxel",
         "--watch", "3", "--history", "/h.db", "--dir", "/folder"});
  EXPECT_EQ(baseline_.name, "then");
  EXPECT_EQ(baseline_.from, "-2h..-1h");
  EXPECT_TRUE(baseline_.replace);
  EXPECT_EQ(baseline_.sources.instance, "goxel");
  EXPECT_EQ(baseline_.sources.watch_seconds, 3u);
  EXPECT_EQ(baseline_.sources.history_file, "/h.db");
  EXPECT_EQ(baseline_.sources.baseline_folder, "/folder");
}

// The file comes last where it is written, and first where it is read.
TEST_F(ComparisonFlags, ExportAndImportNameTheirFile) {
  parse({"baseline", "export", "before", "/file"});
  EXPECT_EQ(baseline_.name, "before");
  EXPECT_EQ(baseline_.file, "/file");
  parse({"baseline", "import", "/sent", "copy", "--replace"});
  EXPECT_EQ(baseline_.name, "copy");
  EXPECT_EQ(baseline_.file, "/sent");
  EXPECT_TRUE(baseline_.replace);
}

TEST_F(ComparisonFlags, EachCommandOfBaselineTakesTheFolder) {
  const std::vector<std::vector<std::string>> commands = {
      {"list"},     {"show", "x"}, {"delete", "x"}, {"export", "x", "/file"}, {"import", "/file"},
      {"save", "x"}};
  for (std::vector<std::string> arguments : commands) {
    const std::string folder = "/folder-of-" + arguments.front();
    arguments.insert(arguments.begin(), "baseline");
    arguments.insert(arguments.end(), {"--dir", folder});
    parse(arguments);
    EXPECT_EQ(baseline_.sources.baseline_folder, folder);
  }
}

}  // namespace
}  // namespace goxel_telemetry::cli
