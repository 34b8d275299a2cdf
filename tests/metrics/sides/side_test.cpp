// SPDX-License-Identifier: GPL-3.0-or-later
// Which texts name a side, what each stands for, and how all other texts are refused.
#include "metrics/sides/side.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "metrics/text/format.h"
#include "tests/metrics/history/history_fixture.h"

namespace goxel_telemetry::metrics {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

// The sentence and kind of a failure, or the description of a side.
using Result = std::pair<std::optional<SideOutcome>, std::string>;

class SideTest : public HistoryTest {
 protected:
  SideTest() {
    sources_.live = [this] {
      ++looked_;
      return Side{"", "live, " + std::to_string(looked_), false, both_stacks()};
    };
    sources_.file = [](const std::string& path) {
      return Side{"", "what " + path + " holds", false, both_stacks()};
    };
    sources_.baseline_folder = folder_ / "baselines";
  }

  // Three requests over one stack, one over the other.
  static Observation both_stacks() {
    ObservationBuilder builder(kThen, kThen + 10);
    Tally one;
    one.add({});
    for (std::uint64_t i = 0; i < 3; ++i) {
      builder.add({"2-layer", "mcp", "daemon", "goxel_save_file"}, kThen + i, one);
    }
    builder.add({"4-layer", "jsonrpc", "daemon", "goxel.save_project"}, kThen, one);
    return std::move(builder).finish();
  }
  void save(const std::string& name) {
    const StoreResult saved =
        BaselineStore(sources_.baseline_folder)
            .save({name, "instance \"goxel\"", kThen * kNs, both_stacks()}, IfThere::refuse);
    EXPECT_EQ(saved.message, "");
  }
  void commit_for(const std::string& instance, std::uint64_t second) {
    record(key("ping"), kThen + second, 1'000);
    watched(static_cast<double>(second), static_cast<double>(second) + 1);
    EXPECT_EQ(writer().commit({{instance, delta()}}, kThen + second + 1).message, "");
    sources_.history_file = file_;
  }

  Result read(const std::string& asked) {
    try {
      return {std::nullopt, SideReader(sources_).read(asked).description};
    } catch (const SideFailure& failure) {
      return {failure.outcome(), failure.what()};
    }
  }
  static std::vector<std::string> stacks_of(const Side& side) {
    std::vector<std::string> stacks;
    for (const auto& [key, series] : side.observation.operations) stacks.push_back(key.stack);
    return stacks;
  }

  SideSources sources_;
  int looked_ = 0;
};

TEST_F(SideTest, IsWhatItsPrefixOrElseItsShapeSays) {
  save("before");
  commit_for("goxel", 0);
  const std::string of_baseline =
      "baseline \"before\", saved " + format_date_time(kThen * kNs) + " from instance \"goxel\"";
  EXPECT_THAT(read("live"), Pair(std::nullopt, "live, 1"));
  EXPECT_THAT(read("before"), Pair(std::nullopt, of_baseline));
  EXPECT_THAT(read("baseline:before"), Pair(std::nullopt, of_baseline));
  EXPECT_THAT(read("./before"), Pair(std::nullopt, "what ./before holds"));
  EXPECT_THAT(read("../1..2"), Pair(std::nullopt, "what ../1..2 holds"));
  EXPECT_THAT(read("file:before"), Pair(std::nullopt, "what before holds"));
  EXPECT_THAT(read("file:stack:x"), Pair(std::nullopt, "what stack:x holds"));
  EXPECT_THAT(read(std::to_string(kThen) + "..now"),
              Pair(std::nullopt, "history of instance \"goxel\""));
  EXPECT_THAT(read("stack:2-layer"), Pair(std::nullopt, "live, 2, stack 2-layer"));
  EXPECT_THAT(read("stack:2-layer@before"), Pair(std::nullopt, of_baseline + ", stack 2-layer"));
  EXPECT_THAT(read("stack:2-layer@file:a@b"), Pair(std::nullopt, "what a@b holds, stack 2-layer"));
}

TEST_F(SideTest, KeepsWhatWasAsked) {
  SideReader reader(sources_);
  EXPECT_EQ(reader.read("live").asked, "live");
  EXPECT_EQ(reader.read("stack:4-layer").asked, "stack:4-layer");
  EXPECT_EQ(reader.read("./a\nb").asked, "./a\uFFFDb") << "for a terminal";
}

TEST_F(SideTest, TheLiveInstanceIsLookedAtOnce) {
  SideReader reader(sources_);
  for (const char* asked : {"live", "stack:2-layer", "stack:4-layer@live", "live"}) {
    EXPECT_THAT(reader.read(asked).description, HasSubstr("live, 1"));
  }
  EXPECT_EQ(looked_, 1);
}

TEST_F(SideTest, AStackIsThatOfTheSideAndNothingElse) {
  SideReader reader(sources_);
  const Side two = reader.read("stack:2-layer");
  EXPECT_TRUE(two.one_stack);
  EXPECT_THAT(stacks_of(two), ElementsAre("2-layer"));
  const Side four = reader.read("stack:4-layer@./file");
  EXPECT_TRUE(four.one_stack);
  EXPECT_THAT(stacks_of(four), ElementsAre("4-layer"));
  const Side live = reader.read("live");
  EXPECT_FALSE(live.one_stack);
  EXPECT_THAT(stacks_of(live), ElementsAre("2-layer", "4-layer"));
}

TEST_F(SideTest, SaysWhatAStackLacks) {
  EXPECT_THAT(read("stack:"),
              Pair(SideOutcome::invalid_text, "\"stack:\" needs the name of a stack"));
  EXPECT_THAT(read("stack:@live"),
              Pair(SideOutcome::invalid_text, "\"stack:\" needs the name of a stack"));
  EXPECT_THAT(read("stack:2-layer@stack:4-layer"),
              Pair(SideOutcome::invalid_text, "a side is of one stack: \"stack:\" stands once"));
  EXPECT_THAT(read("stack:3-\ayer"), Pair(SideOutcome::unknown,
                                          "no request of a stack \"3-\uFFFDyer\" was seen, only "
                                          "of: 2-layer, 4-layer"));
}

TEST_F(SideTest, ABaselineHasAValidNameAndIsThere) {
  EXPECT_THAT(read("baseline:live"),
              Pair(SideOutcome::invalid_text,
                   std::string("\"live\" is no side to compare: ") + kBaselineNameRule));
  EXPECT_THAT(read("a b\a"), Pair(SideOutcome::invalid_text, std::string("\"a b\uFFFD\" is no side "
                                                                         "to compare: ") +
                                                                 kBaselineNameRule));
  EXPECT_THAT(read("missing"), Pair(SideOutcome::unknown, "there is no baseline \"missing\" in " +
                                                              sources_.baseline_folder));
  save("before");
  std::ofstream(std::filesystem::path(sources_.baseline_folder) / "broken.baseline") << "nothing";
  EXPECT_THAT(read("broken"), Pair(SideOutcome::invalid_file, HasSubstr("is not a baseline")));
  std::filesystem::create_directory(std::filesystem::path(sources_.baseline_folder) /
                                    "folder.baseline");
  EXPECT_NE(read("folder").first, std::nullopt);
  sources_.baseline_folder.clear();
  EXPECT_THAT(read("before"),
              Pair(SideOutcome::unknown,
                   "no folder of baselines is given, and neither XDG_STATE_HOME nor HOME is set"));
}

TEST_F(SideTest, WhatTheSystemRefusesIsUnreadableAndWhatIsDamagedInvalid) {
  const auto outcome_of = [](const StoreResult& result) -> std::optional<SideOutcome> {
    try {
      require(result);
      return std::nullopt;
    } catch (const SideFailure& failure) {
      EXPECT_STREQ(failure.what(), "a\uFFFDb");
      return failure.outcome();
    }
  };
  EXPECT_EQ(outcome_of({StoreOutcome::done, ""}), std::nullopt);
  EXPECT_EQ(outcome_of({StoreOutcome::unknown, "a\ab"}), SideOutcome::unknown);
  EXPECT_EQ(outcome_of({StoreOutcome::failed, "a\ab"}), SideOutcome::unreadable);
  EXPECT_EQ(outcome_of({StoreOutcome::invalid, "a\ab"}), SideOutcome::invalid_file);
  EXPECT_EQ(outcome_of({StoreOutcome::exists, "a\ab"}), SideOutcome::invalid_file);
}

TEST_F(SideTest, AFileMayBeNamedWhereTheSourcesSaySo) {
  sources_.file = nullptr;
  const auto refused =
      Pair(SideOutcome::invalid_text, "a side here is no file: save it as a baseline");
  EXPECT_THAT(read("file:x"), refused);
  EXPECT_THAT(read("./x"), refused);
}

TEST_F(SideTest, ARangeIsTheWatchedPartOfTheHistory) {
  commit_for("goxel", 3);
  commit_for("goxel", 5);
  const Side side =
      SideReader(sources_).read(std::to_string(kThen + 1) + ".." + std::to_string(kThen + 100));
  EXPECT_EQ(side.observation.begin_seconds, kThen + 3);
  EXPECT_EQ(side.observation.observed_seconds(), 2);
  EXPECT_EQ(side.observation.operations.at(key("ping")).total().outcomes.ok, 2u);
}

TEST_F(SideTest, ARangeHasABeginningAndAnEndAndAHistory) {
  const std::string ends = "a range has a beginning and an end: FROM..TO";
  EXPECT_THAT(read(".."), Pair(SideOutcome::invalid_text, ends));
  EXPECT_THAT(read("-24h.."), Pair(SideOutcome::invalid_text, ends));
  EXPECT_THAT(read("..now"), Pair(SideOutcome::invalid_text, ends));
  EXPECT_THAT(read("2000..1000"),
              Pair(SideOutcome::invalid_text, "the range is reversed: it begins after its end"));
  EXPECT_THAT(read("-24h..now"), Pair(SideOutcome::unknown,
                                      "a range is one of the history: --history must name the "
                                      "file that the bridge keeps it in"));
}

TEST_F(SideTest, ARangeNeedsToKnowWhoseItIs) {
  const std::string range = std::to_string(kThen) + "..now";
  sources_.history_file = file_;
  EXPECT_THAT(read(range), Pair(SideOutcome::unreadable, "there is no history file " + file_));
  writer();
  EXPECT_THAT(read(range), Pair(SideOutcome::unknown, "the history has no instance yet"));
  commit_for("one", 0);
  EXPECT_THAT(read(range), Pair(std::nullopt, "history of instance \"one\""));
  commit_for("two", 1);
  EXPECT_THAT(read(range), Pair(SideOutcome::invalid_text,
                                "the history has several instances (one, two): the one that is "
                                "meant must be named"));
  sources_.instance = "two";
  EXPECT_THAT(read(range), Pair(std::nullopt, "history of instance \"two\""));
  sources_.instance = "three";
  EXPECT_THAT(read(range), Pair(SideOutcome::unknown, HasSubstr("has no instance \"three\"")));
  writer_.reset();
  std::ofstream(file_) << "something else, and long enough to be read by a program that opens it";
  EXPECT_THAT(read(range), Pair(SideOutcome::invalid_file, HasSubstr(file_)));
}

class ComparedSidesTest : public SideTest {
 protected:
  std::vector<OperationKey> compare_keys(const std::string& a, const std::string& b,
                                         const ComparisonOptions& options = {}) {
    SideReader reader(sources_);
    std::vector<OperationKey> keys;
    for (const ComparedOperation& operation :
         compare_sides(reader, a, b, options).comparison.operations) {
      keys.push_back(operation.key);
    }
    return keys;
  }
  Result refusal(const ComparisonOptions& options) {
    try {
      compare_keys("live", "live", options);
    } catch (const SideFailure& failure) {
      return {failure.outcome(), failure.what()};
    }
    return {std::nullopt, ""};
  }
};

TEST_F(ComparedSidesTest, AreComparedAcrossStacksIfOneIsOfOneStack) {
  const OperationKey two{"2-layer", "mcp", "daemon", "goxel_save_file"};
  const OperationKey four{"4-layer", "jsonrpc", "daemon", "goxel.save_project"};
  const OperationKey either{"", "", "daemon", "goxel.save_project"};
  EXPECT_THAT(compare_keys("live", "live"), ElementsAre(two, four));
  EXPECT_THAT(compare_keys("stack:2-layer", "stack:4-layer"), ElementsAre(either));
  EXPECT_THAT(compare_keys("stack:2-layer", "live"), ElementsAre(either));
  EXPECT_THAT(compare_keys("live", "stack:2-layer"), ElementsAre(either));
}

TEST_F(ComparedSidesTest, AreTheSidesInTheirOrder) {
  SideReader reader(sources_);
  const ComparedSides compared = compare_sides(reader, "stack:2-layer", "./file", {});
  EXPECT_EQ(compared.a.description, "live, 1, stack 2-layer");
  EXPECT_EQ(compared.b.description, "what ./file holds");
  ASSERT_EQ(compared.comparison.operations.size(), 1u);
  EXPECT_EQ(compared.comparison.operations[0].a.records, 3u);
  EXPECT_EQ(compared.comparison.operations[0].b.records, 4u);
}

TEST_F(ComparedSidesTest, SayWhatNeitherHas) {
  ComparisonOptions options;
  options.operation = "po\ng";
  EXPECT_EQ(refusal(options),
            Result(SideOutcome::unknown, "neither side has requests of operation \"po\uFFFDg\""));
  options.stack = "2-layer";
  options.layer = "daemon";
  EXPECT_EQ(refusal(options), Result(SideOutcome::unknown,
                                     "neither side has requests of operation \"po\uFFFDg\" stack "
                                     "\"2-layer\" layer \"daemon\""));
  sources_.live = [] { return Side{}; };
  EXPECT_EQ(refusal({}), Result(SideOutcome::unknown, "there are no requests on either side"));
}

}  // namespace
}  // namespace goxel_telemetry::metrics
