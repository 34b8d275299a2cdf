// SPDX-License-Identifier: GPL-3.0-or-later
// A comparison as it is printed, from numbers made by hand.
#include "cli/commands/compare.h"
#include "cli/commands/comparison_answer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>

#include "tests/cli/screen_text.h"

namespace goxel_telemetry::cli {
namespace {

using metrics::Change;
using metrics::Verdict;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

// From `a` to `b`, with an interval from `low` to `high`.
metrics::Shift moved(double a, double b, Change change, std::optional<double> low,
                     std::optional<double> high) {
  metrics::Shift shift;
  shift.a = a;
  shift.b = b;
  shift.shift = b / a - 1;
  shift.low = low;
  shift.high = high;
  shift.change = change;
  return shift;
}

// A shift of `by`, with an interval from `low` to `high`.
metrics::Shift differs(double by, double low, double high, Change change) {
  metrics::Shift shift;
  shift.shift = by;
  shift.low = low;
  shift.high = high;
  shift.change = change;
  return shift;
}

// Of an operation that both sides have: its mean moved from 1 ms by `shift`.
metrics::ComparedOperation operation(const std::string& name, Verdict verdict, double shift) {
  metrics::ComparedOperation o;
  o.key = {"2-layer", "mcp", "daemon", name};
  o.a.records = 1'000;
  o.b.records = 2'000;
  o.latency.mean = moved(1e6, 1e6 * (1 + shift), Change::not_proven, {}, {});
  o.verdict = verdict;
  return o;
}

class ComparisonScreen : public testing::Test {
 protected:
  ComparisonScreen() {
    setenv("TZ", "UTC", 1);
    tzset();
    compared_.a.description = "baseline \"before\"";
    compared_.b.description = "live, instance \"goxel\"";
    metrics::Comparison& c = compared_.comparison;
    c.level = 0.95;
    c.least_relevant = 0.075;
    c.a = {1'700'000'000, 1'700'000'060, 60, 5, 12};
    c.b = {1'700'000'100, 1'700'000'101, 0.5, 1, 1};
  }

  std::string screen(bool colours = false) const {
    return comparison_screen(compared_, true, {.colours = colours});
  }
  // The line of the operation, with colours.
  std::string painted(const std::string& name) const {
    for (const std::string& line : lines_of(screen(true))) {
      if (line.starts_with(name)) return line;
    }
    return "no line";
  }
  std::vector<metrics::ComparedOperation>& operations() { return compared_.comparison.operations; }

