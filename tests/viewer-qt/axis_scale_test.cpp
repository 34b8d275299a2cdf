// SPDX-License-Identifier: GPL-3.0-or-later
#include "viewer-qt/charts/axis_scale.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace goxel_telemetry::viewer {
namespace {

using testing::ElementsAre;

std::vector<std::string> labels(const AxisScale& scale) {
  std::vector<std::string> all;
  for (const Tick& tick : scale.ticks) all.push_back(tick.label.toStdString());
  return all;
}

// Each label stands where it says, and the outermost at the ends.
void expect_duration_scale(double least_ns, double most_ns, double low_ns, double high_ns,
                           const std::vector<std::pair<double, std::string>>& ticks) {
  const AxisScale scale = duration_scale(least_ns, most_ns);
  EXPECT_NEAR(scale.low, std::log10(low_ns), 1e-9);
  EXPECT_NEAR(scale.high, std::log10(high_ns), 1e-9);
  ASSERT_EQ(static_cast<std::size_t>(scale.ticks.size()), ticks.size());
  for (std::size_t i = 0; i < ticks.size(); ++i) {
    const Tick& tick = scale.ticks[static_cast<qsizetype>(i)];
    EXPECT_NEAR(tick.at, std::log10(ticks[i].first), 1e-9);
    EXPECT_EQ(tick.label.toStdString(), ticks[i].second);
  }
}

TEST(AxisScale, DurationsStandAtOneTwoAndFiveOfEachDecade) {
  expect_duration_scale(2e5, 2e6, 2e5, 2e6,
                        {{2e5, "200 µs"}, {5e5, "500 µs"}, {1e6, "1 ms"}, {2e6, "2 ms"}});
  expect_duration_scale(1e5, 1e7, 1e5, 1e7,
                        {{1e5, "100 µs"},
                         {2e5, "200 µs"},
                         {5e5, "500 µs"},
                         {1e6, "1 ms"},
                         {2e6, "2 ms"},
                         {5e6, "5 ms"},
                         {1e7, "10 ms"}});
}

TEST(AxisScale, BeyondTwoDecadesOnlyPowersOfTenAreNamed) {
  expect_duration_scale(1e5, 1.5e7, 1e5, 2e7, {{1e5, "100 µs"}, {1e6, "1 ms"}, {1e7, "10 ms"}});
  expect_duration_scale(1e3, 1e9, 1e3, 1e9,
                        {{1e3, "1 µs"},
                         {1e4, "10 µs"},
                         {1e5, "100 µs"},
                         {1e6, "1 ms"},
                         {1e7, "10 ms"},
                         {1e8, "100 ms"},
                         {1e9, "1 s"}});
}

// One step down, one up, until there are three.
TEST(AxisScale, ASingleDurationHasADecadeAroundIt) {
  expect_duration_scale(3e5, 3e5, 1e5, 1e6,
                        {{1e5, "100 µs"}, {2e5, "200 µs"}, {5e5, "500 µs"}, {1e6, "1 ms"}});
  expect_duration_scale(1e12, 1e12, 2e11, 2e12,
                        {{2e11, "200 s"}, {5e11, "500 s"}, {1e12, "1000 s"}, {2e12, "2000 s"}});
  expect_duration_scale(0, 0, 1, 10, {{1, "1 ns"}, {2, "2 ns"}, {5, "5 ns"}, {10, "10 ns"}});
}

TEST(AxisScale, RatesBeginAtZeroAndGoUpInAtMostFiveSteps) {
  EXPECT_THAT(labels(rate_scale(0)), ElementsAre("0", "1", "2", "3", "4", "5"));
  EXPECT_THAT(labels(rate_scale(10)), ElementsAre("0", "2", "4", "6", "8", "10"));
  EXPECT_THAT(labels(rate_scale(10.1)), ElementsAre("0", "5", "10", "15"));
  EXPECT_THAT(labels(rate_scale(10'000)),
              ElementsAre("0", "2,000", "4,000", "6,000", "8,000", "10,000"));
  EXPECT_EQ(rate_scale(10.1).low, 0);
  EXPECT_EQ(rate_scale(10.1).high, 15);
  EXPECT_EQ(rate_scale(10.1).ticks[1].at, 5);
}

TEST(AxisScale, LinearDurationsBeginAtZeroAndCarryTheirUnit) {
  EXPECT_THAT(labels(linear_duration_scale(3'100'000)),
              ElementsAre("0", "1.00 ms", "2.00 ms", "3.00 ms", "4.00 ms"));
  EXPECT_EQ(linear_duration_scale(3'100'000).high, 4'000'000);
}

}  // namespace
}  // namespace goxel_telemetry::viewer
