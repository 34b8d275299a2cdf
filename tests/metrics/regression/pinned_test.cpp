// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/regression/pinned.h"

#include <gtest/gtest.h>

#include "metrics/time.h"
#include "pinned_sessions.h"

namespace goxel_telemetry::metrics {
namespace {

const PlayedSession kUsual = {{{"goxel.fill", 2e6, 120}, {"goxel.ping", 2e5, 300}}};

OperationKey key_of(const std::string& operation) {
  return {"2-layer", "jsonrpc", "daemon", operation};
}

PinnedComparison compare(const PlayedSession& pinned, const PlayedSession& now,
                         std::uint64_t seed = 1) {
  return PinnedSession(play(pinned, seed)).compare(play(now, seed + 1000));
}

PinnedVerdict verdict_of(const PinnedComparison& comparison, const std::string& operation) {
  const auto found = comparison.operations.find(key_of(operation));
  return found == comparison.operations.end() ? PinnedVerdict::too_little_data
                                              : found->second.verdict;
}

TEST(Pinned, WhatIsSlowerHasRegressed) {
  PlayedSession now = kUsual;
  now.operations[0].median_ns *= 1.25;
  const PinnedComparison comparison = compare(kUsual, now);
  EXPECT_EQ(verdict_of(comparison, "goxel.fill"), PinnedVerdict::regressed);
  EXPECT_EQ(verdict_of(comparison, "goxel.ping"), PinnedVerdict::no_difference);
  const PinnedShift& fill = comparison.operations.at(key_of("goxel.fill"));
  EXPECT_NEAR(fill.median_pinned_ns, 2e6, 5e4);
  EXPECT_NEAR(fill.median_now_ns, 2.5e6, 6e4);
  EXPECT_NEAR(fill.shift, std::log(1.25), 0.03);
  EXPECT_LT(fill.ratio_low, 1.25);
  EXPECT_GT(fill.ratio_low, 1.1);
  EXPECT_GT(fill.ratio_high, 1.25);
  EXPECT_LT(fill.ratio_high, 1.4);
  // 120 of 420 requests are 25 % slower.
  EXPECT_NEAR(comparison.all.shift, std::log(1.25) * 120 / 420, 0.02);
}

TEST(Pinned, AGreatShiftIsMeasuredAsWellAsASmallOne) {
  for (const double slower : {0.05, 1.3, 30.0}) {
    PlayedSession now = kUsual;
    now.slower = slower;
    const PinnedComparison comparison = compare(kUsual, now);
    EXPECT_NEAR(comparison.all.shift, std::log(slower), 0.03);
  }
}

TEST(Pinned, AllTogetherAreSlowerThoughEachIsOnlyALittle) {
  PlayedSession now = kUsual;
  now.slower = 1.15;
  const PinnedComparison comparison = compare(kUsual, now);
  EXPECT_EQ(comparison.all.verdict, PinnedVerdict::regressed);
  EXPECT_NEAR(comparison.all.ratio(), 1.15, 0.02);
  EXPECT_EQ(comparison.covered_pinned, 1);
  EXPECT_EQ(comparison.covered_now, 1);
}

TEST(Pinned, ChangesBelowThreePerCentAndTheDifferencesBetweenSessionsAreNone) {
  for (const double slower : {0.94, 1.0, 1.06}) {
    PlayedSession now = kUsual;
    now.slower = slower;
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
      const PinnedComparison comparison = compare(kUsual, now, seed);
      EXPECT_EQ(comparison.all.verdict, PinnedVerdict::no_difference);
      EXPECT_GE(comparison.all.standard_error, 0.02);
      EXPECT_GT(comparison.all.greatest_difference(), 0.06);
      EXPECT_LT(comparison.all.greatest_difference(), 0.2);
    }
  }
}

TEST(Pinned, ExchangingTheSidesExchangesTheVerdicts) {
  PlayedSession now = kUsual;
  now.operations[0].median_ns *= 1.4;
  now.operations[1].median_ns /= 1.3;
  const Observation a = play(kUsual, 5);
  const Observation b = play(now, 6);
  const PinnedComparison there = PinnedSession(a).compare(b);
  const PinnedComparison back = PinnedSession(b).compare(a);
  EXPECT_EQ(verdict_of(there, "goxel.fill"), PinnedVerdict::regressed);
  EXPECT_EQ(verdict_of(back, "goxel.fill"), PinnedVerdict::improved);
  EXPECT_EQ(verdict_of(there, "goxel.ping"), PinnedVerdict::improved);
  EXPECT_EQ(verdict_of(back, "goxel.ping"), PinnedVerdict::regressed);
  for (const auto& [key, shift] : there.operations) {
    const PinnedShift& other = back.operations.at(key);
    EXPECT_NEAR(shift.ratio() * other.ratio(), 1, 1e-12);
    EXPECT_NEAR(shift.shift, -other.shift, 0.01) << key.operation;
    EXPECT_NEAR(shift.standard_error, other.standard_error, 0.003);
  }
}

TEST(Pinned, AnotherMixAloneMovesNothing) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    PlayedSession now = kUsual;
    now.operations[0].a_minute *= 8;  // the slow one
    const PinnedComparison comparison = compare(kUsual, now, seed);
    EXPECT_EQ(comparison.all.verdict, PinnedVerdict::no_difference);
    EXPECT_NEAR(comparison.all.shift, 0, 0.06);
    EXPECT_NEAR(comparison.all.ratio(), 1, 0.03);
    EXPECT_EQ(verdict_of(comparison, "goxel.fill"), PinnedVerdict::no_difference);
  }
}

