// SPDX-License-Identifier: GPL-3.0-or-later
// What goes into a history comes out of it, exactly, at any resolution.
#include <gmock/gmock.h>

#include <random>

#include "history_fixture.h"

namespace goxel_telemetry::metrics {
namespace {

using testing::DoubleEq;
using testing::DoubleNear;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pointwise;
using testing::SizeIs;

TEST_F(HistoryTest, GivesBackSecondsAsTheyWere) {
  record(key("ping"), kThen + 1, 1'000);
  record(key("ping"), kThen + 1, 3'000, shm::Status::error);
  record(key("ping"), kThen + 3, 5'000);
  record(key("stuck"), kThen + 3, 1, shm::Status::unanswered);
  commit(kThen + 4);
  const HistoryAnswer answer = query(kThen, kThen + 4, 4);
  EXPECT_EQ(answer.point_seconds, 1u);
  ASSERT_THAT(answer.points, SizeIs(4));
  EXPECT_EQ(answer.points[1].begin_seconds, kThen + 1);
  EXPECT_EQ(answer.points[1].stats.outcomes, (Outcomes{1, 1, 0, 0, 0}));
  EXPECT_DOUBLE_EQ(answer.points[1].stats.latency.mean_ns, 2'000);
  EXPECT_EQ(answer.points[3].stats.outcomes, (Outcomes{1, 0, 1, 0, 0})) << "all operations";
  EXPECT_EQ(answer.whole.outcomes.all(), 4u);
  expect_exact(answer);
}

TEST_F(HistoryTest, ASecondThatComesInPiecesIsOne) {
  for (std::uint64_t duration = 1; duration <= 100; ++duration) {
    record(key("ping"), kThen, duration * 1'000);
    commit(kThen + duration / 50);
  }
  const HistoryAnswer answer = query(kThen, kThen + 1, 1);
  EXPECT_EQ(answer.points[0].stats.latency.count, 100u);
  EXPECT_NEAR(static_cast<double>(answer.points[0].stats.latency.p50_ns), 50'000, 500);
  expect_exact(answer);
}

TEST_F(HistoryTest, PositionsAreThoseOfTheLastCommit) {
  record(key("ping"), kThen, 1);
  position_ = {UINT64_MAX, {0, 5, UINT64_MAX}, 0};
  commit(kThen + 1);
  EXPECT_EQ(writer().positions().at("goxel").lanes, position_.lanes);
  writer_.reset();
  EXPECT_EQ(writer().positions().at("goxel"), position_);
}

TEST_F(HistoryTest, FindsWhatToolsDidOfAMethodsWork) {
  record(key("goxel.add_voxel"), kThen, 1'000);
  record(key("goxel_add_voxel", "mcp-server"), kThen, 2'000);
  record(key("ping"), kThen, 2'000);
  commit(kThen + 1);
  HistoryFilter filter{"", "goxel.add_voxel", {}, {}, {}};
  EXPECT_EQ(query(kThen, kThen + 1, 1, filter).whole.outcomes.ok, 1u);
  filter.with_tools = true;
  EXPECT_EQ(query(kThen, kThen + 1, 1, filter).whole.outcomes.ok, 2u);
}

TEST_F(HistoryTest, FiltersByEveryNameAndSaysWhatItDoesNotKnow) {
  record(key("ping"), kThen, 1'000);
  record(key("ping", "mcp-server"), kThen, 2'000);
  record(key("ping", "daemon", "4-layer"), kThen, 3'000);
  record(key("add"), kThen, 4'000);
  commit(kThen + 1);
  const auto count = [this](const HistoryFilter& filter) {
    const HistoryAnswer answer = query(kThen, kThen + 1, 1, filter);
    expect_exact(answer, filter);
    return answer.whole.outcomes.ok;
  };
  EXPECT_EQ(count({}), 4u);
  EXPECT_EQ(count({"", "ping", {}, {}, {}}), 3u);
  EXPECT_EQ(count({"", "ping", {}, {}, "daemon"}), 2u);
  EXPECT_EQ(count({"", {}, "4-layer", {}, {}}), 1u);
  EXPECT_EQ(count({"", {}, {}, {}, "mcp-server"}), 1u);
  EXPECT_EQ(count({"", {}, {}, "mcp", "daemon"}), 3u);
  EXPECT_EQ(count({"", "add", "2-layer", "mcp", "mcp-server"}), 0u) << "all are known";

  HistoryAnswer answer;
  const auto unknown = [&](const HistoryFilter& filter) {
    const HistoryResult result =
        reader()->query({filter, {kThen * kNs, kThen * kNs + 1}, 1}, answer);
    EXPECT_EQ(result.outcome, HistoryOutcome::unknown);
    return result.message;
  };
  EXPECT_THAT(unknown({"goxel", "pong", {}, {}, {}}), HasSubstr("no operation \"pong\""));
  EXPECT_THAT(unknown({"goxel", "", {}, {}, {}}), HasSubstr("no operation \"\""))
      << "an empty name is not the sum";
  EXPECT_THAT(unknown({"goxel", {}, {}, "jsonrpc", {}}), HasSubstr("no protocol \"jsonrpc\""));
  EXPECT_THAT(unknown({"goxel", "ping", {}, {}, "x"}), HasSubstr("no layer \"x\""));
  EXPECT_THAT(unknown({"goxel", "ping", "x", {}, {}}), HasSubstr("no stack \"x\""));
  EXPECT_THAT(unknown({"other", {}, {}, {}, {}}), HasSubstr("no instance \"other\""));
  std::vector<std::string> names;
  EXPECT_TRUE(reader()->instances(names).done());
  EXPECT_THAT(names, ElementsAre("goxel"));
}

TEST_F(HistoryTest, WhatTheOuterLayersReportBelongsToTheirDaemon) {
  record(key("ping"), kThen, 1'000);
  watched(0, 1);
  commit(kThen + 1);
  record(key("ping", "mcp-client"), kThen, 3'000);
  record(key("ping", "mcp-client"), kThen, 5'000);
  EXPECT_TRUE(writer().commit({{"goxel.layers", delta()}}, kThen + 1).done());
  EXPECT_EQ(query(kThen, kThen + 1, 1, {"", {}, {}, {}, "daemon"}).whole.outcomes.ok, 1u);
  EXPECT_EQ(query(kThen, kThen + 1, 1, {"", {}, {}, {}, "mcp-client"}).whole.outcomes.ok, 2u);
  std::vector<std::string> names;
  EXPECT_TRUE(reader()->instances(names).done());
  EXPECT_THAT(names, ElementsAre("goxel"));
  Observation both;
  const TimeStretch range{kThen * kNs, (kThen + 1) * kNs};
  EXPECT_EQ(reader()->observe({"goxel", {}, {}, {}, {}}, range, both).message, "");
  EXPECT_THAT(both.operations, SizeIs(2));
  EXPECT_EQ(both.observed_seconds(), 1);
}

TEST_F(HistoryTest, TakesTheCoarsestRollupsThatGiveEnoughPoints) {
  record(key("ping"), kThen, 1'000);
  commit(kThen + 2 * 86'400);
  const auto shape = [this](std::uint64_t seconds, std::uint32_t points) {
    const HistoryAnswer answer = query(kThen + 86'400 * 2 - seconds, kThen + 86'400 * 2, points);
    EXPECT_EQ(answer.end_seconds, kThen + 86'400 * 2);
    return std::pair(answer.point_seconds, answer.points.size());
  };
  EXPECT_EQ(shape(60, 1'000), std::pair(std::uint64_t{1}, std::size_t{60}));
  EXPECT_EQ(shape(3'600, 1'000), std::pair(std::uint64_t{4}, std::size_t{900}));
  EXPECT_EQ(shape(3'600, 360), std::pair(std::uint64_t{10}, std::size_t{360}));
  EXPECT_EQ(shape(86'400, 1'440), std::pair(std::uint64_t{60}, std::size_t{1'440}));
  EXPECT_EQ(shape(86'400, 1'000), std::pair(std::uint64_t{120}, std::size_t{720}));
  EXPECT_EQ(shape(86'400, 1), std::pair(std::uint64_t{86'400}, std::size_t{1}));
  EXPECT_EQ(shape(3'610, 5'000), std::pair(std::uint64_t{10}, std::size_t{361}))
      << "seconds are kept for an hour";
}

TEST_F(HistoryTest, ARangeThatBeginsWithinAStretchHasOnePointMore) {
  record(key("ping"), kThen, 1'000);
  commit(kThen);
  const HistoryAnswer answer = [&] {
    HistoryAnswer shifted;
    EXPECT_TRUE(reader()
                    ->query({{"goxel", {}, {}, {}, {}},
                             {kThen * kNs + kNs / 2, (kThen + 15) * kNs + kNs / 2},
                             15},
                            shifted)
                    .done());
    return shifted;
  }();
  EXPECT_EQ(answer.point_seconds, 1u);
  EXPECT_THAT(answer.points, SizeIs(16));
  EXPECT_EQ(answer.whole.outcomes.ok, 1u);
}

// A record in each second. Minutes would do for one point of a minute, but the range cuts two of them.
TEST_F(HistoryTest, TheWholeIsWhatWasAskedForHoweverFewThePoints) {
  for (std::uint64_t second = 0; second < 7'500; ++second) {
    record(key("ping"), kThen + second, 1'000 + second);
  }
  watched(0, 7'500);
  commit(kThen + 3'600);
  for (const auto& [from, to] : {std::pair(4'003u, 4'063u), std::pair(3'999u, 7'201u),
                                 std::pair(4'005u, 4'007u), std::pair(4'060u, 4'120u)}) {
    for (const std::uint32_t points : {1u, 2u, 7u, 5'000u}) {
      const HistoryAnswer answer = query(kThen + from, kThen + to, points);
      EXPECT_EQ(answer.begin_seconds, kThen + from);
      EXPECT_EQ(answer.end_seconds, kThen + to);
      EXPECT_EQ(answer.whole.outcomes.ok, to - from) << from << ' ' << points;
      EXPECT_DOUBLE_EQ(answer.whole.covered_seconds, to - from);
      EXPECT_LE(answer.points.size(), points + 1);
      expect_exact(answer);
    }
  }
}

// Seconds are kept for an hour, tens for a day: what was asked for grows only where they are gone.
TEST_F(HistoryTest, WhereSecondsAreGoneTheWholeIsOfTheFinestStretchesThatAreLeft) {
  for (std::uint64_t second = 0; second < 14'400; ++second) {
    record(key("ping"), kThen + second, 1'000);
  }
  commit(kThen + 14'399);
  commit(kThen + 14'400);
  const HistoryAnswer old = query(kThen + 1'003, kThen + 1'063, 1);
  EXPECT_EQ(old.begin_seconds, kThen + 1'000);
  EXPECT_EQ(old.end_seconds, kThen + 1'070);
  EXPECT_EQ(old.whole.outcomes.ok, 70u);
  const HistoryAnswer until_now = query(kThen + 1'003, kThen + 14'398, 1);
  EXPECT_EQ(until_now.begin_seconds, kThen + 1'000);
  EXPECT_EQ(until_now.end_seconds, kThen + 14'398) << "of these the seconds are still there";
  EXPECT_EQ(until_now.whole.outcomes.ok, 13'398u);
}

TEST_F(HistoryTest, CoarserRollupsOfAStretchThatRunsAreMadeOfFinerOnes) {
  for (std::uint64_t second = 0; second < 3'700; ++second) {
    record(key("ping"), kThen + second, 1'000 + second);
    if (second % 7 == 0) commit(kThen + second);
  }
  commit(kThen + 3'699);
  expect_exact(query(kThen, kThen + 3'700, 2));    // hours
  expect_exact(query(kThen, kThen + 3'700, 60));   // minutes
  expect_exact(query(kThen, kThen + 3'700, 300));  // tens
  EXPECT_EQ(query(kThen, kThen + 7'200, 2).points[1].stats.outcomes.ok, 100u);
}

TEST_F(HistoryTest, ARecordThatComesLateIsInAllRollups) {
  record(key("ping"), kThen + 5, 1'000);
  commit(kThen + 10);
  commit(kThen + 7'300);
  record(key("ping"), kThen + 5, 9'000);
  record(key("late"), kThen + 3'599, 9'000);
  commit(kThen + 7'301);
  EXPECT_EQ(query(kThen, kThen + 7'200, 2).points[0].stats.outcomes.ok, 3u);
  for (const std::uint32_t points : {2u, 120u, 720u}) {
    expect_exact(query(kThen, kThen + 7'200, points));
  }
}

TEST_F(HistoryTest, RollupsOfARangeAreOneForEachOperationAndStretch) {
  record(key("a"), kThen, 1'000);
  record(key("a"), kThen + 9, 2'000);
  record(key("b"), kThen + 10, 3'000);
  record(key("b"), kThen + 11, 3'000);
  commit(kThen + 15);
  std::vector<Rollup> rollups;
  EXPECT_TRUE(
      reader()
          ->rollups({"goxel", {}, {}, {}, {}}, {(kThen + 5) * kNs, (kThen + 12) * kNs}, 10, rollups)
          .done());
  ASSERT_THAT(rollups, SizeIs(2));
  EXPECT_EQ(rollups[0].key, key("a"));
  EXPECT_EQ(rollups[0].begin_seconds, kThen);
  EXPECT_EQ(rollups[0].seconds, 10u);
  EXPECT_EQ(rollups[0].tally.latency.sum(), 3'000u);
  EXPECT_EQ(rollups[1].key, key("b"));
  EXPECT_EQ(rollups[1].tally.outcomes.ok, 2u);
}

TEST_F(HistoryTest, RowsGoWhenTheirTimeIsOver) {
  retention_.seconds = {20, 120, 7'200, 86'400};
  record(key("ping"), kThen, 1'000);
  commit(kThen);
  const auto counted = [this](std::uint64_t seconds) {
    std::vector<Rollup> rollups;
    EXPECT_TRUE(reader()
                    ->rollups({"goxel", {}, {}, {}, {}}, {0, 4'000'000'000 * kNs},
                              static_cast<std::uint32_t>(seconds), rollups)
                    .done());
    return rollups.size();
  };
  const auto tiers = [&] {
    return std::vector{counted(1), counted(10), counted(60), counted(3'600)};
  };
  commit(kThen + 19);
  EXPECT_THAT(tiers(), ElementsAre(1, 1, 1, 1));
  commit(kThen + 40);
  EXPECT_THAT(tiers(), ElementsAre(0, 1, 1, 1));
  commit(kThen + 200);
  commit(kThen + 200);
  EXPECT_THAT(tiers(), ElementsAre(0, 0, 1, 1));
  commit(kThen + 3 * 3'600);
  EXPECT_THAT(tiers(), ElementsAre(0, 0, 0, 1));
  EXPECT_EQ(query(kThen, kThen + 1, 1).points[0].stats.outcomes.ok, 1u) << "of the hour";
  commit(kThen + 26 * 3'600);
  HistoryAnswer answer;
  EXPECT_EQ(reader()->query({{"goxel", "ping", {}, {}, {}}, {0, kNs}, 1}, answer).outcome,
            HistoryOutcome::unknown)
      << "its name went with its last row";
}

TEST_F(HistoryTest, ARecordThatComesAfterItsSecondWentIsInTheCoarserRollupsOnly) {
  retention_.seconds = {20, 120, 7'200, 86'400};
  record(key("ping"), kThen, 1'000);
  commit(kThen);
  commit(kThen + 40);
  record(key("ping"), kThen + 1, 2'000);
  commit(kThen + 41);
  const auto counted = [this](std::uint32_t seconds) {
    std::vector<Rollup> rollups;
    EXPECT_TRUE(reader()
                    ->rollups({"goxel", {}, {}, {}, {}}, {kThen * kNs, (kThen + 10) * kNs}, seconds,
                              rollups)
                    .done());
    std::vector<std::uint64_t> counts;
    for (const Rollup& rollup : rollups) counts.push_back(rollup.tally.outcomes.ok);
    return counts;
  };
  EXPECT_THAT(counted(1), IsEmpty());
  EXPECT_THAT(counted(10), ElementsAre(2));
}

TEST_F(HistoryTest, NamesAndWatchedTimeStayAsLongAsTheirLastRow) {
  retention_.seconds = {20, 120, 7'200, 86'400};
  constexpr std::uint64_t kTwoDays = 2 * 86'400;
  record(key("gone"), kThen, 1'000);
  record(key("used"), kThen, 1'000);
  watched(0, 1);
  commit(kThen + 1);
  record(key("used"), kThen + kTwoDays, 1'000);
  watched(kTwoDays, kTwoDays + 1);
  commit(kThen + kTwoDays + 1);
  writer_.reset();
  commit(kThen + kTwoDays + 2);
  const HistoryAnswer used =
      query(kThen + kTwoDays, kThen + kTwoDays + 1, 1, {"", "used", {}, {}, {}});
  EXPECT_EQ(used.whole.outcomes.ok, 1u);
  EXPECT_EQ(used.whole.covered_seconds, 1);
  EXPECT_EQ(query(kThen, kThen + kTwoDays, 1).whole.covered_seconds, 0);
  HistoryAnswer answer;
  EXPECT_EQ(reader()->query({{"goxel", "gone", {}, {}, {}}, {0, kNs}, 1}, answer).outcome,
            HistoryOutcome::unknown);
}

// Several instances, each with its own records.
class HistoryNamesTest : public HistoryTest {
 protected:
  void commit_of(const std::string& instance, std::uint64_t now,
                 const std::vector<OperationKey>& operations,
                 const std::set<std::string>& followed = {}) {
    for (const OperationKey& operation : operations) record(operation, now, 1'000);
    position_.until_realtime_ns = now * kNs;
    EXPECT_EQ(writer().commit({{instance, delta()}}, now, followed).message, "");
  }
  std::vector<std::string> instances() const {
    std::vector<std::string> names;
    EXPECT_EQ(reader()->instances(names).message, "");
    return names;
  }
  HistoryOutcome ask(const std::string& instance, HistoryAnswer& answer,
                     const std::optional<std::string>& operation = {}) const {
    return reader()
        ->query({{instance, operation, {}, {}, {}}, {kThen * kNs, (kThen + 86'400) * kNs}, 1},
                answer)
        .outcome;
  }
  std::uint64_t stored(const std::string& instance,
                       const std::optional<std::string>& operation = {}) const {
    HistoryAnswer answer;
    return ask(instance, answer, operation) == HistoryOutcome::done ? answer.whole.outcomes.all()
                                                                    : 0;
  }
  std::int64_t lost() const {
    return Database(file_, Database::Mode::read).number("SELECT sum(lost) FROM instance");
  }
};

TEST_F(HistoryNamesTest, BeyondSoManyInstancesTheOneWatchedLongestAgoIsForgotten) {
  retention_.names.instances = 3;
  for (const char* name : {"a", "b", "c"}) commit_of(name, kThen, {key("ping")});
  commit_of("a", kThen + 1, {key("ping")});
  EXPECT_THAT(writer().forgotten(), IsEmpty());
  commit_of("d", kThen + 2, {key("ping")});
  EXPECT_THAT(writer().forgotten(), ElementsAre("b"));
  EXPECT_THAT(instances(), ElementsAre("a", "c", "d"));
  EXPECT_FALSE(writer().positions().contains("b"));
  HistoryAnswer answer;
  EXPECT_EQ(ask("b", answer), HistoryOutcome::unknown);
  EXPECT_EQ(stored("a"), 2u);
  commit_of("b", kThen + 3, {key("ping")});
  EXPECT_EQ(stored("b"), 1u) << "what was forgotten came back";
}

TEST_F(HistoryNamesTest, WhatIsFollowedIsNotForgotten) {
  retention_.names.instances = 1;
  commit_of("a", kThen, {key("ping")});
  commit_of("b", kThen + 1, {key("ping")});
  EXPECT_THAT(writer().forgotten(), ElementsAre("a"));
  commit_of("c", kThen + 2, {key("ping")}, {"b"});
  EXPECT_THAT(writer().forgotten(), IsEmpty());
  commit_of("d", kThen + 3, {key("ping")}, {"b"});
  EXPECT_THAT(writer().forgotten(), ElementsAre("c"));
  EXPECT_EQ(stored("b"), 1u);
}

TEST_F(HistoryNamesTest, RowsOfWhatWasForgottenAreNobodyElses) {
  retention_.names.instances = 2;
  commit_of("a", kThen, {});
  commit_of("b", kThen, {key("ping")});
  commit_of("a", kThen + 1, {});
  commit_of("c", kThen + 2, {});  // b's series are the newest
  EXPECT_THAT(writer().forgotten(), ElementsAre("b"));
  commit_of("c", kThen + 3, {key("other")});
  EXPECT_EQ(stored("c"), 1u);
}

TEST_F(HistoryNamesTest, ATransactionThatFailedForgotNothing) {
  retention_.names.instances = 1;
  commit_of("a", kThen, {key("ping")});
  position_.until_realtime_ns = (kThen + 1) * kNs;
  {
    Database other(file_, Database::Mode::write);
    Database::Transaction held(other, "BEGIN IMMEDIATE");
    EXPECT_EQ(writer().commit({{"b", delta()}}, kThen + 1).outcome, HistoryOutcome::in_use);
  }
  EXPECT_THAT(writer().forgotten(), IsEmpty());
  EXPECT_TRUE(writer().positions().contains("a"));
  EXPECT_EQ(stored("a"), 1u);
}

TEST_F(HistoryNamesTest, BeyondSoManySeriesOfAllAnInstanceIsForgotten) {
  retention_.names.series = 5;  // each operation, and each instance's sum
  commit_of("a", kThen, {key("x"), key("y")});
  commit_of("b", kThen + 1, {key("x")});
  EXPECT_THAT(writer().forgotten(), IsEmpty());
  commit_of("b", kThen + 2, {key("y")});
  EXPECT_THAT(writer().forgotten(), ElementsAre("a"));
  EXPECT_EQ(stored("b"), 2u);
}

TEST_F(HistoryNamesTest, TheFurtherOperationsOfAnInstanceAreItsOther) {
  retention_.names.series_of_instance = 3;  // the sum and two operations
  commit_of("a", kThen, {key("u"), key("v"), key("w"), key("x")});
  // An hour later its names are looked up again.
  commit_of("a", kThen + 3'600, {key("v"), key("x"), key("y")});
  EXPECT_EQ(stored("a", "v"), 2u);
  EXPECT_EQ(stored("a", kOtherOperation), 4u);
  EXPECT_EQ(stored("a"), 7u);
  HistoryAnswer answer;
  EXPECT_EQ(ask("a", answer, "x"), HistoryOutcome::unknown);
  EXPECT_EQ(lost(), 0);
}

TEST_F(HistoryNamesTest, WhatFindsNotEvenThatIsLost) {
  retention_.names.series_of_instance = 0;
  std::vector<OperationKey> operations;
  for (int layer = 0; layer < 40; ++layer) {
    operations.push_back(key("ping", "layer-" + std::to_string(layer)));
  }
  commit_of("a", kThen, operations);
  EXPECT_EQ(stored("a"), kRoomForOther / 2) << "a sum and an _OTHER each";
  EXPECT_EQ(lost(), 40 - kRoomForOther / 2);
}

TEST_F(HistoryNamesTest, AnInstanceIsForgottenWithItsLastRow) {
  retention_.seconds = {20, 120, 7'200, 86'400};
  constexpr std::uint64_t kTwoDays = 2 * 86'400;
  commit_of("a", kThen, {key("ping")});
  commit_of("b", kThen, {key("ping")});
  for (std::uint64_t i = 0; i < 3; ++i) commit_of("b", kThen + kTwoDays + i, {key("ping")});
  EXPECT_THAT(instances(), ElementsAre("b"));
}

TEST_F(HistoryTest, ASideIsTheWatchedPartOfARange) {
  for (const std::uint64_t second : {1u, 3u, 3u, 9u, 11u}) {
    record(key("ping"), kThen + second, 1'000);
  }
  record(key("add"), kThen + 9, 1'000);
  watched(2, 5.5);
  watched(8, 12);
  commit(kThen + 30);
  const auto observe = [this](std::uint64_t from, std::uint64_t to, Observation& side) {
    return reader()
        ->observe({"goxel", {}, {}, {}, {}}, {(kThen + from) * kNs, (kThen + to) * kNs}, side)
        .outcome;
  };
  Observation side;
  ASSERT_EQ(observe(1, 10, side), HistoryOutcome::done);
  EXPECT_EQ(side.begin_seconds, kThen + 2);
  EXPECT_EQ(side.block_seconds, 1u);
  EXPECT_THAT(side.observed_ns, ElementsAre(kNs, kNs, kNs, kNs / 2, 0, 0, kNs, kNs));
  ASSERT_THAT(side.operations, SizeIs(2));
  EXPECT_EQ(side.operations.at(key("ping")).total().outcomes.ok, 3u);
  EXPECT_EQ(side.operations.at(key("add")).total().outcomes.ok, 1u);
  EXPECT_EQ(observe(6, 8, side), HistoryOutcome::unknown) << "not watched";
  EXPECT_EQ(observe(12, 20, side), HistoryOutcome::unknown);
}

TEST_F(HistoryTest, ASideBeginsAndEndsWithWhatWasWatchedInTheRange) {
  watched(1, 3);
  watched(5, 7);
  watched(9.5, 12);
  commit(kThen + 30);
  const auto observe = [this](double from, double to) {
    const auto ns = [](double seconds) {
      return kThen * kNs + static_cast<std::uint64_t>(seconds * 1e9);
    };
    Observation side;
    EXPECT_EQ(reader()->observe({"goxel", {}, {}, {}, {}}, {ns(from), ns(to)}, side).message, "");
    return std::pair(side.begin_seconds - kThen, side.end_seconds() - kThen);
  };
  EXPECT_EQ(observe(0, 30), std::pair(1ul, 12ul));
  EXPECT_EQ(observe(3, 9.5), std::pair(5ul, 7ul)) << "it touches both others";
  EXPECT_EQ(observe(2, 9.75), std::pair(2ul, 10ul));
}

// 4,000 s: in 128 blocks, tens of seconds are fine enough and minutes are not, so blocks are 40 s.
TEST_F(HistoryTest, ALongSideIsOfCoarserRollupsAndCountsAllOfTheirRecords) {
  for (std::uint64_t second = 0; second < 4'100; second += 7) {
    record(key("ping"), kThen + second, 1'000 + second);
    if (second % 70 == 0) commit(kThen + second);
  }
  watched(5, 4'005);
  commit(kThen + 4'100);
  Observation side;
  ASSERT_EQ(reader()
                ->observe({"goxel", {}, {}, {}, {}}, {kThen * kNs, (kThen + 5'000) * kNs}, side)
                .message,
            "");
  EXPECT_EQ(side.begin_seconds, kThen);
  EXPECT_EQ(side.block_seconds, 40u);
  EXPECT_EQ(side.end_seconds(), kThen + 4'040);
  EXPECT_EQ(side.observed_ns.front(), 35 * kNs);
  EXPECT_EQ(side.observed_ns[1], 40 * kNs);
  EXPECT_EQ(side.observed_ns.back(), 5 * kNs);
  EXPECT_DOUBLE_EQ(side.observed_seconds(), 4'000);
  const Tally expected = direct(kThen, kThen + 4'010);
  const Tally total = side.operations.at(key("ping")).total();
  EXPECT_EQ(total.outcomes, expected.outcomes);
  EXPECT_TRUE(total.latency == expected.latency);
}

// One of many is looked up row by row.
TEST_F(HistoryTest, OneOperationOfManyIsFoundInEveryTier) {
  for (std::uint64_t second = 3; second < 3'700; second += 31) {
    for (int i = 0; i < 40; ++i) {
      record(key("operation_" + std::to_string(i)), kThen + second,
             second * 40 + static_cast<unsigned>(i));
    }
    if (second % 2 == 0) commit(kThen + second);
  }
  commit(kThen + 3'700);
  const HistoryFilter one{"", "operation_7", {}, {}, {}};
  for (const std::uint32_t points : {1u, 2u, 60u, 370u, 3'700u}) {
    expect_exact(query(kThen, kThen + 3'700, points, one), one);
    expect_exact(query(kThen + 34, kThen + 3'686, points, one), one);
  }
  std::vector<Rollup> rollups;
  ASSERT_TRUE(reader()
                  ->rollups({"goxel", "operation_7", {}, {}, {}},
                            {(kThen + 3'600) * kNs, (kThen + 3'665) * kNs}, 1, rollups)
                  .done());
  std::vector<std::uint64_t> seconds;
  for (const Rollup& rollup : rollups) seconds.push_back(rollup.begin_seconds - kThen);
  EXPECT_THAT(seconds, ElementsAre(3'630, 3'661));
}

TEST_F(HistoryTest, AStretchWithMoreRowsThanACommitTakesAwayGoesAsAWhole) {
  retention_.seconds[0] = 10;
  for (int i = 0; i < 2'100; ++i) record(key("operation_" + std::to_string(i)), kThen, 1'000);
  commit(kThen);
  commit(kThen + 100);
  std::vector<Rollup> rollups;
  EXPECT_TRUE(reader()
                  ->rollups({"goxel", {}, {}, {}, {}}, {kThen * kNs, (kThen + 1) * kNs}, 1, rollups)
                  .done());
  EXPECT_THAT(rollups, IsEmpty());
}

TEST_F(HistoryTest, OneCommitRemovesALimitedNumberOfRows) {
  retention_.seconds[0] = 10;
  for (int i = 0; i < 30; ++i) {
    for (std::uint64_t second = 0; second < 200; ++second) {
      record(key("operation_" + std::to_string(i)), kThen + second, 1'000);
    }
  }
  commit(kThen + 200);
  const auto seconds_left = [this] {
    std::vector<Rollup> rollups;
    EXPECT_TRUE(
        reader()
            ->rollups({"goxel", {}, {}, {}, {}}, {kThen * kNs, (kThen + 200) * kNs}, 1, rollups)
            .done());
    return rollups.size();
  };
  std::size_t left = seconds_left();
  EXPECT_GT(left, 3'500u);
  for (int i = 0; i < 2; ++i) {
    commit(kThen + 200);
    EXPECT_LT(seconds_left(), left);
    EXPECT_GT(seconds_left() + 2'500, left);
    left = seconds_left();
  }
  for (int i = 0; i < 4; ++i) commit(kThen + 300);
  EXPECT_EQ(seconds_left(), 0u);
}

TEST_F(HistoryTest, AFileThatGrowsTooLargeGivesUpItsOldestSeconds) {
  const auto size_with_limit = [this](std::uint64_t most_bytes) {
    file_ = folder_ / std::to_string(most_bytes);
    retention_.most_bytes = most_bytes;
    std::mt19937_64 random(1);
    for (std::uint64_t second = 0; second < 1'000; ++second) {
      for (int i = 0; i < 30; ++i) {
        record(key("operation_" + std::to_string(i)), kThen + second, random() % 1'000'000'000);
      }
      if (second % 10 == 0) commit(kThen + second);
    }
    commit(kThen + 1'000);
    writer_.reset();
    return std::filesystem::file_size(file_);
  };
  ASSERT_GT(size_with_limit(1 << 30), 800'000u) << "more than the limit, if there is none";
  all_.clear();
  EXPECT_LT(size_with_limit(400'000), 500'000u) << "a commit may go beyond it";
  const auto seconds = [this](std::uint64_t from, std::uint64_t to) {
    std::vector<Rollup> rollups;
    EXPECT_TRUE(reader()
                    ->rollups({"goxel", {}, {}, {}, {}}, {(kThen + from) * kNs, (kThen + to) * kNs},
                              1, rollups)
                    .done());
    return rollups.size();
  };
  EXPECT_EQ(seconds(0, 500), 0u) << "what is old went";
  EXPECT_EQ(seconds(990, 1'000), 300u) << "what is new stays";
  expect_exact(query(kThen, kThen + 960, 16));  // minutes
}

// Neither by the time that rows are kept nor by the file's size.
TEST_F(HistoryTest, NoRowGoesBeforeTheNextCoarserOneContainsIt) {
  retention_.seconds = {1, 1, 1, 86'400};
  for (std::uint64_t second = 0; second < 3'700; ++second) {
    record(key("ping"), kThen + second, 1'000 + second);
    if (second % 7 == 0) commit(kThen + second);
  }
  commit(kThen + 3'700);
  const HistoryAnswer hour = query(kThen, kThen + 3'600, 1);
  EXPECT_EQ(hour.point_seconds, 3'600u);
  EXPECT_EQ(hour.whole.outcomes.ok, 3'600u);
  expect_exact(hour);
  writer_.reset();
  all_.clear();

  file_ = folder_ / "small.db";
  retention_ = {};
  retention_.most_bytes = 1;
  for (std::uint64_t second = 0; second < 130; ++second) {
    record(key("ping"), kThen + second, 1'000 + second);
    commit(kThen + second);
  }
  std::vector<Rollup> seconds;
  EXPECT_TRUE(
      reader()
          ->rollups({"goxel", {}, {}, {}, {}}, {kThen * kNs, (kThen + 120) * kNs}, 1, seconds)
          .done());
  EXPECT_THAT(seconds, IsEmpty());
  const HistoryAnswer minutes = query(kThen, kThen + 120, 2);
  EXPECT_EQ(minutes.point_seconds, 60u);
  EXPECT_EQ(minutes.whole.outcomes.ok, 120u);
  expect_exact(minutes);
}

TEST_F(HistoryTest, AClockThatWasYearsAheadDoesNoLastingHarm) {
  record(key("ping"), kThen, 1'000);
  commit(kThen + 1);
  commit(kThen + 10ull * 365 * 86'400);
  for (std::uint64_t second = 100; second < 200; ++second) {
    record(key("after"), kThen + second, 1'000);
    commit(kThen + second);
  }
  const HistoryFilter after{"", "after", {}, {}, {}};
  for (const std::uint32_t points : {1u, 10u, 100u}) {
    expect_exact(query(kThen + 100, kThen + 200, points, after), after);
  }
}

TEST_F(HistoryTest, AClockThatGoesBackAddsToTheSecondsItPassesAgain) {
  for (const std::uint64_t second : {100u, 101u, 102u, 200u, 100u, 101u, 102u, 103u}) {
    record(key("ping"), kThen + second, 1'000 + second);
    commit(kThen + second);
  }
  EXPECT_EQ(query(kThen + 100, kThen + 101, 1).whole.outcomes.ok, 2u);
  for (const std::uint32_t points : {1u, 12u, 100u}) {
    expect_exact(query(kThen + 90, kThen + 210, points));
  }
}

TEST_F(HistoryTest, DistinguishesGapsFromSilence) {
  watched(1, 2.5);
  record(key("ping"), kThen + 1, 1'000);
  commit(kThen + 3);
  watched(2.5, 3);     // goes on
  watched(3.05, 3.5);  // a clock that was corrected
  commit(kThen + 4);
  watched(6, 9);
  watched(8.5, 9.5);  // a clock that was set back
  record(key("ping"), kThen + 6, 1'000);
  record(key("ping"), kThen + 6, 1'000);
  commit(kThen + 10);
  const HistoryAnswer answer = query(kThen, kThen + 10, 10);
  std::vector<double> covered;
  for (const HistoryPoint& point : answer.points) covered.push_back(point.stats.covered_seconds);
  EXPECT_THAT(covered, ElementsAre(0, 1, 1, 0.5, 0, 0, 1, 1, 1, 0.5));
  EXPECT_DOUBLE_EQ(answer.whole.covered_seconds, 6);
  EXPECT_DOUBLE_EQ(answer.whole.rate_per_second, 0.5);
  EXPECT_DOUBLE_EQ(answer.points[6].stats.rate_per_second, 2);
  EXPECT_DOUBLE_EQ(query(kThen - 3'600, kThen + 3'600, 1).whole.covered_seconds, 6);
  watched(0, 20);  // all of them
  commit(kThen + 20);
  EXPECT_DOUBLE_EQ(query(kThen, kThen + 20, 1).whole.covered_seconds, 20);
}

TEST_F(HistoryTest, AWatchedStretchWithinAnotherAddsNothingAndTakesNothing) {
  const auto covered = [this] {
    std::vector<double> seconds;
    for (const HistoryPoint& point : query(kThen, kThen + 10, 10).points) {
      seconds.push_back(point.stats.covered_seconds);
    }
    return seconds;
  };
  const auto expected = ElementsAre(0, 1, 1, 1, 1, 1, 1, 1, 0.5, 0);
  watched(1, 8.5);
  watched(3, 5);  // in the same commit
  commit(kThen + 9);
  EXPECT_THAT(covered(), expected);
  for (const auto& [from, to] : {std::pair{3.0, 5.0}, {1.0, 2.0}, {6.0, 8.5}, {1.0, 8.5}}) {
    watched(from, to);
    commit(kThen + 9);
    EXPECT_THAT(covered(), expected) << from << " to " << to;
  }
}

TEST_F(HistoryTest, AWatchedStretchThatFillsAGapJoinsBothItsSides) {
  watched(1, 3);
  watched(6, 9);
  commit(kThen + 9);
  watched(2, 7);
  commit(kThen + 9);
  EXPECT_DOUBLE_EQ(query(kThen, kThen + 10, 1).whole.covered_seconds, 8);
}

TEST_F(HistoryTest, ATenthOfASecondBetweenWatchedStretchesIsAGapAndLessIsNone) {
  for (const auto& [from, to] :
       {std::pair{1.0, 2.0}, {2.09, 3.0}, {3.11, 4.0}, {7.0, 8.0}, {5.0, 6.91}, {4.11, 4.89}}) {
    watched(from, to);
    commit(kThen + 9);
  }
  std::vector<double> covered;
  for (const HistoryPoint& point : query(kThen, kThen + 9, 9).points) {
    covered.push_back(point.stats.covered_seconds);
  }
  EXPECT_THAT(covered,
              Pointwise(DoubleNear(1e-6), std::vector{0., 1., 1., 0.89, 0.78, 1., 1., 1., 0.}));
}

// From a reader that keeps no file: a clock that was set makes stretches overlap, in any order.
TEST(HistoryAnswer, CountsTimeThatWasWatchedOnceHoweverItsStretchesOverlap) {
  const auto at = [](std::uint64_t tenths) { return kThen * kNs + tenths * (kNs / 10); };
  RollupDelta seen;
  seen.observed = {
      {at(60), at(95)}, {at(10), at(50)}, {at(20), at(30)}, {at(70), at(80)}, {at(45), at(52)}};
  const HistoryAnswer answer =
      answer_from({{"goxel", {}, {}, {}, {}}, {kThen * kNs, (kThen + 10) * kNs}, 10}, seen);
  std::vector<double> covered;
  for (const HistoryPoint& point : answer.points) covered.push_back(point.stats.covered_seconds);
  EXPECT_THAT(covered, ElementsAre(0, 1, 1, 1, 1, DoubleEq(0.2), 1, 1, 1, 0.5));
  EXPECT_DOUBLE_EQ(answer.whole.covered_seconds, 7.7);
}

// Whatever comes when, in which order, with which clock: all resolutions say the same, and that is
// what a direct merge of all records says.
TEST_F(HistoryTest, AllTiersAgreeWithADirectMerge) {
  const std::uint32_t seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  const auto below = [&random](std::uint64_t n) { return random() % n; };
  std::uint64_t now = kThen;
  for (int step = 0; step < 400; ++step) {
    for (std::uint64_t i = below(8); i > 0; --i) {
      const std::uint64_t late = below(10) == 0 ? below(3'000) : below(3);
      record(key("operation_" + std::to_string(below(4)), below(3) == 0 ? "mcp-server" : "daemon"),
             now - std::min(late, now - kThen), below(1'000'000),
             static_cast<shm::Status>(below(shm::kStatusCount)));
    }
    if (below(3) != 0) commit(now);
    if (below(50) == 0) writer_.reset();
    now = below(60) == 0 ? now - std::min<std::uint64_t>(below(300), now - kThen) : now + below(20);
  }
  commit(now);
  for (const std::uint32_t points : {1u, 2u, 50u, 400u, 5'000u}) {
    for (const HistoryFilter& filter :
         {HistoryFilter{}, HistoryFilter{"", "operation_1", {}, {}, {}},
          HistoryFilter{"", {}, {}, {}, "daemon"}}) {
      expect_exact(query(kThen, now + 1, points, filter), filter);
    }
    const std::uint64_t from = kThen + below(now - kThen);
    expect_exact(query(from, from + 1 + below(now - from + 1), points));
  }
}

}  // namespace
}  // namespace goxel_telemetry::metrics
