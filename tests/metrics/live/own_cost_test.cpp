// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/live/own_cost.h"

#include <gtest/gtest.h>

#include <cmath>
#include <initializer_list>
#include <tuple>
#include <utility>

namespace goxel_telemetry::metrics {
namespace {

constexpr auto kOk = static_cast<std::size_t>(shm::Status::ok);
constexpr auto kError = static_cast<std::size_t>(shm::Status::error);

// Two ticks are a nanosecond. Of 122 requests, 80 were answered, in 102,400 ticks each. Five calls were
// timed, one in 61: four of 512 ticks, with a square of 4 units of 65,536, while the client waited,
// and one of 256 ticks, with a square of 1 unit, after the answer.
class OwnCostTest : public testing::Test {
 protected:
  OwnCostTest() {
    calibration_.ns_per_tick_q32 = std::uint64_t{1} << 31;
    totals_.published = 122;
    totals_.by_status[kOk] = 60;
    totals_.by_status[kError] = 20;
    totals_.by_status[static_cast<std::size_t>(shm::Status::unanswered)] = 42;
    totals_.span_ticks = 80 * 102'400;
    totals_.waited_ticks = 4 * 512;
    totals_.waited_ticks2 = 4 * 4;
    totals_.after_ticks = 256;
    totals_.after_ticks2 = 1;
    totals_.own_cost_ticks = 61 * (4 * 512 + 256);
    totals_.own_cost_samples = 5;
    totals_.interrupted_calls = 3;
  }
  OwnCost cost() const { return own_cost(totals_, calibration_); }