TEST(Pinned, WhatTheLoadExplainsIsNoRegression) {
  PlayedSession pinned = kUsual;
  pinned.operations[0].a_minute = pinned.operations[1].a_minute = 1200;
  pinned.load_swing = 0.5;
  pinned.load_exponent = 0.3;
  PlayedSession now = pinned;
  now.load = 2;
  const PinnedComparison comparison = compare(pinned, now);
  EXPECT_NEAR(comparison.all.ratio(), std::pow(2, 0.3), 0.03);  // as observed
  EXPECT_NEAR(comparison.all.due_to_load, 0.3 * std::log(2), 0.03);
  EXPECT_EQ(comparison.all.verdict, PinnedVerdict::no_difference);
  EXPECT_NEAR(comparison.load_now / comparison.load_pinned, 2, 0.05);
  // And what it does not explain is one.
  now.slower = 1.4;
  EXPECT_EQ(compare(pinned, now).all.verdict, PinnedVerdict::regressed);
}

TEST(Pinned, IfNobodyKnowsWhatTheLoadDoesItMayExplainMuch) {
  PlayedSession now = kUsual;
  now.load = 4;
  now.slower = 1.3;
  const PinnedComparison comparison = compare(kUsual, now);
  EXPECT_EQ(comparison.all.verdict, PinnedVerdict::no_difference);
  EXPECT_GT(comparison.all.standard_error, 0.15);
  EXPECT_GT(comparison.all.greatest_difference(), 0.3);
  now.slower = 3;
  EXPECT_EQ(compare(kUsual, now).all.verdict, PinnedVerdict::regressed);
}

TEST(Pinned, TooLittleDataIsSaid) {
  PlayedSession now = kUsual;
  now.operations[0].median_ns *= 3;
  now.operations[0].a_minute = 2;
  PinnedComparison comparison = compare(kUsual, now);
  EXPECT_EQ(verdict_of(comparison, "goxel.fill"), PinnedVerdict::too_little_data);
  EXPECT_EQ(comparison.all.verdict, PinnedVerdict::no_difference);
  EXPECT_LT(comparison.covered_now, 1);
  // What can be compared is less than half of what was pinned.
  now.operations[1].a_minute = 2;
  now.operations[0].a_minute = 120;
  comparison = compare(kUsual, now);
  EXPECT_EQ(verdict_of(comparison, "goxel.fill"), PinnedVerdict::regressed);
  EXPECT_EQ(comparison.all.verdict, PinnedVerdict::too_little_data);
  // Many requests, all of them within seven of 120 blocks.
  ObservationBuilder builder(0, 1800);
  builder.observed(0, 1800 * kNsPerSecond);
  Tally tally;
  for (int i = 0; i < 1000; ++i) tally.add({.duration_ns = 9'000'000});
  for (unsigned block = 0; block < 7; ++block) builder.add(key_of("goxel.fill"), 15 * block, tally);
  comparison = PinnedSession(play(kUsual, 1)).compare(std::move(builder).finish());
  EXPECT_EQ(verdict_of(comparison, "goxel.fill"), PinnedVerdict::too_little_data);
}

TEST(Pinned, NothingOnASideIsTooLittleData) {
  const Observation nothing = play({{}}, 1);
  EXPECT_EQ(PinnedSession(nothing).compare(play(kUsual, 1)).all.verdict,
            PinnedVerdict::too_little_data);
  const PinnedComparison gone = PinnedSession(play(kUsual, 1)).compare(nothing);
  EXPECT_EQ(gone.all.verdict, PinnedVerdict::too_little_data);
  EXPECT_EQ(gone.only_pinned.size(), 2U);
  EXPECT_EQ(PinnedSession({}).compare({}).all.verdict, PinnedVerdict::too_little_data);
}

TEST(Pinned, OperationsOfOneSideAreNamed) {
  PlayedSession now = kUsual;
  now.operations[1].name = "goxel.export_model";
  const PinnedComparison comparison = compare(kUsual, now);
  EXPECT_EQ(comparison.only_pinned, std::vector{key_of("goxel.ping")});
  EXPECT_EQ(comparison.only_now, std::vector{key_of("goxel.export_model")});
  EXPECT_EQ(comparison.operations.size(), 1U);
}

TEST(Pinned, OtherLayersAreNotComparedBecauseTheyContainTheDaemons) {
  PlayedSession now = kUsual;
  now.operations.push_back({"goxel.fill", 9e6, 500, "2-layer", "mcp-client"});
  const PinnedComparison comparison = compare(kUsual, now);
  EXPECT_TRUE(comparison.only_now.empty());
  EXPECT_EQ(comparison.covered_now, 1);
  EXPECT_NEAR(comparison.load_now, comparison.load_pinned, 0.5);
}

TEST(Pinned, AnotherStackIsComparedByMethod) {
  const PlayedSession four = {{{"goxel.add_voxel", 2e6, 120, "4-layer"}}};
  const PlayedSession two = {{{"goxel_add_voxels", 3e6, 120, "2-layer"}}};
  const PinnedComparison comparison = compare(four, two);
  const OperationKey key = {"", "", "daemon", "goxel.add_voxel"};
  ASSERT_TRUE(comparison.operations.contains(key));
  EXPECT_EQ(comparison.operations.at(key).verdict, PinnedVerdict::regressed);
  // With a stack in common the two are different operations.
  PlayedSession both = four;
  both.operations.push_back(two.operations.front());
  EXPECT_FALSE(compare(four, both).operations.contains(key));
  EXPECT_EQ(compare(four, both).only_now.size(), 1U);
}

}  // namespace
}  // namespace goxel_telemetry::metrics
