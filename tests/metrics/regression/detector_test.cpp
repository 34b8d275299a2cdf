// SPDX-License-Identifier: GPL-3.0-or-later
// What the detector does in single cases; how often it is right is tests/benchmarks/regression's business.
#include "metrics/regression/detector.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <string>

namespace goxel_telemetry::metrics {
namespace {

using testing::IsEmpty;
using Kind = DetectorEvent::Kind;
using State = WatchedSeries::State;

// Two operations; what a test changes, it changes for the ticks that follow.
class DetectorTest : public testing::Test {
 protected:
  struct Operation {
    OperationKey key;
    double median_ms;
    double requests;
    double factor = 1;
    double failures = 0.001;
  };

  void run(int ticks) {
    for (int i = 0; i < ticks; ++i) {
      std::vector<OperationTick> operations;
      for (const Operation& one : operations_) {
        OperationTick& tick = operations.emplace_back();
        tick.key = one.key;
        for (int n = 0; n < one.requests; ++n) {
          Measurement measurement;
          measurement.duration_ns = static_cast<std::uint64_t>(one.median_ms * 1e6 * one.factor *
                                                               std::exp(0.5 * normal_(random_)));
          if (uniform_(random_) < one.failures) measurement.status = shm::Status::error;
          tick.tally.add(measurement);
        }
      }
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

  WatchedSeries series(const std::string& operation, Channel channel) const {
    for (const WatchedSeries& one : detector_.series()) {
      if (one.channel == channel && (one.key ? one.key->operation : "all") == operation) return one;
    }
    ADD_FAILURE() << operation << " is not watched";
    return {};
  }

  std::mt19937_64 random_{7};
  std::normal_distribution<double> normal_;
  std::uniform_real_distribution<double> uniform_;
  std::vector<Operation> operations_ = {{{"2-layer", "mcp", "daemon", "fill"}, 1, 100},
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

TEST_F(DetectorTest, TellsWhatItWatchesAndWhatIsUsualThere) {
  run(100);
  WatchedSeries centre = series("fill", Channel::centre);
  EXPECT_EQ(centre.state, State::learning);
  EXPECT_EQ(centre.ticks_needed, 721 - 100);
  EXPECT_FALSE(centre.usual_ns);
  EXPECT_EQ(series("fill", Channel::errors).state, State::arming);
  EXPECT_EQ(series("all", Channel::tail).state, State::learning);

  run(500);
  centre = series("fill", Channel::centre);
  EXPECT_EQ(centre.state, State::arming);
  EXPECT_EQ(centre.ticks_needed, 721 - 600);
  EXPECT_FALSE(centre.noticeable);
  EXPECT_NEAR(*centre.usual_ns, 1e6, 3e4);

  run(200);
  EXPECT_EQ(detector_.series().size(), 9u);
  centre = series("fill", Channel::centre);
  EXPECT_EQ(centre.state, State::watching);
  EXPECT_FALSE(centre.ticks_needed);
  EXPECT_EQ(centre.requests, 100);
  EXPECT_NEAR(*centre.due_to_load, 0, 0.05);
  ASSERT_TRUE(centre.noticeable);
  EXPECT_GT(*centre.noticeable->ratio, 1.048) << "less than 5 % is not looked for";
  EXPECT_LT(*centre.noticeable->ratio, *series("render", Channel::centre).noticeable->ratio);
  const WatchedSeries tail = series("render", Channel::tail);
  EXPECT_NEAR(*tail.usual_ns, 20e6 * std::exp(0.5 * 2.326), 3e6);
  EXPECT_NEAR(*tail.usual_share, 0.01, 0.003);
  EXPECT_GT(*tail.noticeable->share, *tail.usual_share);
  EXPECT_NEAR(*series("all", Channel::errors).usual_share, 0.001, 0.0005);
  EXPECT_EQ(series("all", Channel::centre).requests, 120);
  EXPECT_FALSE(series("all", Channel::centre).usual_ns);
}

TEST_F(DetectorTest, TellsWhichSeriesAreSlowerAndWhichItDoesNotJudgeAfterARestart) {
  run(800);
  operations_[1].factor = 1.5;
  run(24);
  EXPECT_EQ(series("render", Channel::centre).state, State::confirmed);
  EXPECT_EQ(series("fill", Channel::centre).state, State::watching);
  detector_.begin_epoch();
  run(4);
  EXPECT_EQ(series("fill", Channel::centre).state, State::arming);
  EXPECT_EQ(series("fill", Channel::centre).ticks_needed, 20);
  EXPECT_EQ(series("render", Channel::centre).state, State::confirmed);
}

TEST_F(DetectorTest, WhatComesTooSeldomIsNoticedLaterOrNotAtAll) {
  operations_[1].requests = 1;
  run(1400);
  const WatchedSeries seldom = series("render", Channel::centre);
  ASSERT_TRUE(seldom.noticeable);
  EXPECT_GT(seldom.noticeable->within_seconds, 60);
  EXPECT_EQ(series("fill", Channel::centre).noticeable->within_seconds, 60);
  operations_[1].requests = 0;
  run(60);
  EXPECT_FALSE(series("render", Channel::centre).noticeable);
}

TEST_F(DetectorTest, TheSameTicksGiveTheSameEvents) {
  run(800);
  operations_[1].factor = 1.5;
  run(30);
  const auto first = events_;
  events_.clear();
  detector_ = RegressionDetector();
  random_.seed(7);
  normal_.reset();
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