  shm::Totals totals_;
  shm::Calibration calibration_;
};

TEST_F(OwnCostTest, EachTimedCallStandsForAllThatWereNot) {
  const OwnCost cost = this->cost();
  ASSERT_TRUE(cost.waited);
  ASSERT_TRUE(cost.after);
  EXPECT_DOUBLE_EQ(cost.waited->ns, 512) << "61 * 2,048 ticks / 122, by two";
  EXPECT_DOUBLE_EQ(cost.after->ns, 64) << "61 * 256 ticks / 122, by two";
  EXPECT_DOUBLE_EQ(cost.ns_per_request.value(), 512 + 64);
  EXPECT_DOUBLE_EQ(cost.seconds_total.value(), 122 * 576e-9);
  EXPECT_DOUBLE_EQ(cost.latency_ns.value(), 51'200) << "of what was answered";
  EXPECT_DOUBLE_EQ(cost.waited_share.value(), 0.01);
  EXPECT_DOUBLE_EQ(cost.busy_ratio.value(), 122 * 576.0 / (80 * 51'200));
  EXPECT_EQ(cost.samples, 5u);
  EXPECT_EQ(cost.interrupted, 3u);
}

Snapshot snapshot_with(std::initializer_list<std::tuple<const char*, const char*, double>> means) {
  Snapshot snapshot;
  snapshot.own_cost.waited = {.ns = 600, .low_ns = 500, .high_ns = 700};
  for (const auto& [layer, operation, mean_ns] : means) {
    OperationStats& stats = snapshot.operations.add();
    stats.key = {"4-layer", "jsonrpc", layer, operation};
    Latency& latency = stats.windows[static_cast<std::size_t>(Window::five_minutes)].latency;
    latency.count = 3;
    latency.mean_ns = mean_ns;
  }
  return snapshot;
}

TEST(WaitedShare, IsOfTheOperationsOwnLatency) {
  Snapshot snapshot = snapshot_with({{"daemon", "ping", 30'000}});
  EXPECT_DOUBLE_EQ(waited_share(snapshot.own_cost, snapshot.operations[0]).value(), 0.02);
  snapshot.own_cost.waited.reset();
  EXPECT_FALSE(waited_share(snapshot.own_cost, snapshot.operations[0])) << "nothing was timed";
  EXPECT_FALSE(most_delayed(snapshot));
}

TEST(WaitedShare, OfWhatWasNotAnsweredLatelyIsNotKnown) {
  Snapshot snapshot = snapshot_with({{"daemon", "ping", 30'000}});
  snapshot.operations.replace(0)
      .windows[static_cast<std::size_t>(Window::five_minutes)]
      .latency.count = 0;
  EXPECT_FALSE(waited_share(snapshot.own_cost, snapshot.operations[0]));
  EXPECT_FALSE(most_delayed(snapshot));
}

TEST(MostDelayed, IsTheDaemonsShortestOperation) {
  const Snapshot snapshot = snapshot_with({{"daemon", "render", 3e6},
                                           {"daemon", "ping", 30'000},
                                           {"daemon", "export", 1e9},
                                           {"ts-client", "ping", 20'000}});
  const std::optional<MostDelayed> most = most_delayed(snapshot);
  ASSERT_TRUE(most);
  EXPECT_EQ(most->operation->key.operation, "ping");
  EXPECT_DOUBLE_EQ(most->waited_share, 0.02);
}

// The standard error of the sum of all is 61 * sqrt(sum of squares) * sqrt(60 / 61). The roots of the
// sums of squares are 4 * 256 ticks, or 512 ns, and 256 ticks, or 128 ns; sqrt(60 / 61) is 0.991769.
TEST_F(OwnCostTest, TheIntervalIsMadeFromTheSquares) {
  const OwnCost cost = this->cost();
  const double waited_error = 1.96 * 256 * 0.991769;
  EXPECT_NEAR(cost.waited.value().low_ns, 512 - waited_error, 0.01);
  EXPECT_NEAR(cost.waited.value().high_ns, 512 + waited_error, 0.01);
  EXPECT_NEAR(cost.after.value().high_ns, 64 + 1.96 * 64 * 0.991769, 0.01);
  EXPECT_EQ(cost.after.value().low_ns, 0) << "one call says little, but not that it gained time";
}

TEST_F(OwnCostTest, WhatWasNotTimedIsNotFree) {
  totals_.own_cost_samples = 0;
  totals_.own_cost_ticks = 0;
  const OwnCost cost = this->cost();
  EXPECT_FALSE(cost.seconds_total || cost.busy_ratio || cost.ns_per_request || cost.waited ||
               cost.after || cost.waited_share || cost.latency_ns);
}

// A producer without the meter, and the replay of a recording that has none of its sums.
TEST_F(OwnCostTest, WithoutTheMeterOnlyTheWholeIsKnown) {
  totals_.waited_ticks = totals_.waited_ticks2 = 0;
  totals_.after_ticks = totals_.after_ticks2 = 0;
  const OwnCost cost = this->cost();
  EXPECT_DOUBLE_EQ(cost.ns_per_request.value(), 576);
  EXPECT_FALSE(cost.waited || cost.after || cost.waited_share);
}

TEST_F(OwnCostTest, AHalfOfWhichNothingWasTimedIsNotKnown) {
  totals_.after_ticks = totals_.after_ticks2 = 0;
  totals_.own_cost_ticks = 61 * 4 * 512;
  EXPECT_DOUBLE_EQ(cost().waited.value().ns, 512);
  EXPECT_FALSE(cost().after);
  totals_.after_ticks = 256;
  totals_.waited_ticks = 0;
  totals_.own_cost_ticks = 61 * 256;
  EXPECT_DOUBLE_EQ(cost().after.value().ns, 64);
  EXPECT_FALSE(cost().waited || cost().waited_share);
}

TEST_F(OwnCostTest, AShareNeedsAnAnsweredRequest) {
  totals_.by_status[kOk] = totals_.by_status[kError] = 0;
  totals_.span_ticks = 0;
  EXPECT_DOUBLE_EQ(cost().waited.value().ns, 512);
  EXPECT_FALSE(cost().waited_share || cost().busy_ratio);
  totals_.published = 0;
  EXPECT_FALSE(cost().waited || cost().ns_per_request);
}

TEST_F(OwnCostTest, SumsThatCannotBeHarmNothing) {
  for (std::uint64_t* const word :
       {&totals_.waited_ticks, &totals_.waited_ticks2, &totals_.after_ticks, &totals_.after_ticks2,
        &totals_.span_ticks, &totals_.published, &calibration_.ns_per_tick_q32}) {
    *word = UINT64_MAX;
    const OwnCost cost = this->cost();
    for (const double ns : {cost.waited.value().low_ns, cost.waited.value().high_ns,
                            cost.after.value().high_ns, cost.waited_share.value()}) {
      EXPECT_TRUE(std::isfinite(ns) && ns >= 0) << ns;
    }
  }
  calibration_.ns_per_tick_q32 = 0;
  EXPECT_FALSE(cost().waited_share) << "of no latency";
}

TEST(CostLevel, IsCalmBelowOneAndHighAboveThreePercent) {
  EXPECT_EQ(cost_level(0.0099), CostLevel::calm);
  EXPECT_EQ(cost_level(0.01), CostLevel::noticeable);
  EXPECT_EQ(cost_level(0.03), CostLevel::noticeable);
  EXPECT_EQ(cost_level(0.0301), CostLevel::high);
  OwnCost cost;
  EXPECT_EQ(cost_level(cost), CostLevel::noticeable) << "what is not known is not calm";
  cost.busy_ratio = 0.04;
  cost.waited_share = 0.001;
  EXPECT_EQ(cost_level(cost), CostLevel::high);
  std::swap(cost.busy_ratio, cost.waited_share);
  EXPECT_EQ(cost_level(cost), CostLevel::high);
  cost.waited_share = 0.002;
  EXPECT_EQ(cost_level(cost), CostLevel::calm);
}

}  // namespace
}  // namespace goxel_telemetry::metrics
