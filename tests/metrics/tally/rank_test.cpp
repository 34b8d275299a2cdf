// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/tally/rank.h"

#include <gtest/gtest.h>

namespace goxel_telemetry::metrics {
namespace {

// 1, 2, … 100 ns: in this range each value has a bucket of its own, so all is exact.
Histogram hundred() {
  Histogram durations;
  for (std::uint64_t ns = 1; ns <= 100; ++ns) durations.record(ns);
  return durations;
}

TEST(Rank, IsTheShareThatIsShorter) {
  const Histogram durations = hundred();
  EXPECT_NEAR(rank_of(51, durations)->slower_than, 0.50, 1e-12);
  EXPECT_NEAR(rank_of(100, durations)->slower_than, 0.99, 1e-12) << "and not than itself";
  EXPECT_NEAR(rank_of(1, durations)->slower_than, 0, 1e-12);
  EXPECT_NEAR(rank_of(0, durations)->slower_than, 0, 1e-12);
  EXPECT_NEAR(rank_of(101, durations)->slower_than, 1, 1e-12);
  EXPECT_EQ(rank_of(51, durations)->among, 100u);
}

TEST(Rank, TheSlowestIsTheOneThatNoneIsSlowerThan) {
  const Histogram durations = hundred();
  EXPECT_FALSE(rank_of(99, durations)->slowest);
  EXPECT_TRUE(rank_of(100, durations)->slowest);
  EXPECT_TRUE(rank_of(1'000, durations)->slowest) << "it is not among them";
}

TEST(Rank, EquallySlowOnesAreNotSlowerThanEachOther) {
  Histogram durations;
  for (int i = 0; i < 10; ++i) durations.record(7);
  EXPECT_EQ(rank_of(7, durations), (Rank{0, 10, true}));
}

TEST(Rank, WithNothingToCompareWithThereIsNone) {
  Histogram durations;
  EXPECT_FALSE(rank_of(5, durations));
  durations.record(5);
  EXPECT_FALSE(rank_of(5, durations)) << "itself";
  durations.record(5);
  EXPECT_TRUE(rank_of(5, durations));
}

}  // namespace
}  // namespace goxel_telemetry::metrics
