// SPDX-License-Identifier: GPL-3.0-or-later
// What is told of an instance whose daemon has become slower, and of what is watched there.
#include "metrics/regression/regression_watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace goxel_telemetry::metrics {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

class WatchedPhasesTest : public testing::Test {
 protected:
  // So many ticks, of which each has 50 requests a layer, the outer layer's 0.5 ms longer.
  void run(int ticks) {
    for (; ticks > 0; --ticks, ++number_) {
      Tick daemon{number_, 1, {{{"2-layer", "mcp", "daemon", "render"}, {}}}};
      Tick outer{number_, 1, {{{"2-layer", "mcp", "mcp-client", "render"}, {}}}};
      for (int i = 0; i < 50; ++i) {
        const double work_ns = work_ns_ * std::exp(0.3 * normal_(random_));
        Measurement one;
        one.duration_ns = static_cast<std::uint64_t>(work_ns);
        one.wait_ns = wait_ns_;
        one.receive_ns = 10'000;
        daemon.operations[0].tally.add(one);
        one.duration_ns += 500'000;
        outer.operations[0].tally.add(one);
      }
      watch_.look(daemon, outer, {}, {0, 1'800'000'000 * kNsPerSecond});
    }
  }

  std::mt19937_64 random_{11};
  std::normal_distribution<double> normal_;
  RegressionWatch watch_{"goxel"};
  std::uint64_t number_ = 1000;
  double work_ns_ = 2e6;
  std::uint64_t wait_ns_ = 100'000;
};

TEST_F(WatchedPhasesTest, SaysInWhichPhaseOfTheDaemonTheTimeWent) {
  run(800);
  EXPECT_THAT(watch_.conditions(), IsEmpty());
  work_ns_ = 3e6;
  wait_ns_ = 400'000;
  run(24);
  ASSERT_THAT(watch_.conditions(), SizeIs(1));
  const AlertEvidence evidence = watch_.conditions()[0].evidence;
  ASSERT_FALSE(evidence.operations.empty());
  bool any_of_daemon = false;
  for (const OperationShift& shift : evidence.operations) {
    if (shift.key.layer != "daemon") {
      EXPECT_THAT(shift.phases, IsEmpty()) << "only the daemon has phases";
      continue;
    }
    any_of_daemon = true;
    ASSERT_THAT(shift.phases, SizeIs(4));
    EXPECT_EQ(shift.phases[0].phase, "working");
    EXPECT_EQ(shift.phases[1].phase, "waiting");
    // Some ticks of the evidence are from before the change.
    EXPECT_GT(shift.phases[1].shift_ns, 2e5);
    EXPECT_LE(shift.phases[1].shift_ns, 3e5);
    EXPECT_NEAR(shift.phases[0].share, 0.78, 0.04);
    EXPECT_NEAR(shift.phases[0].share + shift.phases[1].share, 1, 1e-9);
  }
  EXPECT_TRUE(any_of_daemon);
}

TEST_F(WatchedPhasesTest, TellsWhatIsWatchedInTheDaemonAndOutsideThoseOfMostRequestsFirst) {
  run(10);
  const InstanceSeries series = watch_.series();
  EXPECT_EQ(series.instance, "goxel");
  EXPECT_EQ(series.left_out, 0u);
  ASSERT_THAT(series.series, SizeIs(12));
  int outer = 0;
  for (const WatchedSeries& one : series.series) outer += one.is_outer;
  EXPECT_EQ(outer, 6);
}

TEST_F(WatchedPhasesTest, OfVeryManySeriesThoseOfMostRequestsAreTold) {
  Tick daemon{number_, 1, {}};
  for (int i = 0; i < 300; ++i) {
    OperationTick& one = daemon.operations.emplace_back();
    one.key = {"2-layer", "mcp", "daemon", "operation " + std::to_string(i)};
    for (int n = 0; n <= i; ++n) one.tally.add({.duration_ns = 1'000'000});
  }
  watch_.look(daemon, {number_, 1, {}}, {}, {0, 1'800'000'000 * kNsPerSecond});
  const InstanceSeries series = watch_.series();
  ASSERT_EQ(series.series.size(), InstanceSeries::kMost);
  EXPECT_EQ(series.left_out, 3 * 301 - InstanceSeries::kMost);
  EXPECT_FALSE(series.series[0].key) << "all together";
  EXPECT_EQ(series.series[3].key->operation, "operation 299");
}

}  // namespace
}  // namespace goxel_telemetry::metrics
