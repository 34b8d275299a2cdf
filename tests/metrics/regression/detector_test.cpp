// SPDX-License-Identifier: GPL-3.0-or-later
// What the detector does in single cases; how often it is right is tests/benchmarks/regression's business.
#include "metrics/regression/detector.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "simulated_operation.h"

namespace goxel_telemetry::metrics {
namespace {

using testing::IsEmpty;
using Kind = DetectorEvent::Kind;

// Two operations; what a test changes, it changes for the ticks that follow.
class DetectorTest : public testing::Test {
 protected:
  void run(int ticks) {
    for (int i = 0; i < ticks; ++i) {
      std::vector<OperationTick> operations;
      for (const SimulatedOperation& one : operations_)
        operations.push_back(requests_.tick_of(one));
      for (const DetectorEvent& event : detector_.tick(number_, operations))
        events_.push_back(event);
      ++number_;
    }
  }
  std::vector<DetectorEvent> of(Kind kind) const {
    std::vector<DetectorEvent> found;
    for (const DetectorEvent& event : events_) {
      if (event.kind == kind) found.push_back(event);
    }
    return found;
  }
  static std::string name(const DetectorEvent& event) {
    return event.key ? event.key->operation : "all";
  }

  SimulatedRequests requests_;
  std::vector<SimulatedOperation> operations_ = {{{"2-layer", "mcp", "daemon", "fill"}, 1, 100},
                                                 {{"2-layer", "mcp", "daemon", "render"}, 20, 20}};
  RegressionDetector detector_;
  std::uint64_t number_ = 1000;
  std::vector<DetectorEvent> events_;
};

TEST_F(DetectorTest, NamesTheOperationThatBecameSlowerAndSinceWhen) {
  run(800);
  EXPECT_THAT(events_, IsEmpty());
  const std::uint64_t changed = number_;
  operations_[1].factor = 1.5;
  run(24);
  const auto raised = of(Kind::raised);
  ASSERT_FALSE(raised.empty());
  EXPECT_EQ(name(raised[0]), "render");
  EXPECT_EQ(raised[0].channel, Channel::centre);
  EXPECT_NEAR(static_cast<double>(raised[0].since_tick), static_cast<double>(changed), 3);
  for (const DetectorEvent& event : raised) EXPECT_NE(name(event), "fill");
}

TEST_F(DetectorTest, SaysNothingInItsFirstHour) {
  run(600);
  operations_[0].factor = operations_[1].factor = 3;
  run(100);
  EXPECT_THAT(events_, IsEmpty());
}

TEST_F(DetectorTest, AnotherMixIsNoChange) {
  run(800);
  operations_[1].requests = 200;  // the slow one: the mean of all requests is four times as long
  run(200);
  EXPECT_THAT(events_, IsEmpty());
}

TEST_F(DetectorTest, NoticesFailures) {
  run(800);
  operations_[0].failures = 0.05;
  run(40);
  const auto raised = of(Kind::raised);
  ASSERT_FALSE(raised.empty());
  for (const DetectorEvent& event : raised) EXPECT_EQ(event.channel, Channel::errors);
}

TEST_F(DetectorTest, EndsWhenItIsOver) {
  run(800);
  operations_[0].factor = 1.5;
  run(30);
  operations_[0].factor = 1;
  run(60);
  EXPECT_FALSE(of(Kind::raised).empty());
  EXPECT_EQ(of(Kind::resolved).size(), of(Kind::raised).size());
  EXPECT_THAT(of(Kind::new_level), IsEmpty());
}

TEST_F(DetectorTest, WhatStaysIsAdoptedAndThenIsTheUsual) {
  run(800);
  operations_[0].factor = 2;
  run(500);
  EXPECT_FALSE(of(Kind::new_level).empty());
  events_.clear();
  run(400);
  EXPECT_THAT(of(Kind::raised), IsEmpty());
  operations_[0].factor = 3;
  run(30);
  EXPECT_FALSE(of(Kind::raised).empty()) << "it still notices";
}

TEST_F(DetectorTest, AWarmingRestartIsNoChangeButASlowBuildIs) {
  run(800);
  detector_.begin_epoch();
  for (const double factor : {2.0, 1.6, 1.3, 1.1}) {
    operations_[0].factor = operations_[1].factor = factor;
    run(6);
  }
  operations_[0].factor = operations_[1].factor = 1;
  run(200);
  EXPECT_THAT(events_, IsEmpty());
  detector_.begin_epoch();
  operations_[0].factor = operations_[1].factor = 1.3;
  run(60);
  EXPECT_FALSE(of(Kind::raised).empty());
}

TEST_F(DetectorTest, AGapIsNoChange) {
  run(800);
  number_ += 500;
  run(100);
  EXPECT_THAT(events_, IsEmpty());
}

TEST_F(DetectorTest, TheSameTicksGiveTheSameEvents) {
  run(800);
  operations_[1].factor = 1.5;
  run(30);
  const auto first = events_;
  events_.clear();
  detector_ = RegressionDetector();
  requests_ = SimulatedRequests();
  number_ = 1000;
  operations_[1].factor = 1;
  run(800);
  operations_[1].factor = 1.5;
  run(30);
  ASSERT_EQ(events_.size(), first.size());
  for (std::size_t i = 0; i < first.size(); ++i) {
    EXPECT_EQ(events_[i].tick, first[i].tick);
    EXPECT_EQ(events_[i].key, first[i].key);
  }
}

}  // namespace
}  // namespace goxel_telemetry::metrics
