// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/rollups/rollup_buffer.h"

#include <gmock/gmock.h>

#include <numeric>

namespace goxel_telemetry::metrics {
namespace {

using testing::SizeIs;

OperationKey key(const std::string& operation) {
  return {"2-layer", "mcp", "daemon", operation};
}

Measurement took(std::uint64_t duration_ns) {
  Measurement measurement;
  measurement.duration_ns = duration_ns;
  return measurement;
}

std::uint64_t records(const std::vector<Rollup>& rollups) {
  return std::accumulate(
      rollups.begin(), rollups.end(), std::uint64_t{0},
      [](std::uint64_t sum, const Rollup& rollup) { return sum + rollup.tally.outcomes.all(); });
}

TEST(RollupBuffer, KeepsSecondsApartAndHandsThemOutOnce) {
  RollupBuffer buffer;
  buffer.find(key("b"), 1'000)->add(took(5));
  buffer.find(key("a"), 1'001)->add(took(6));
  buffer.find(key("a"), 1'000)->add(took(7));
  buffer.find(key("a"), 1'000)->add(took(8));
  const std::vector<Rollup> taken = buffer.take();
  ASSERT_THAT(taken, SizeIs(3));
  EXPECT_EQ(taken[0].key.operation, "a");
  EXPECT_EQ(taken[0].begin_seconds, 1'000u);
  EXPECT_EQ(taken[0].tally.outcomes.ok, 2u);
  EXPECT_EQ(taken[1].begin_seconds, 1'001u);
  EXPECT_EQ(taken[2].key.operation, "b");
  for (const Rollup& rollup : taken) EXPECT_EQ(rollup.seconds, 1u);
  EXPECT_THAT(buffer.take(), SizeIs(0));
}

TEST(RollupBuffer, AFullOneMakesItsStretchesLongerAndLosesNothing) {
  for (const auto& [seconds_of_traffic, longer] :
       {std::pair{100u, 1u}, {101u, 10u}, {1'001u, 60u}, {6'001u, 3'600u}}) {
    RollupBuffer buffer(100);
    for (std::uint64_t second = 0; second < seconds_of_traffic; ++second) {
      buffer.find(key("ping"), 7'200 + second)->add(took(1'000 + second));
    }
    EXPECT_LE(buffer.size(), 100u);
    const std::vector<Rollup> taken = buffer.take();
    EXPECT_EQ(records(taken), seconds_of_traffic);
    Tally all;
    for (const Rollup& rollup : taken) {
      EXPECT_EQ(rollup.seconds, longer);
      EXPECT_EQ(rollup.begin_seconds % longer, 0u);
      EXPECT_LE(rollup.tally.outcomes.all(), longer);
      all.merge(rollup.tally);
    }
    EXPECT_EQ(all.latency.min(), 1'000u);
    EXPECT_EQ(all.latency.max(), 1'000u + seconds_of_traffic - 1);
  }
}

TEST(RollupBuffer, GivenLessRoomItMakesItsStretchesLongerAndLosesNothing) {
  RollupBuffer buffer;
  for (std::uint64_t second = 0; second < 1'000; ++second) {
    buffer.find(key("ping"), 7'200 + second)->add(took(1));
  }
  buffer.limit(100);
  EXPECT_EQ(buffer.size(), 100u);
  buffer.limit(99);
  EXPECT_EQ(buffer.size(), 17u) << "a thousand seconds touch seventeen minutes";
  EXPECT_EQ(records(buffer.take()), 1'000u);
}

TEST(RollupBuffer, OneThatNothingHelpsHasNoPlaceForMoreOperationsButForTheOldOnes) {
  RollupBuffer buffer(3);
  for (const char* name : {"a", "b", "c"}) buffer.find(key(name), 0)->add(took(1));
  EXPECT_EQ(buffer.find(key("d"), 0), nullptr);
  EXPECT_FALSE(buffer.merge({key("d"), 0, 1, {}}));
  ASSERT_NE(buffer.find(key("a"), 3'599), nullptr);
  EXPECT_EQ(buffer.find(key("a"), 3'600), nullptr);
  EXPECT_EQ(buffer.size(), 3u);
}

TEST(RollupBuffer, SaysWhenPointersAreNoLongerGood) {
  RollupBuffer buffer(2);
  buffer.find(key("a"), 0);
  buffer.find(key("a"), 1);
  const std::uint64_t before = buffer.generation();
  buffer.find(key("a"), 1);
  EXPECT_EQ(buffer.generation(), before);
  buffer.find(key("a"), 2);
  EXPECT_NE(buffer.generation(), before) << "it had to merge";
  const std::uint64_t merged = buffer.generation();
  buffer.take();
  EXPECT_NE(buffer.generation(), merged);
}

TEST(RollupBuffer, HasAllItsRoomAgainWhenItWasTaken) {
  RollupBuffer buffer(2);
  for (const std::uint64_t begin : {10u, 20u, 30u}) {
    buffer.find(key("a"), begin)->add(took(1));
    buffer.find(key("a"), begin + 1)->add(took(1));
    EXPECT_EQ(buffer.size(), 2u);
    const std::vector<Rollup> taken = buffer.take();
    EXPECT_EQ(buffer.size(), 0u);
    ASSERT_THAT(taken, SizeIs(2));
    EXPECT_EQ(taken[1].begin_seconds, begin + 1);
    EXPECT_EQ(taken[1].seconds, 1u);
  }
  for (std::uint64_t second = 0; second < 3; ++second) buffer.find(key("a"), second);
  EXPECT_EQ(buffer.take().at(0).seconds, 10u);
  buffer.find(key("a"), 7);
  EXPECT_EQ(buffer.take().at(0).begin_seconds, 7u) << "seconds once more";
}

TEST(RollupBuffer, TakesBackWhatItHandedOut) {
  RollupBuffer buffer;
  buffer.find(key("a"), 1'000)->add(took(5));
  const std::vector<Rollup> taken = buffer.take();
  buffer.find(key("a"), 1'000)->add(took(7));
  for (const Rollup& rollup : taken) EXPECT_TRUE(buffer.merge(rollup));
  const std::vector<Rollup> again = buffer.take();
  ASSERT_THAT(again, SizeIs(1));
  EXPECT_EQ(again[0].tally.latency.count(), 2u);
  EXPECT_EQ(again[0].tally.latency.sum(), 12u);
}

TEST(RollupBuffer, ALongerRollupMakesTheOthersAsLong) {
  RollupBuffer buffer;
  buffer.find(key("a"), 1'003)->add(took(5));
  Rollup longer{key("a"), 1'000, 10, {}};
  longer.tally.add(took(7));
  EXPECT_TRUE(buffer.merge(longer));
  const std::vector<Rollup> taken = buffer.take();
  ASSERT_THAT(taken, SizeIs(1));
  EXPECT_EQ(taken[0].seconds, 10u);
  EXPECT_EQ(taken[0].tally.outcomes.ok, 2u);
}

}  // namespace
}  // namespace goxel_telemetry::metrics
