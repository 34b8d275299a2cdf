// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/alerts/trend.h"

#include <gmock/gmock.h>

#include <functional>

#include "metrics/time.h"

namespace goxel_telemetry::metrics {
namespace {

constexpr std::uint64_t kWindow = 240;  // two seconds a point

class TrendTest : public testing::Test {
 protected:
  void add(std::uint64_t seconds, const std::function<double(std::uint64_t)>& value) {
    for (std::uint64_t i = 0; i < seconds; ++i, ++second_)
      trend_.add(value(second_), kWindow, second_ * kNsPerSecond);
  }
  Trend trend_;
  std::uint64_t second_ = 1'000;
};

TEST_F(TrendTest, GrowthIsThatOfTheLowestValuesOfItsParts) {
  add(kWindow, [](std::uint64_t i) { return static_cast<double>(i); });
  EXPECT_EQ(trend_.growth(), 200) << "five parts of 40 s";
  EXPECT_EQ(trend_.lowest_of_last_part(), 1'200);
  EXPECT_EQ(trend_.course().size(), Trend::kMostPoints);
}

TEST_F(TrendTest, WhatIsSeenOnceASecondCountsByItsLowest) {
  add(kWindow, [](std::uint64_t i) { return static_cast<double>(i % 2 == 0 ? 3 : i); });
  EXPECT_FALSE(trend_.growth()) << "it is low every other second";
  EXPECT_EQ(trend_.course(), std::vector<double>(Trend::kMostPoints, 3));
}

TEST_F(TrendTest, NothingIsSaidBeforeTheWindowIsFull) {
  add(kWindow - 2, [](std::uint64_t i) { return static_cast<double>(i); });
  EXPECT_FALSE(trend_.growth());
  EXPECT_EQ(trend_.lowest_of_last_part(), 0);
}

TEST_F(TrendTest, APauseOrAnotherWindowBeginsAnew) {
  add(kWindow, [](std::uint64_t i) { return static_cast<double>(i); });
  second_ += 10;
  add(1, [](std::uint64_t i) { return static_cast<double>(i); });
  EXPECT_FALSE(trend_.growth());
  EXPECT_EQ(trend_.course().size(), 1u);
  trend_.add(1, 2 * kWindow, second_ * kNsPerSecond);
  EXPECT_EQ(trend_.course().size(), 1u);
  EXPECT_EQ(trend_.window_seconds(), 2 * kWindow);
}

TEST_F(TrendTest, AnyPartThatDoesNotGrowEndsIt) {
  add(kWindow,
      [](std::uint64_t i) { return static_cast<double>(std::min<std::uint64_t>(i, 1'150)); });
  EXPECT_FALSE(trend_.growth());
}

}  // namespace
}  // namespace goxel_telemetry::metrics
