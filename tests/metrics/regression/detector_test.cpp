// SPDX-License-Identifier: GPL-3.0-or-later
// What the detector does in single cases; how often it is right is tests/benchmarks/regression's business.
#include "metrics/regression/detector.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <ostream>
#include <set>
#include <string>
#include <vector>

#include "simulated_operation.h"

namespace goxel_telemetry::metrics {

void PrintTo(const DetectorEvent& event, std::ostream* out) {
  constexpr const char* kKinds[] = {"raised", "confirmed", "resolved", "new level", "given up"};
  *out << kKinds[static_cast<std::size_t>(event.kind)] << ' ' << to_string(event.channel) << " of "
       << (event.key ? event.key->operation : "all") << " in tick " << event.tick;
}

namespace {

using testing::IsEmpty;
using testing::Not;
using Kind = DetectorEvent::Kind;
using State = WatchedSeries::State;

// Two operations; what a test changes, it changes for the ticks that follow.
class DetectorTest : public testing::Test {
 protected:
  void run(int ticks) {
    for (int i = 0; i < ticks; ++i) {
      std::vector<OperationTick> operations;
      for (const SimulatedOperation& one : operations_) {
        operations.push_back(requests_.poisson_tick_of(one));
        failed_ += operations.back().tally.outcomes.failed();
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

  SimulatedRequests requests_;
  std::vector<SimulatedOperation> operations_ = {{{"2-layer", "mcp", "daemon", "fill"}, 1, 100},
                                                 {{"2-layer", "mcp", "daemon", "render"}, 20, 20}};
  RegressionDetector detector_;
  std::uint64_t number_ = 1000;
  std::uint64_t failed_ = 0;
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

class DetectorLoad : public DetectorTest, public testing::WithParamInterface<std::uint64_t> {};

// In even load, how latency follows it is unknown: a slope would be one of noise.
TEST_P(DetectorLoad, ThatFallsOrRisesManyTimesIsNoChange) {
  requests_ = SimulatedRequests(GetParam());
  run(1500);
  for (SimulatedOperation& one : operations_) one.requests /= 7;
  run(60);
  for (SimulatedOperation& one : operations_) one.requests *= 7;
  run(60);
  for (SimulatedOperation& one : operations_) one.requests *= 4;
  run(60);
  EXPECT_THAT(events_, IsEmpty());
}

TEST_P(DetectorLoad, ThatRisesManyTimesHidesNothing) {
  requests_ = SimulatedRequests(GetParam());
  run(1500);
  for (SimulatedOperation& one : operations_) one.requests *= 4;
  operations_[0].factor = 1.2;
  run(24);
  std::set<std::string> slower;
  for (const DetectorEvent& event : of(Kind::raised)) slower.insert(name(event));
  EXPECT_TRUE(slower.contains("fill"));
  EXPECT_FALSE(slower.contains("render"));
}

INSTANTIATE_TEST_SUITE_P(Streams, DetectorLoad, testing::Range<std::uint64_t>(1, 13));

// If the load's part were not taken out, it would be noise that hides the slowdown.
TEST_F(DetectorTest, WhileLatencyFollowsASwingingLoadASlowdownIsNoticed) {
  const std::vector<SimulatedOperation> even = operations_;
  const auto run_swinging = [&](int ticks, double slower) {
    for (int i = 0; i < ticks; ++i) {
      const double load = std::exp(0.6 * std::sin(static_cast<double>(number_) / 10));
      for (std::size_t one = 0; one < even.size(); ++one) {
        operations_[one].requests = even[one].requests * load;
        operations_[one].factor = std::pow(load, 0.3) * slower;
      }
      run(1);
    }
  };
  run_swinging(4000, 1);
  EXPECT_THAT(events_, IsEmpty());
  double most_due_to_load = 0;
  for (int i = 0; i < 60; ++i) {
    run_swinging(1, 1);
    most_due_to_load = std::max(most_due_to_load, *series("fill", Channel::centre).due_to_load);
  }
  EXPECT_NEAR(most_due_to_load, 0.6 * 0.3, 0.08);
  run_swinging(24, 1.2);
  EXPECT_THAT(of(Kind::raised), Not(IsEmpty()));
}

TEST_F(DetectorTest, LatenciesThatAreAllTheSameAreNotStrange) {
  for (SimulatedOperation& one : operations_) one.spread = 0;
  operations_[1].median_ms = 0;
  run(2000);
  EXPECT_THAT(events_, IsEmpty());
  operations_[0].factor = 1.15;
  run(24);
  const auto raised = of(Kind::raised);
  ASSERT_FALSE(raised.empty());
  EXPECT_EQ(name(raised[0]), "fill");
}

TEST_F(DetectorTest, ASpikeIsNoChange) {
  run(800);
  for (int i = 0; i < 5; ++i) {
    operations_[0].factor = operations_[1].factor = 300;
    run(2);
    operations_[0].factor = operations_[1].factor = 1;
    run(60);
  }
  EXPECT_THAT(events_, IsEmpty());
}

TEST_F(DetectorTest, WhatBecameFasterIsNoAlarmAndSoonTheUsual) {
  run(800);
  operations_[0].factor = 0.6;
  run(1500);
  EXPECT_THAT(events_, IsEmpty());
  operations_[0].factor = 1;
  run(24);
  const auto raised = of(Kind::raised);
  ASSERT_FALSE(raised.empty());
  EXPECT_EQ(name(raised[0]), "fill");
}

TEST_F(DetectorTest, AFewFailuresOfFewRequestsAreNoChange) {
  operations_[1].requests = 0.05;
  run(6000);
  operations_[1].failures = 0.6;
  operations_[0].failures = 0;
  failed_ = 0;
  while (failed_ < 7) run(1);
  EXPECT_THAT(events_, IsEmpty());
}

// Otherwise what is not called any more would be slow for ever.
TEST_F(DetectorTest, GivesUpWhatHasHadNoRequestsForHalfAnHour) {
  run(800);
  operations_[1].factor = 2;
  operations_[1].failures = 0.5;
  run(30);
  const std::vector<SimulatedOperation> both = operations_;
  operations_.pop_back();
  events_.clear();
  run(355);
  for (const DetectorEvent& event : events_) EXPECT_EQ(name(event), "all");
  run(10);
  std::set<Channel> given_up;
  for (const DetectorEvent& event : of(Kind::given_up)) {
    EXPECT_EQ(name(event), "render");
    given_up.insert(event.channel);
  }
  EXPECT_TRUE(given_up.contains(Channel::centre));
  EXPECT_TRUE(given_up.contains(Channel::errors));

  // If it is still so when it is called again, it is told again.
  operations_ = both;
  events_.clear();
  run(30);
  EXPECT_THAT(of(Kind::raised), Not(IsEmpty()));
}

TEST_F(DetectorTest, GivesUpAllTogetherIfNothingIsCalled) {
  run(800);
  operations_[0].factor = operations_[1].factor = 2;
  operations_[0].failures = operations_[1].failures = 0.1;
  run(30);
  const std::size_t raised = of(Kind::raised).size();
  ASSERT_EQ(series("all", Channel::errors).state, State::confirmed);
  for (SimulatedOperation& one : operations_) one.requests = 0;
  run(400);
  EXPECT_EQ(of(Kind::given_up).size(), raised - of(Kind::resolved).size());
}

// Names come from clients, and from daemons that are restarted again and again.
TEST_F(DetectorTest, ForgetsWhatWasNotCalledForLongestIfThereAreTooMany) {
  run(800);
  operations_[1].factor = 2;
  run(30);
  EXPECT_THAT(of(Kind::raised), Not(IsEmpty()));
  const SimulatedOperation fill = operations_[0];
  events_.clear();
  constexpr std::size_t kAtOnce = 100;
  for (std::size_t i = 0; i < 2 * RegressionDetector::kMostWatched; i += kAtOnce) {
    operations_ = {fill};
    for (std::size_t n = i; n < i + kAtOnce; ++n) {
      SimulatedOperation& passing = operations_.emplace_back(fill);
      passing.key.operation = std::to_string(n);
      passing.requests = 5;
    }
    run(1);
    EXPECT_LE(detector_.series().size(), 3 * (RegressionDetector::kMostWatched + 1));
  }
  std::set<std::string> given_up;
  for (const DetectorEvent& event : of(Kind::given_up)) given_up.insert(name(event));
  EXPECT_THAT(given_up, testing::ElementsAre("render"));
  // What is called all the time is known as before.
  operations_ = {fill};
  operations_[0].factor = 1.5;
  events_.clear();
  run(24);
  EXPECT_THAT(of(Kind::raised), Not(IsEmpty()));
}

TEST_F(DetectorTest, NoticesFailures) {
  run(800);
  operations_[0].failures = 0.05;
  run(40);
  const auto raised = of(Kind::raised);
  ASSERT_FALSE(raised.empty());
  for (const DetectorEvent& event : raised) EXPECT_EQ(event.channel, Channel::errors);
}

TEST_F(DetectorTest, NothingIsLearntOfFailuresThatAreOver) {
  run(1500);
  const WatchedSeries fill = series("fill", Channel::errors);
  const WatchedSeries all = series("all", Channel::errors);
  ASSERT_TRUE(fill.usual_share && all.noticeable);
  operations_[0].failures = 0.2;
  run(60);
  ASSERT_THAT(of(Kind::raised), Not(IsEmpty()));
  operations_[0].failures = 0.001;
  run(300);
  EXPECT_EQ(of(Kind::resolved).size(), of(Kind::raised).size());
  EXPECT_NEAR(*series("fill", Channel::errors).usual_share, *fill.usual_share, 0.0005);
  EXPECT_NEAR(*series("all", Channel::errors).noticeable->share / *all.noticeable->share, 1, 0.25);
}

TEST_F(DetectorTest, ARestartForgetsWhatWasSuspected) {
  run(800);
  for (const Channel channel : {Channel::centre, Channel::tail, Channel::errors}) {
    SCOPED_TRACE(to_string(channel));
    SimulatedOperation& fill = operations_[0];
    fill.factor = channel == Channel::centre ? 1.5 : 1;
    fill.slow_paths = channel == Channel::tail ? 0.05 : 0;
    fill.failures = channel == Channel::errors ? 0.02 : 0.001;
    for (int i = 0; i < 60 && series("fill", channel).state != State::suspects; ++i) run(1);
    ASSERT_EQ(series("fill", channel).state, State::suspects);
    fill.factor = 1;
    fill.slow_paths = 0;
    fill.failures = 0.001;
    detector_.begin_epoch();
    run(25);
    EXPECT_EQ(series("fill", channel).state, State::watching);
    EXPECT_EQ(series("all", channel).state, State::watching);
    run(60);
  }
  EXPECT_THAT(events_, IsEmpty());
}

TEST_F(DetectorTest, ARestartIsNotJudgedWhileItsLatencyFalls) {
  run(800);
  struct Warming {
    double factor;
    int ticks;
  };
  for (const auto& [factor, ticks] : {Warming{3, 80}, Warming{1.3, 50}, Warming{3, 80}}) {
    detector_.begin_epoch();
    for (int i = 0; i < ticks; ++i) {
      operations_[0].factor = operations_[1].factor = factor - (factor - 1) * i / ticks;
      run(1);
    }
    run(60);
    EXPECT_THAT(events_, IsEmpty()) << factor;
  }
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

// A longer tail is part of it, for as long as the tail's limit has not followed.
TEST_F(DetectorTest, WhatIsSlowerAsAWholeRaisesNoAlarmOfTheTail) {
  operations_[0].slow_paths = operations_[1].slow_paths = 0.02;
  for (const double factor : {1.5, 2.0, 4.0}) {
    SCOPED_TRACE(factor);
    run(800);
    events_.clear();
    operations_[0].factor = factor;
    run(100);
    operations_[0].factor = 1;
    run(24);
    for (const DetectorEvent& event : events_) EXPECT_EQ(event.channel, Channel::centre);
    EXPECT_THAT(of(Kind::raised), Not(IsEmpty()));
    EXPECT_EQ(of(Kind::resolved).size(), of(Kind::raised).size()) << "two minutes after its end";
  }
}

TEST_F(DetectorTest, OneOperationThatIsSlowerIsNotTheTailOfAll) {
  operations_[0].requests = 15;
  operations_[1].requests = 300;
  run(800);
  operations_[0].factor = 10;
  run(40);
  EXPECT_EQ(series("fill", Channel::centre).state, State::confirmed);
  EXPECT_EQ(series("all", Channel::centre).state, State::watching);
  EXPECT_EQ(series("all", Channel::tail).state, State::watching);
}

// What is not known of it yet is no burst of its failures.
TEST_F(DetectorTest, ANewOperationChangesNothingOfWhatIsKnownOfAll) {
  run(1500);
  const WatchedSeries tail = series("all", Channel::tail);
  const WatchedSeries errors = series("all", Channel::errors);
  ASSERT_TRUE(tail.noticeable && errors.noticeable);
  operations_.push_back({.key = {"", "mcp", "daemon", "new"}, .requests = 50, .failures = 0.2});
  run(300);
  EXPECT_NEAR(*series("all", Channel::tail).noticeable->share / *tail.noticeable->share, 1, 0.2);
  // A seventeenth of all requests then fails, in place of a thousandth.
  EXPECT_NEAR(*series("all", Channel::errors).usual_share, 0.0594, 0.01);
  EXPECT_LT(*series("all", Channel::errors).noticeable->share, 3 * 0.0594);
}

TEST_F(DetectorTest, AllThatIsSlowerIsNotTheTailOfAll) {
  operations_.clear();
  for (int i = 0; i < 60; ++i)
    operations_.push_back({.key = {"", "mcp", "daemon", std::to_string(i)}, .requests = 2});
  run(800);
  events_.clear();
  for (SimulatedOperation& one : operations_) one.factor = 2;
  run(40);
  ASSERT_THAT(of(Kind::raised), Not(IsEmpty()));
  EXPECT_EQ(name(of(Kind::raised)[0]), "all") << "of few requests each is noticed later";
  for (const DetectorEvent& event : of(Kind::raised)) EXPECT_EQ(event.channel, Channel::centre);
}

// Those are ticks that waited to be learnt from.
TEST_F(DetectorTest, NothingIsLearntOfTheTailFromBeforeASlowdownWasNoticed) {
  run(800);
  const WatchedSeries fill = series("fill", Channel::tail);
  const WatchedSeries all = series("all", Channel::tail);
  ASSERT_TRUE(fill.usual_share && all.noticeable);
  operations_[0].factor = operations_[1].factor = 4;
  run(20);
  operations_[0].factor = operations_[1].factor = 1;
  run(60);
  EXPECT_THAT(of(Kind::raised), Not(IsEmpty()));
  EXPECT_EQ(of(Kind::resolved).size(), of(Kind::raised).size());
  EXPECT_NEAR(*series("fill", Channel::tail).usual_share / *fill.usual_share, 1, 0.1);
  EXPECT_NEAR(*series("all", Channel::tail).noticeable->share / *all.noticeable->share, 1, 0.1);
}

TEST_F(DetectorTest, ATailThatIsLongerSinceBeforeIsJudgedToItsEnd) {
  run(800);
  operations_[0].slow_paths = 0.1;
  run(20);
  ASSERT_THAT(of(Kind::raised), Not(IsEmpty()));
  ASSERT_EQ(of(Kind::raised)[0].channel, Channel::tail);
  operations_[0].factor = 1.3;
  run(20);
  EXPECT_EQ(series("fill", Channel::centre).state, State::confirmed);
  EXPECT_EQ(series("fill", Channel::tail).state, State::confirmed);
  operations_[0].slow_paths = 0;
  run(60);
  EXPECT_EQ(series("fill", Channel::centre).state, State::confirmed);
  EXPECT_EQ(series("fill", Channel::tail).state, State::watching);
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

// What is above its limit says nothing until it is learnt where the new level's tail begins.
TEST_F(DetectorTest, TheTailOfANewLevelIsLearntAnew) {
  run(800);
  operations_[0].factor = 3;
  run(400);
  ASSERT_THAT(of(Kind::new_level), Not(IsEmpty()));
  EXPECT_EQ(series("fill", Channel::centre).state, State::watching);
  const WatchedSeries tail = series("fill", Channel::tail);
  EXPECT_EQ(tail.state, State::learning);
  EXPECT_EQ(tail.usual_ns, std::nullopt);
  EXPECT_GT(tail.ticks_needed.value_or(0), 100);
  events_.clear();
  run(200);
  EXPECT_EQ(series("fill", Channel::tail).state, State::watching);
  EXPECT_THAT(events_, IsEmpty());
  operations_[0].slow_paths = 0.1;
  run(20);
  ASSERT_THAT(of(Kind::raised), Not(IsEmpty()));
  EXPECT_EQ(of(Kind::raised)[0].channel, Channel::tail);
}

// By one alarm, whether it is the operation's or that of all.
TEST_F(DetectorTest, ANewLevelIsAdoptedOnce) {
  run(800);
  operations_[0].factor = operations_[1].factor = 1.3;
  run(400);
  ASSERT_THAT(of(Kind::new_level), testing::SizeIs(3));
  EXPECT_NEAR(*series("fill", Channel::centre).usual_ns, 1.3e6, 0.05e6);
  EXPECT_NEAR(*series("render", Channel::centre).usual_ns, 26e6, 2e6);
}

TEST_F(DetectorTest, FailuresThatStayAreAdoptedAndTheTailIsAsItWas) {
  run(800);
  const double tail = *series("fill", Channel::tail).usual_share;
  operations_[0].failures = 0.2;
  run(400);
  EXPECT_THAT(of(Kind::new_level), Not(IsEmpty()));
  EXPECT_NEAR(*series("fill", Channel::errors).usual_share, 0.2, 0.02);
  EXPECT_NEAR(*series("fill", Channel::tail).usual_share, tail, 0.005);
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
  EXPECT_EQ(series("all", Channel::centre).state, State::learning);
  EXPECT_EQ(series("all", Channel::tail).state, State::learning);
  EXPECT_EQ(series("all", Channel::tail).ticks_needed, 721 - 100);

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
  EXPECT_NEAR(centre.requests, 100, 5);
  EXPECT_NEAR(*centre.due_to_load, 0, 0.05);
  ASSERT_TRUE(centre.noticeable);
  EXPECT_GT(*centre.noticeable->ratio, 1.048) << "less than 5 % is not looked for";
  EXPECT_LT(*centre.noticeable->ratio, *series("render", Channel::centre).noticeable->ratio);
  const WatchedSeries tail = series("render", Channel::tail);
  EXPECT_NEAR(*tail.usual_ns, 20e6 * std::exp(0.5 * 2.326), 3e6);
  EXPECT_NEAR(*tail.usual_share, 0.01, 0.003);
  EXPECT_GT(*tail.noticeable->share, *tail.usual_share);
  EXPECT_DOUBLE_EQ(*tail.noticeable->ratio, *tail.noticeable->share / *tail.usual_share);
  EXPECT_GE(tail.noticeable->within_seconds, 45) << "nine ticks";
  EXPECT_NEAR(*series("all", Channel::errors).usual_share, 0.001, 0.0005);
  EXPECT_NEAR(series("all", Channel::centre).requests, 120, 5);
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
