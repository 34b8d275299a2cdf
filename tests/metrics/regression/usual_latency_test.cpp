// SPDX-License-Identifier: GPL-3.0-or-later
// Of traffic whose load stays as it is.
#include "metrics/regression/usual_latency.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>

namespace goxel_telemetry::metrics {
namespace {

constexpr double kLoad = 4;

// Latencies around a millisecond, half of them within 19 % of it.
Histogram requests(double factor, int count = 40) {
  Histogram histogram;
  for (int i = 0; i < count; ++i) {
    const double place = (i + 0.5) / count - 0.5;
    histogram.record(static_cast<std::uint64_t>(1e6 * factor * std::exp(0.7 * place)));
  }
  return histogram;
}

class UsualLatencyTest : public testing::Test {
 protected:
  void look(int ticks, double factor = 1, int count = 40) {
    for (int i = 0; i < ticks; ++i) usual_.look(requests(factor, count), kLoad);
  }
  void learn(int ticks, double factor) {
    for (int i = 0; i < ticks; ++i) usual_.learn(usual_.compare(requests(factor), kLoad));
  }
  double difference(double factor) const {
    return usual_.compare(requests(factor), kLoad).difference;
  }

  UsualLatency usual_{0.35};
};

TEST_F(UsualLatencyTest, IsKnownAfterAQuarterOfAnHour) {
  look(179);
  usual_.look({}, kLoad);  // a tick without answers is none
  EXPECT_FALSE(usual_.known());
  EXPECT_EQ(usual_.median_ns(), 0);
  look(1);
  EXPECT_TRUE(usual_.known());
  EXPECT_NEAR(usual_.median_ns(), 1e6, 2e4);
}

TEST_F(UsualLatencyTest, IsKnownFromThreeHundredRequests) {
  look(299, 1, 1);
  EXPECT_FALSE(usual_.known());
  look(1, 1, 1);
  EXPECT_TRUE(usual_.known());
}

TEST_F(UsualLatencyTest, DifferencesAreThoseOfTheLatencies) {
  look(180);
  const ComparedLatency tick = usual_.compare(requests(1.1), kLoad);
  EXPECT_EQ(tick.requests, 40);
  EXPECT_NEAR(tick.difference, std::log(1.1), 0.02);
  EXPECT_NEAR(difference(1), 0, 1e-9);
}

TEST_F(UsualLatencyTest, TheLevelFollowsByHalfIn180Ticks) {
  look(180);
  learn(2000, 1);
  const double before = difference(1.08);
  learn(180, 1.08);
  EXPECT_NEAR(difference(1.08), before / 2, 0.005);
  EXPECT_NEAR(usual_.median_ns(), 1e6 * std::exp(before / 2), 2e4);
}

TEST_F(UsualLatencyTest, WhatTheYardstickWasLearntFromCounts) {
  look(180);
  const double before = difference(1.08);
  learn(1, 1.08);
  EXPECT_GT(difference(1.08), 0.98 * before) << "one tick of 181";
}

TEST_F(UsualLatencyTest, OfFewRequestsTheLevelFollowsMoreSlowly) {
  look(300, 1, 1);
  for (int i = 0; i < 5000; ++i) usual_.learn(usual_.compare(requests(1, 1), kLoad));
  const ComparedLatency slower = usual_.compare(requests(1.2, 1), kLoad);
  usual_.learn(slower);
  const double followed = slower.difference - usual_.compare(requests(1.2, 1), kLoad).difference;
  EXPECT_NEAR(followed, slower.difference / 2000, 1e-9);
}

TEST_F(UsualLatencyTest, TheTailIsThatOfTheYardstickWhereverTheOperationHasMoved) {
  look(180);
  const auto tail = [&](double factor, double slower) {
    return usual_.count_tail(requests(factor, 4000), kLoad, slower);
  };
  // A hundredth is less than a bucket of the histogram.
  const double usual = tail(1, 0);
  EXPECT_GT(usual, 20);
  EXPECT_LT(usual, 120);
  EXPECT_GT(tail(1.2, 0), 400);
  EXPECT_NEAR(tail(1.2, std::log(1.2)), usual, 50) << "the whole operation is slower";
  learn(2000, 1.08);
  EXPECT_NEAR(tail(1.08, 0), usual, 50) << "the level has followed";
  EXPECT_LT(tail(1, 0), 5);
}

TEST_F(UsualLatencyTest, WhatIsAdoptedIsUsualAndALaterYardstickIsLearntFromIt) {
  look(180);
  const ComparedLatency old = usual_.compare(requests(1), kLoad);
  const double off = difference(2);
  usual_.adopt(off);
  EXPECT_NEAR(difference(2), 0, 1e-9);
  EXPECT_LT(difference(2.4), 0.15) << "most of that is beyond the clip";
  look(179, 2);
  EXPECT_NEAR(difference(2), 0, 1e-9);
  EXPECT_EQ(usual_.compare(requests(1), kLoad).yardsticks, old.yardsticks);
  look(1, 2);
  EXPECT_NEAR(usual_.median_ns(), 2e6, 4e4);
  EXPECT_NEAR(difference(2), 0, 1e-9);
  EXPECT_NEAR(difference(2.2), std::log(1.1), 0.02);
  // What was compared with the first one says nothing of the second.
  for (int i = 0; i < 1000; ++i) usual_.learn(old);
  EXPECT_NEAR(difference(2), 0, 1e-9);
  // And it is learnt once.
  look(500, 4);
  EXPECT_NEAR(usual_.median_ns(), 2e6, 4e4);
}

TEST_F(UsualLatencyTest, AYardstickIsLearntAnewWhenTheLevelHasMovedFarFromIt) {
  look(180);
  look(1000, 1.1);
  learn(20'000, 1.1);
  look(180, 1.1);
  EXPECT_EQ(usual_.compare(requests(1), kLoad).yardsticks, 1U);
  learn(20'000, 1.3);
  look(180, 1.3);
  EXPECT_EQ(usual_.compare(requests(1), kLoad).yardsticks, 2U);
}

}  // namespace
}  // namespace goxel_telemetry::metrics