  metrics::ComparedSides compared_;
};

TEST_F(ComparisonScreen, ShowsTheSidesAndWhatTheShiftsMean) {
  EXPECT_THAT(row_of(screen(), "A"),
              ElementsAre("A", "baseline \"before\"", "2023-11-14 22:13:20 to 2023-11-14 22:14:20",
                          "1 min 00 s watched, in 12 blocks"));
  EXPECT_THAT(row_of(screen(), "B"), ElementsAre("B", "live, instance \"goxel\"",
                                                 "2023-11-14 22:15:00 to 2023-11-14 22:15:01",
                                                 "500 ms watched, in 1 block"));
  EXPECT_THAT(row_of(screen(), "shifts"),
              ElementsAre("shifts", "of B against A", "in brackets what 95 % intervals leave open",
                          "proven ones of at least 7.5 % count"));
}

TEST_F(ComparisonScreen, SlowerOnesComeFirstThenFasterOnesThenWhatIsNotProven) {
  operations() = {operation("a", Verdict::too_little_data, 9),
                  operation("b", Verdict::no_proven_difference, 0.2),
                  operation("c", Verdict::faster, -0.1), operation("d", Verdict::slower, 0.1)};
  EXPECT_THAT(column_of(screen(), "OPERATION"), ElementsAre("d", "c", "b", "a"));
}

// Half is as far as double: -50 % is farther than +80 %.
TEST_F(ComparisonScreen, TheLargestShiftOfTheMeanComesFirstAmongEquals) {
  operations() = {operation("a", Verdict::slower, 0.1), operation("b", Verdict::slower, 2),
                  operation("c", Verdict::no_proven_difference, 0.8),
                  operation("d", Verdict::no_proven_difference, -0.5),
                  operation("e", Verdict::no_proven_difference, 0.8)};
  EXPECT_THAT(column_of(screen(), "OPERATION"), ElementsAre("b", "a", "d", "c", "e"));
}

TEST_F(ComparisonScreen, ARowHasTheFiguresOfBothSides) {
  metrics::ComparedOperation o = operation("fill", Verdict::slower, 0);
  o.a.records = 1'234;
  o.b.records = 5'678;
  o.latency.mean = moved(1e6, 3e6, Change::more, 1.8, 2.2);
  o.latency.p50 = moved(1e6, 0.75e6, Change::less, -0.3, -0.2);
  o.latency.p90 = moved(4e6, 5e6, Change::not_proven, -0.1, 0.6);
  o.latency.p95 = moved(5e6, 7e6, Change::not_proven, -0.1, 0.9);
  o.latency.p99 = moved(1e7, 1.1e7, Change::more, 0.07, {});
  o.throughput = moved(100, 150, Change::more, 0.45, 0.55);
  o.failure_ratio = differs(-0.02, -0.03, -0.01, Change::less);
  o.probability_b_slower = 0.875;
  o.verdict_by = "p99";
  operations() = {o};
  EXPECT_THAT(row_of(screen(), "OPERATION"),
              ElementsAre("OPERATION", "COUNT A", "COUNT B", "MEAN A", "MEAN B", "MEAN", "P50",
                          "P90", "P95", "P99", "RATE", "FAILURES", "B SLOWER", "VERDICT",
                          "PROTOCOL", "STACK", "LAYER"));
  EXPECT_THAT(row_of(screen(), "fill"),
              ElementsAre("fill", "1,234", "5,678", "1.00 ms", "3.00 ms", "+200 % (+180 .. +220)",
                          "-25.0 % (-30.0 .. -20.0)", "+25.0 % (-10.0 .. +60.0)",
                          "+40.0 % (-10.0 .. +90.0)", "+10.0 % (+7.00 .. ?)",
                          "+50.0 % (+45.0 .. +55.0)", "-2.00 % (-3.00 .. -1.00)", "87.5 %",
                          "slower (p99)", "mcp", "2-layer", "daemon"));
}

TEST_F(ComparisonScreen, OperationsOfOneNameAreToldApartAt80Columns) {
  operations() = {operation("fill", Verdict::slower, 1), operation("fill", Verdict::faster, -0.5)};
  const auto titles = [this] {
    return row_of(comparison_screen(compared_, true, {.width = 80}), "OPERATION");
  };
  operations()[1].key.stack = "4-layer";
  EXPECT_THAT(titles(), Contains("STACK"));
  operations()[1].key = operations()[0].key;
  operations()[1].key.protocol = "jsonrpc";
  EXPECT_THAT(titles(), Contains("PROTOCOL"));
  operations()[1].key = operations()[0].key;
  operations()[1].key.layer = "mcp-server";
  EXPECT_THAT(titles(), Contains("LAYER"));
}

TEST_F(ComparisonScreen, WhatIsNotKnownIsADashAndTooLittleDataHasNoInterval) {
  metrics::ComparedOperation o = operation("fill", Verdict::too_little_data, 0);
  o.latency.mean = moved(2e6, 1e6, Change::too_little_data, -0.9, 0.9);
  operations() = {o};
  EXPECT_THAT(row_of(screen(), "fill"),
              ElementsAre("fill", "1,000", "2,000", "2.00 ms", "1.00 ms", "-50.0 %", "-", "-", "-",
                          "-", "-", "-", "-", "too little data", "mcp", "2-layer", "daemon"));
}

TEST_F(ComparisonScreen, TheMeanIsNotNamedAsWhatTheVerdictIsBy) {
  metrics::ComparedOperation o = operation("fill", Verdict::faster, -0.5);
  o.verdict_by = "mean";
  operations() = {o};
  EXPECT_THAT(row_of(screen(), "fill"), Contains("faster"));
}

TEST_F(ComparisonScreen, LongerIsRedShorterIsGreenAndWhatIsNotProvenHasNoColour) {
  metrics::ComparedOperation o = operation("fill", Verdict::slower, 0);
  o.latency.mean = moved(1e6, 3e6, Change::more, 1.8, 2.2);
  o.latency.p50 = moved(1e6, 0.75e6, Change::less, -0.3, -0.2);
  o.latency.p90 = moved(4e6, 5e6, Change::not_proven, -0.1, 0.6);
  o.latency.p99 = moved(1e7, 2e7, Change::too_little_data, {}, {});
  operations() = {o};
  EXPECT_THAT(painted("fill"), HasSubstr("\033[31m+200 % (+180 .. +220)\033[0m"));
  EXPECT_THAT(painted("fill"), HasSubstr("\033[32m-25.0 % (-30.0 .. -20.0)\033[0m"));
  EXPECT_THAT(painted("fill"), HasSubstr("  +25.0 % (-10.0 .. +60.0)  "));
  EXPECT_THAT(painted("fill"), HasSubstr("\033[2m+100 %\033[0m"));
}

TEST_F(ComparisonScreen, MoreFailuresAreRedFewerGreenAndARateIsNeither) {
  metrics::ComparedOperation worse = operation("worse", Verdict::no_proven_difference, 0);
  worse.failure_ratio = differs(0.02, 0.01, 0.03, Change::more);
  worse.throughput = moved(100, 50, Change::less, -0.6, -0.4);
  metrics::ComparedOperation better = operation("better", Verdict::no_proven_difference, 0);
  better.failure_ratio = differs(-0.02, -0.03, -0.01, Change::less);
  better.throughput = moved(100, 150, Change::more, 0.4, 0.6);
  operations() = {worse, better};
  EXPECT_THAT(painted("worse"), HasSubstr("\033[31m+2.00 % (+1.00 .. +3.00)\033[0m"));
  EXPECT_THAT(painted("better"), HasSubstr("\033[32m-2.00 % (-3.00 .. -1.00)\033[0m"));
  EXPECT_THAT(painted("worse"), HasSubstr("  -50.0 % (-60.0 .. -40.0)  "));
  EXPECT_THAT(painted("better"), HasSubstr("  +50.0 % (+40.0 .. +60.0)  "));
}

TEST_F(ComparisonScreen, SlowerIsRedFasterIsGreenAndTooLittleDataIsFaint) {
  operations() = {operation("a", Verdict::slower, 1), operation("b", Verdict::faster, -1.0 / 2),
                  operation("c", Verdict::no_proven_difference, 0),
                  operation("d", Verdict::too_little_data, 0)};
  EXPECT_THAT(painted("a"), HasSubstr("\033[31mslower\033[0m"));
  EXPECT_THAT(painted("b"), HasSubstr("\033[32mfaster\033[0m"));
  EXPECT_THAT(painted("c"), HasSubstr("  no proven difference  "));
  EXPECT_THAT(painted("d"), HasSubstr("\033[2mtoo little data\033[0m"));
}

TEST_F(ComparisonScreen, WithoutColoursThereIsNoEscape) {
  operations() = {operation("a", Verdict::slower, 1)};
  compared_.comparison.layers.resize(1);
  EXPECT_THAT(screen(true), HasSubstr("\033"));
  EXPECT_THAT(screen(), Not(HasSubstr("\033")));
}

TEST_F(ComparisonScreen, ALayerIsShownInTheSameMixAndBelowAsItWas) {
  metrics::ComparedLayer& layer = compared_.comparison.layers.emplace_back();
  layer.raw = operation("", Verdict::slower, 0);
  layer.raw.latency.mean = moved(1e6, 2e6, Change::more, 0.9, 1.1);
  layer.raw.verdict_by = "p50";
  layer.adjusted.mean = moved(3e6, 1.5e6, Change::less, -0.6, -0.4);
  layer.adjusted.p50 = moved(1e6, 0.5e6, Change::less, -0.7, -0.3);
  layer.adjusted.p90 = moved(1e6, 0.8e6, Change::not_proven, -0.9, 0.1);
  layer.covered_a = 0.98;
  layer.covered_b = 0.5;
  layer.verdict = Verdict::faster;
  layer.verdict_by = "mean";
  EXPECT_THAT(row_of(screen(), "LAYER"),
              ElementsAre("LAYER", "MIX", "REQUESTS A", "REQUESTS B", "MEAN A", "MEAN B", "MEAN",
                          "P50", "P90", "P95", "P99", "VERDICT"));
  EXPECT_THAT(row_of(screen(), "daemon, 2-layer"),
              ElementsAre("daemon, 2-layer", "same mix", "98.0 %", "50.0 %", "3.00 ms", "1.50 ms",
                          "-50.0 % (-60.0 .. -40.0)", "-50.0 % (-70.0 .. -30.0)",
                          "-20.0 % (-90.0 .. +10.0)", "-", "-", "faster"));
  EXPECT_THAT(row_of(screen(), "daemon, 2-layer", 1),
              ElementsAre("as it was", "1,000", "2,000", "1.00 ms", "2.00 ms",
                          "+100 % (+90.0 .. +110)", "-", "-", "-", "-", "slower (p50)"));
}

TEST_F(ComparisonScreen, ALayerThatOneSideHasSaysWhich) {
  auto& layers = compared_.comparison.layers;
  layers.resize(2);
  layers[0].raw = operation("", Verdict::too_little_data, 0);
  layers[0].raw.key = {"", "", "mcp-client", ""};
  layers[0].raw.b = {};
  layers[1].raw = operation("", Verdict::too_little_data, 0);
  layers[1].raw.key = {"", "", "ts-client", ""};
  layers[1].raw.a = {};
  EXPECT_THAT(row_of(screen(), "mcp-client"),
              ElementsAre("mcp-client", "as it was", "1,000", "0", "1.00 ms", "1.00 ms",
                          "+0 % (? .. ?)", "-", "-", "-", "-", "only in A"));
  EXPECT_EQ(row_of(screen(), "ts-client").back(), "only in B");
}

TEST_F(ComparisonScreen, OperationsOfOneSideStandApartByLayer) {
  const auto one_sided = [](const std::string& name, const std::string& layer, bool in_b) {
    metrics::ComparedOperation o = operation(name, Verdict::too_little_data, 0);
    o.key.stack.clear();
    o.key.layer = layer;
    (in_b ? o.a : o.b) = {};
    return o;
  };
  operations() = {one_sided("new", "daemon", true), one_sided("gone", "mcp-client", false),
                  one_sided("lost", "daemon", false), one_sided("old", "daemon", false),
                  operation("both", Verdict::slower, 1)};
  EXPECT_THAT(column_of(screen(), "OPERATION"), ElementsAre("both"));
  const std::vector<std::string> lines = lines_of(screen());
  ASSERT_GE(lines.size(), 3u);
  EXPECT_EQ(lines[lines.size() - 3], "only in A   daemon:   lost   old");
  EXPECT_EQ(lines[lines.size() - 2], "only in A   mcp-client:   gone");
  EXPECT_EQ(lines[lines.size() - 1], "only in B   daemon:   new");
}

TEST_F(ComparisonScreen, WithoutAllOnlyWhatIsProvenIsShown) {
  metrics::ComparedOperation fails = operation("fails", Verdict::no_proven_difference, 0);
  fails.failure_ratio = differs(0.02, 0.01, 0.03, Change::more);
  metrics::ComparedOperation gone = operation("gone", Verdict::too_little_data, 0);
  gone.b = {};
  metrics::ComparedOperation slower = operation("slower", Verdict::slower, 1);
  slower.verdict_by = "mean";
  slower.latency.p95 = moved(2e6, 5e6, Change::more, 1.2, 1.8);
  operations() = {operation("same", Verdict::no_proven_difference, 0.01), slower, fails, gone,
                  operation("rare", Verdict::too_little_data, 0)};
  metrics::ComparedLayer& layer = compared_.comparison.layers.emplace_back();
  layer.raw = operation("", Verdict::slower, 0);
  layer.adjusted.mean = moved(3e6, 1.5e6, Change::less, -0.6, -0.4);
  const auto few = [this] { return comparison_screen(compared_, false, {}); };
  EXPECT_THAT(row_of(few(), "OPERATION"),
              ElementsAre("OPERATION", "MEAN A", "MEAN B", "MEAN", "P95", "FAILURES", "VERDICT",
                          "PROTOCOL", "STACK", "LAYER"));
  EXPECT_THAT(row_of(few(), "slower"),
              ElementsAre("slower", "1.00 ms", "2.00 ms", "+100 % (? .. ?)",
                          "+150 % (+120 .. +180)", "-", "slower", "mcp", "2-layer", "daemon"));
  EXPECT_THAT(row_of(few(), "fails").front(), "fails");
  for (const char* left_out : {"\nsame ", "\nrare ", "as it was", "gone"}) {
    EXPECT_THAT(few(), Not(HasSubstr(left_out)));
  }
  EXPECT_THAT(few(), HasSubstr("\n2 more operations without a proven difference, 1 with too little "
                               "data (--all shows them).\n"));
  EXPECT_THAT(few(), HasSubstr("\nonly in A   daemon, 2-layer:   1 operation\n"));
  operations() = {operation("same", Verdict::no_proven_difference, 0.01)};
  EXPECT_THAT(few(), HasSubstr("\nNo operation has a proven difference: 1 operation compared "
                               "(--all shows them).\n"));
}

// --- the answer ---

class ComparisonAnswer : public ComparisonScreen {
 protected:
  void add_layer(const std::string& name, Verdict verdict, metrics::Shift mean,
                 std::uint64_t in_a = 1'000, std::uint64_t in_b = 2'000) {
    metrics::ComparedLayer& layer = compared_.comparison.layers.emplace_back();
    layer.raw.key = {"", "", name, ""};
    layer.raw.a.records = in_a;
    layer.raw.b.records = in_b;
    layer.adjusted.mean = mean;
    layer.verdict = verdict;
    layer.verdict_by = "mean";
  }
  std::string answer() const { return comparison_answer(compared_.comparison); }
  const metrics::Shift less_ = differs(-0.36, -0.42, -0.30, Change::less);
  const metrics::Shift same_ = differs(0.01, -0.02, 0.04, Change::not_proven);
};

TEST_F(ComparisonAnswer, SaysWhatTheOutermostCommonLayerSeesAndWhatTheDaemonHasToDoWithIt) {
  add_layer("daemon", Verdict::no_proven_difference, same_);
  add_layer("mcp-client", Verdict::faster, less_);
  add_layer("mcp-server", Verdict::too_little_data, {}, 1'000, 0);
  add_layer("ts-client", Verdict::too_little_data, {}, 1'000, 0);
  EXPECT_EQ(answer(),
            "In this pair of sessions, B takes 36 % less time than A (30 to 42) for the same "
            "operations, as mcp-client sees them; of the daemon itself, no difference of 7.5 % or "
            "more is proven. Only A has mcp-server and ts-client.");
}

TEST_F(ComparisonAnswer, SpeaksOfTheDaemonOnlyIfBothSidesHaveIt) {
  add_layer("mcp-client", Verdict::faster, less_);
  add_layer("ts-client", Verdict::too_little_data, {});
  EXPECT_THAT(answer(), HasSubstr("; of ts-client itself, there is too little data."));
  EXPECT_THAT(answer(), Not(HasSubstr("daemon")));
}

TEST_F(ComparisonAnswer, NamesTheQuantileIfThatIsWhatIsSlower) {
  add_layer("daemon", Verdict::slower, same_);
  auto& layer = compared_.comparison.layers[0];
  layer.verdict_by = "p99";
  layer.adjusted.p99 = differs(0.082, 0.076, 0.11, Change::more);
  EXPECT_EQ(answer(),
            "In this pair of sessions, B takes 8.2 % more time than A (7.6 to 11) at the p99 for "
            "the same operations, as daemon sees them.");
}

TEST_F(ComparisonAnswer, ClaimsNothingThatIsNotProven) {
  EXPECT_EQ(answer(), "A and B have no layer in common: nothing is compared.");
  add_layer("daemon", Verdict::too_little_data, {});
  EXPECT_EQ(answer(),
            "There is too little data to say whether B differs from A for the same operations, as "
            "daemon sees them.");
  compared_.comparison.layers[0].verdict = Verdict::no_proven_difference;
  EXPECT_EQ(answer(),
            "In this pair of sessions, no difference of 7.5 % or more is proven between A and B "
            "for the same operations, as daemon sees them.");
}

TEST_F(ComparisonAnswer, OfSeveralStacksIsAboutTheOneWithMostRequests) {
  add_layer("daemon", Verdict::faster, less_, 10, 10);
  compared_.comparison.layers[0].raw.key.stack = "2-layer";
  add_layer("daemon", Verdict::no_proven_difference, same_);
  compared_.comparison.layers[1].raw.key.stack = "4-layer";
  EXPECT_THAT(answer(), HasSubstr("no difference"));
  EXPECT_THAT(answer(), HasSubstr("as daemon of 4-layer sees them."));
}

TEST_F(ComparisonAnswer, IsTheFirstThingOnTheScreenInLinesOfItsWidth) {
  add_layer("daemon", Verdict::faster, less_);
  EXPECT_TRUE(screen().starts_with(answer() + "\n\n"));
  const std::vector<std::string> lines =
      lines_of(comparison_screen(compared_, true, {.width = 50}));
  EXPECT_EQ(lines[0], "In this pair of sessions, B takes 36 % less time");
  EXPECT_EQ(lines[1], "than A (30 to 42) for the same operations, as");
  EXPECT_EQ(lines[2], "daemon sees them.");
}

TEST_F(ComparisonAnswer, SlowerIsAnyLayerOrOperation) {
  add_layer("daemon", Verdict::faster, less_);
  operations() = {operation("a", Verdict::faster, -1)};
  EXPECT_FALSE(says_slower(compared_.comparison));
  operations().push_back(operation("b", Verdict::slower, 1));
  EXPECT_TRUE(says_slower(compared_.comparison));
  operations().clear();
  compared_.comparison.layers[0].verdict = Verdict::slower;
  EXPECT_TRUE(says_slower(compared_.comparison));
}

}  // namespace
}  // namespace goxel_telemetry::cli
