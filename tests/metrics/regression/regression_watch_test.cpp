// SPDX-License-Identifier: GPL-3.0-or-later
// What people are told of a regression. When the detector speaks at all is detector_test.cpp's business.
#include "metrics/regression/regression_watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "metrics/text/format.h"
#include "simulated_operation.h"

namespace goxel_telemetry::metrics {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::Each;
using testing::ElementsAre;
using testing::EndsWith;
using testing::Field;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;
using testing::StartsWith;
using OfChannel = OperationShift::Channel;

constexpr std::uint64_t kEpochSeconds = 1'763'996'400;  // when the machine started, as it were

// A daemon with two operations, and what is outside of it; ticks are closed as the bridge closes them.
class RegressionWatchTest : public testing::Test {
 protected:
  void run(int ticks) {
    for (int i = 0; i < ticks; ++i) tick();
  }
  // Until there are so many conditions; at most so many ticks.
  void run_until(std::size_t conditions, int most = 60) {
    for (int i = 0; i < most && watch_.conditions().size() != conditions; ++i) tick();
    ASSERT_THAT(watch_.conditions(), SizeIs(conditions));
  }
  void tick() {
    Tick daemon{++number_, daemon_began_ns_, {}};
    Tick outer{number_, daemon_began_ns_, {}};
    for (const SimulatedOperation& one : daemon_)
      daemon.operations.push_back(requests_.tick_of(one));
    for (const SimulatedOperation& one : outer_) outer.operations.push_back(requests_.tick_of(one));
    const std::uint64_t closed = (number_ + 1) * kTickSeconds + kTickClosesAfterSeconds;
    watch_.look(daemon, outer, layers_,
                {closed * kNsPerSecond, (kEpochSeconds + closed) * kNsPerSecond});
  }
  // CLOCK_REALTIME, with which the next tick begins.
  std::uint64_t now_ns() const {
    return (kEpochSeconds + (number_ + 1) * kTickSeconds) * kNsPerSecond;
  }
  Condition condition(AlertRule rule = AlertRule::slower) const {
    for (const Condition& one : watch_.conditions()) {
      if (one.rule == rule) return one;
    }
    ADD_FAILURE() << "no such condition";
    return {};
  }
  std::vector<std::string> named(AlertRule rule = AlertRule::slower) const {
    std::vector<std::string> names;
    for (const OperationShift& shift : condition(rule).evidence.operations)
      names.push_back(shift.key.layer + " " + shift.key.operation);
    return names;
  }
  // Of the last minute, in milliseconds.
  void joined(const std::string& stack, const std::string& tool, double server, double daemon) {
    StackView& view = layers_.stacks.emplace_back();
    view.stack = stack;
    OperationBreakdown operation{tool, {}};
    operation.breakdown.source = BreakdownSource::joined;
    operation.breakdown.hops.resize(2);
    operation.breakdown.hops[0].outer = "mcp-server";
    operation.breakdown.hops[0].mean_ns = static_cast<std::int64_t>(server * 1e6);
    operation.breakdown.hops[1].outer = "daemon";
    operation.breakdown.hops[1].mean_ns = static_cast<std::int64_t>(daemon * 1e6);
    view.windows[static_cast<std::size_t>(Window::one_minute)].operations = {operation};
  }

  SimulatedRequests requests_;
  std::vector<SimulatedOperation> daemon_ = {
      {{"2-layer", "mcp", "daemon", "goxel_fill"}, 1, 100},
      {{"2-layer", "mcp", "daemon", "goxel_render"}, 20, 40}};
  std::vector<SimulatedOperation> outer_;
  LayersView layers_;
  std::uint64_t daemon_began_ns_ = 77;
  std::uint64_t number_ = 1'000'000;
  RegressionWatch watch_{"goxel"};
};

TEST_F(RegressionWatchTest, SaysWhatBecameSlowerSinceWhenAndByHowMuch) {
  run(800);
  EXPECT_THAT(watch_.conditions(), IsEmpty());
  const std::uint64_t changed_ns = now_ns();
  const std::uint64_t first_slow = number_ + 1;
  daemon_[1].factor = 1.5;
  run_until(1);
  run(12);
  const Condition slower = condition();
  EXPECT_EQ(slower.rule, AlertRule::slower);
  EXPECT_EQ(slower.instance, "goxel");
  EXPECT_EQ(slower.level, AlertLevel::confirmed);
  EXPECT_EQ(slower.over, std::nullopt);
  EXPECT_NEAR(static_cast<double>(slower.since_ns), static_cast<double>(changed_ns), 15e9);
  EXPECT_EQ(slower.since_ns % (kTickSeconds * kNsPerSecond), 0U) << "a tick's beginning";
  EXPECT_THAT(slower.summary, StartsWith("goxel has become slower: goxel_render takes "));
  EXPECT_THAT(slower.summary, HasSubstr("; 100 % of it in the layer daemon"));
  EXPECT_EQ(slower.evidence.operations.size() > 1,
            slower.summary.find(" more") != std::string::npos);
  const std::string since = format_rfc3339(slower.since_ns);
  EXPECT_EQ(slower.advice,
            "See what changed: goxel-telemetry compare --instance goxel --history FILE " +
                format_rfc3339(slower.since_ns - 480 * kNsPerSecond) + ".." + since + " " + since +
                ".." + format_rfc3339(now_ns() + kTickClosesAfterSeconds * kNsPerSecond));

  const AlertEvidence& evidence = slower.evidence;
  EXPECT_EQ(evidence.compared_with,
            "the minutes before " + format_utc(slower.since_ns) + ", of the same operations");
  EXPECT_THAT(evidence.not_looked_at,
              ElementsAre(HasSubstr("no outer layer reports"), HasSubstr("below 5 %")));
  ASSERT_FALSE(evidence.operations.empty());
  const OperationShift& render = evidence.operations[0];
  EXPECT_EQ(render.key, daemon_[1].key);
  EXPECT_EQ(render.channel, OfChannel::centre);
  EXPECT_NEAR(render.before, 20e6, 1e6);
  EXPECT_NEAR(render.after, 30e6, 2e6);
  EXPECT_NEAR(render.ratio, render.after / render.before, 1e-9);
  EXPECT_LT(render.ratio_low, render.ratio);
  EXPECT_GT(render.ratio_high, render.ratio);
  EXPECT_GT(render.ratio_low, 1.3);
  EXPECT_LT(render.ratio_high, 1.7);
  EXPECT_EQ(render.count_before, 96U * 40) << "eight minutes";
  EXPECT_EQ(render.count_after % 40, 0U);
  EXPECT_LE(render.count_after, (number_ + 4 - first_slow) * 40);
  EXPECT_GE(render.count_after, (number_ - 8 - first_slow) * 40);
  ASSERT_THAT(render.layers, SizeIs(1));
  EXPECT_EQ(render.layers[0].layer, "daemon");
  EXPECT_EQ(render.layers[0].share, 1);
  // The mean of what is log-normal is above its median.
  EXPECT_NEAR(render.layers[0].shift_ns, 10e6 * std::exp(0.125), 3e6);
  EXPECT_THAT(named(), Not(Contains("daemon goxel_fill")));

  ASSERT_THAT(evidence.course, SizeIs(60));
  EXPECT_EQ(evidence.unit, "ms");
  EXPECT_DOUBLE_EQ(evidence.course_usual, render.before / 1e6);
  EXPECT_NEAR(evidence.course.front(), 20, 4);
  EXPECT_NEAR(evidence.course.back(), 30, 6);
}

TEST_F(RegressionWatchTest, WhatBecomesSlowerAtOnceIsOneIncident) {
  run(800);
  daemon_[0].factor = daemon_[1].factor = 1.5;
  run(30);
  ASSERT_THAT(watch_.conditions(), SizeIs(1));
  // That which has cost most time is the first; the sum of all says less than each of them.
  EXPECT_THAT(named(), ElementsAre("daemon goxel_render", "daemon goxel_fill", "daemon "));
  EXPECT_THAT(condition().summary, EndsWith("; and 2 more"));
  daemon_[0].factor = 1;
  run(40);
  EXPECT_THAT(watch_.conditions(), SizeIs(1));
  EXPECT_THAT(named(), Contains("daemon goxel_render"));
  daemon_[1].factor = 1;
  run_until(0);
}

TEST_F(RegressionWatchTest, EachOperationIsComparedWithTheTimeBeforeItChangedItself) {
  run(800);
  daemon_[0].factor = 1.5;
  run(60);
  const std::uint64_t changed_ns = now_ns();
  const std::uint64_t first_slow = number_ + 1;
  daemon_[1].factor = 1.5;
  run(30);
  const Condition slower = condition();
  const OperationShift& render = slower.evidence.operations.front();
  ASSERT_EQ(render.key, daemon_[1].key);
  EXPECT_NEAR(render.before, 20e6, 1e6);
  EXPECT_NEAR(render.after, 30e6, 2e6);
  EXPECT_EQ(render.count_before, 96U * 40);
  EXPECT_LE(render.count_after, (number_ + 4 - first_slow) * 40);
  EXPECT_NEAR(static_cast<double>(slower.since_ns), static_cast<double>(changed_ns), 15e9);
  const OperationShift& fill = slower.evidence.operations[1];
  ASSERT_EQ(fill.key, daemon_[0].key);
  EXPECT_GE(fill.count_after, 80U * 100);
  EXPECT_THAT(slower.evidence.compared_with,
              StartsWith("the minutes before each of them changed; the first named did at "));
}

// The evidence would be that of whatever ends last.
TEST_F(RegressionWatchTest, WhatIsEndingKeepsItsEvidenceUntilItIsOver) {
  run(800);
  daemon_[0].factor = daemon_[1].factor = 1.5;
  run(30);
  const std::vector<std::string> before = named();
  ASSERT_THAT(before, SizeIs(3));
  daemon_[0].factor = daemon_[1].factor = 1;
  std::vector<std::string> last;
  for (int i = 0; i < 24 && !watch_.conditions().empty(); ++i) {
    last = named();
    tick();
  }
  EXPECT_THAT(watch_.conditions(), IsEmpty());
  EXPECT_EQ(last, before);
}

// Long before it is confirmed, or the evidence of what is ending has been kept for long enough.
TEST_F(RegressionWatchTest, WhatBecomesSlowerWhileSomethingEndsIsToldAtOnce) {
  run(800);
  daemon_[0].factor = 1.5;
  run(30);
  daemon_[0].factor = 1;
  daemon_[1].factor = 1.15;
  run(8);
  EXPECT_THAT(named(), Contains("daemon goxel_render"));
}

TEST_F(RegressionWatchTest, WhatEndsWhileTheRestGoesOnIsNotTold) {
  run(800);
  daemon_[0].factor = daemon_[1].factor = 1.5;
  run(30);
  daemon_[0].factor = 1;
  run(50);
  EXPECT_THAT(named(), Contains("daemon goxel_render"));
  EXPECT_THAT(named(), Not(Contains("daemon goxel_fill")));
}

TEST_F(RegressionWatchTest, MoreChangesThanAreToldApartAreToldWithTheNearest) {
  daemon_.clear();
  for (int i = 0; i < 5; ++i)
    daemon_.push_back({{"2-layer", "mcp", "daemon", "goxel_" + std::to_string(i)}, 2, 40});
  run(800);
  for (SimulatedOperation& one : daemon_) {
    one.factor = 2;
    run(20);
  }
  for (const OperationShift& one : condition().evidence.operations) {
    EXPECT_GT(one.after, one.before) << one.key.operation;
    EXPECT_GT(one.count_after, 0U) << one.key.operation;
  }
  EXPECT_THAT(named(), AllOf(Contains("daemon goxel_0"), Contains("daemon goxel_4")));
}

TEST_F(RegressionWatchTest, AnIncidentBeginsAnewWhenTheLastIsOver) {
  run(800);
  daemon_[1].factor = 1.5;
  run_until(1);
  daemon_[1].factor = 1;
  run_until(0);
  run(60);
  const std::uint64_t changed_ns = now_ns();
  daemon_[0].factor = 1.5;
  run_until(1);
  EXPECT_NEAR(static_cast<double>(condition().since_ns), static_cast<double>(changed_ns), 15e9);
  EXPECT_EQ(named().front(), "daemon goxel_fill");
}

TEST_F(RegressionWatchTest, SlowerAndFailingAreTwoIncidents) {
  for (SimulatedOperation& one : daemon_) one.failures = 0.01;
  run(800);
  daemon_[0].failures = 0.2;
  daemon_[1].factor = 1.5;
  run_until(2);
  run(12);
  EXPECT_EQ(watch_.conditions()[0].rule, AlertRule::slower);
  EXPECT_EQ(named(AlertRule::slower).front(), "daemon goxel_render");
  EXPECT_THAT(condition(AlertRule::slower).evidence.operations,
              Each(Field(&OperationShift::channel, Not(OfChannel::errors))));
  const Condition failing = condition(AlertRule::failing);
  EXPECT_THAT(failing.summary, StartsWith("goxel fails more often: "));
  EXPECT_THAT(failing.summary, HasSubstr(" of goxel_fill fail, "));
  EXPECT_THAT(failing.evidence.operations,
              Each(Field(&OperationShift::channel, OfChannel::errors)));
  const OperationShift& fill = failing.evidence.operations.front();
  EXPECT_EQ(fill.key, daemon_[0].key);
  EXPECT_NEAR(fill.before, 0.01, 0.005);
  EXPECT_NEAR(fill.after, 0.2, 0.05);
  EXPECT_NEAR(fill.ratio, fill.after / fill.before, 1e-9);
  EXPECT_LT(fill.ratio_low, fill.ratio);
  EXPECT_GT(fill.ratio_high, fill.ratio);
  EXPECT_GT(fill.ratio_low, 5);
  EXPECT_THAT(fill.layers, IsEmpty());
  EXPECT_EQ(failing.evidence.unit, "share of requests");
  EXPECT_DOUBLE_EQ(failing.evidence.course_usual, fill.before);
  EXPECT_NEAR(failing.evidence.course.back(), 0.2, 0.15);
  daemon_[1].factor = 1;
  run_until(1, 200);
  EXPECT_EQ(watch_.conditions()[0].rule, AlertRule::failing) << "each ends by itself";
}

TEST_F(RegressionWatchTest, FailuresWhereThereWereNoneHaveNoRatio) {
  for (SimulatedOperation& one : daemon_) one.failures = 0;
  run(800);
  daemon_[0].failures = 0.2;
  run_until(1);
  run(12);
  const OperationShift fill = condition(AlertRule::failing).evidence.operations.front();
  EXPECT_EQ(fill.before, 0);
  EXPECT_THAT(std::vector({fill.ratio, fill.ratio_low, fill.ratio_high}), Each(testing::IsNan()));
}

TEST_F(RegressionWatchTest, OfSlowPathsTheSlowestHundredthIsTold) {
  run(800);
  daemon_[0].slow_paths = 0.04;
  run_until(1, 120);
  run(6);
  const Condition slower = condition();
  EXPECT_THAT(slower.summary, HasSubstr("goxel_fill, the slowest hundredth: "));
  const OperationShift& fill = slower.evidence.operations.front();
  EXPECT_EQ(fill.channel, OfChannel::tail);
  EXPECT_GT(fill.ratio, 2);
  EXPECT_NEAR(fill.before, 1e6 * std::exp(0.5 * 2.33), 0.4e6) << "the 99th percentile";
  EXPECT_DOUBLE_EQ(slower.evidence.course_usual, fill.before / 1e6);
  EXPECT_GT(slower.evidence.course.back(), 5);
}

// Each of them alone would be noticed later, or not at all.
TEST_F(RegressionWatchTest, OfAllTogetherThoseAreNamedThatHaveAPartInIt) {
  daemon_.clear();
  for (int i = 0; i < 20; ++i)
    daemon_.push_back({{"2-layer", "mcp", "daemon", "goxel_" + std::to_string(i)}, 2, 2});
  run(800);
  for (std::size_t i = 2; i < daemon_.size(); ++i) daemon_[i].factor = 1.3;
  run_until(1);
  EXPECT_THAT(named(), ElementsAre("daemon ")) << "noticed by the sum";
  EXPECT_THAT(condition().summary, HasSubstr("all operations take "));
  EXPECT_THAT(condition().evidence.course, IsEmpty()) << "a sum has no median";
  run(30);
  EXPECT_GE(named().size(), 4U);
  EXPECT_EQ(named().back(), "daemon ");
  EXPECT_THAT(named(), Not(Contains("daemon goxel_0")));
  EXPECT_THAT(named(), Not(Contains("daemon goxel_1")));
  const std::vector<std::string> names = named();
  EXPECT_EQ(std::set<std::string>(names.begin(), names.end()).size(), names.size());
}

TEST_F(RegressionWatchTest, TheShiftOfAllTogetherIsNotThatOfTheirMix) {
  daemon_ = {{{"2-layer", "mcp", "daemon", "goxel_fill"}, 1, 40},
             {{"2-layer", "mcp", "daemon", "goxel_render"}, 10, 40}};
  run(800);
  daemon_[0].factor = daemon_[1].factor = 1.3;
  daemon_[0].requests = 120;
  run_until(1);
  run(30);
  const OperationShift all = condition().evidence.operations.back();
  ASSERT_EQ(all.key.operation, "");
  EXPECT_NEAR(all.ratio, 1.3, 0.1);
}

TEST_F(RegressionWatchTest, NoMoreIsNamedThanAnAlertHolds) {
  daemon_.clear();
  for (int i = 0; i < 20; ++i)
    daemon_.push_back({{"2-layer", "mcp", "daemon", "goxel_" + std::to_string(i)}, 2, 40});
  run(800);
  for (SimulatedOperation& one : daemon_) one.factor = 2;
  run_until(1);
  run(24);
  EXPECT_THAT(named(), SizeIs(kMostShifts));
  EXPECT_THAT(named(), Not(Contains("daemon "))) << "the sum is left out first";
}

TEST_F(RegressionWatchTest, EvidenceIsBroughtUpToDateEveryHalfMinute) {
  run(800);
  daemon_[1].factor = 1.2;
  run_until(1);
  run(60);
  std::vector<std::uint64_t> counts;
  for (int i = 0; i < 18; ++i) {
    tick();
    const std::uint64_t count = condition().evidence.operations.front().count_after;
    if (counts.empty() || counts.back() != count) counts.push_back(count);
  }
  ASSERT_THAT(counts, testing::AnyOf(SizeIs(3), SizeIs(4)));
  EXPECT_EQ(counts[2] - counts[1], 6 * 40U);
}

TEST_F(RegressionWatchTest, IsConfirmedByAnyOfWhatItIsMadeOf) {
  run(800);
  daemon_[1].factor = 1.25;
  run_until(1);
  EXPECT_EQ(condition().level, AlertLevel::warning);
  for (int i = 0; i < 60 && condition().level == AlertLevel::warning; ++i) tick();
  EXPECT_EQ(condition().level, AlertLevel::confirmed);
}

TEST_F(RegressionWatchTest, WhatStaysIsShownOnceAsTheNewLevel) {
  run(800);
  daemon_[1].factor = 2;
  run_until(1);
  int usual = 0;
  for (int i = 0; i < 500 && !watch_.conditions().empty(); ++i) {
    tick();
    for (const Condition& one : watch_.conditions()) usual += one.over == AlertEnd::new_level;
  }
  EXPECT_EQ(usual, 1);
  EXPECT_THAT(watch_.conditions(), IsEmpty());
  run(100);
  EXPECT_THAT(watch_.conditions(), IsEmpty());
}

TEST_F(RegressionWatchTest, OfWhatIsNotCalledAnyMoreNobodyKnows) {
  run(800);
  daemon_[1].factor = 2;
  run_until(1);
  // With it all together, too: so they are slow no more before it is given up.
  daemon_.pop_back();
  bool given_up = false;
  for (int i = 0; i < 400 && !watch_.conditions().empty(); ++i) {
    tick();
    for (const Condition& one : watch_.conditions()) given_up = one.over == AlertEnd::not_watched;
  }
  EXPECT_TRUE(given_up);
  EXPECT_THAT(watch_.conditions(), IsEmpty());
}

// Though the daemon's own series is not known for long enough to raise an alarm.
TEST_F(RegressionWatchTest, WhatAnOuterLayerNoticesIsNamedAsTheDaemonCallsIt) {
  const std::vector<SimulatedOperation> daemon = std::exchange(daemon_, {});
  outer_ = {{{"2-layer", "mcp", "mcp-server", "goxel_fill"}, 2, 100},
            {{"2-layer", "mcp", "mcp-server", "goxel_render"}, 22, 40}};
  run(400);
  daemon_ = daemon;
  daemon_[1].key.operation = "goxel.render";
  run(400);
  daemon_[1].factor = outer_[1].factor = 1.5;
  run_until(1);
  run(6);
  EXPECT_EQ(named().front(), "daemon goxel.render");
  EXPECT_THAT(condition().summary, StartsWith("goxel has become slower: goxel.render takes "));
  EXPECT_THAT(named(), Contains("mcp-server goxel_render"));
  EXPECT_THAT(named(), Not(Contains("daemon goxel_fill")));
}

TEST_F(RegressionWatchTest, OfOuterLayersTheOutermostOfEachStackIsWatched) {
  outer_ = {{{"2-layer", "mcp", "mcp-client", "goxel_fill"}, 3, 60},
            {{"2-layer", "mcp", "mcp-server", "goxel_fill"}, 2, 60},
            {{"4-layer", "mcp", "mcp-server", "goxel_fill"}, 2, 60},
            {{"4-layer", "jsonrpc", "ts-client", "goxel.fill"}, 1, 60},
            {{"3-layer", "mcp", "no-such-layer", "goxel_fill"}, 2, 60}};
  run(800);
  for (SimulatedOperation& one : outer_) one.factor = 2;
  run_until(1);
  run(12);
  const std::vector<std::string> names = named();
  EXPECT_THAT(
      std::set<std::string>(names.begin(), names.end()),
      ElementsAre("mcp-client ", "mcp-client goxel_fill", "mcp-server ", "mcp-server goxel_fill"));
  const AlertEvidence evidence = condition().evidence;
  for (const OperationShift& shift : evidence.operations) {
    EXPECT_EQ(shift.key.stack, shift.key.layer == "mcp-client" ? "2-layer" : "4-layer");
    EXPECT_THAT(shift.layers, IsEmpty()) << "where in the layers is not known";
  }
  EXPECT_THAT(evidence.not_looked_at, ElementsAre(HasSubstr("below 5 %")));
  EXPECT_THAT(evidence.course, SizeIs(60));
  EXPECT_NEAR(evidence.course.back(), 6, 2);
}

TEST_F(RegressionWatchTest, TheDaemonAndWhatIsOutsideAreOneIncident) {
  outer_ = {{{"2-layer", "mcp", "mcp-client", "goxel_render"}, 22, 40}};
  run(800);
  daemon_[1].factor = outer_[0].factor = 1.5;
  run_until(1);
  run(12);
  ASSERT_THAT(watch_.conditions(), SizeIs(1));
  EXPECT_THAT(named(), Contains("daemon goxel_render"));
  EXPECT_THAT(named(), Contains("mcp-client goxel_render"));
  EXPECT_EQ(named().front(), "daemon goxel_render") << "the inner one is nearer to the cause";
}

TEST_F(RegressionWatchTest, LayersHaveTheirSharesOfTheShift) {
  outer_ = {{{"4-layer", "mcp", "mcp-server", "goxel_add_voxels"}, 10, 60}};
  joined("4-layer", "goxel_add_voxels", 4, 6);
  run(800);
  layers_.stacks.clear();
  joined("4-layer", "goxel_add_voxels", 7, 7);
  outer_[0].factor = 1.4;
  run_until(1);
  run(12);
  const OperationShift shift = condition().evidence.operations.front();
  EXPECT_EQ(shift.key, outer_[0].key);
  ASSERT_THAT(shift.layers, SizeIs(2));
  EXPECT_EQ(shift.layers[0].layer, "mcp-server");
  EXPECT_DOUBLE_EQ(shift.layers[0].shift_ns, 3e6);
  EXPECT_DOUBLE_EQ(shift.layers[0].share, 0.75);
  EXPECT_EQ(shift.layers[1].layer, "daemon");
  EXPECT_DOUBLE_EQ(shift.layers[1].share, 0.25);
  EXPECT_THAT(condition().summary, HasSubstr("; 75.0 % of it in the layer mcp-server"));
}

TEST_F(RegressionWatchTest, ARestartIsANewEpoch) {
  run(800);
  const auto comes_back = [&](std::uint64_t began_ns, double factor) {
    daemon_began_ns_ = 0;  // it is away
    const auto operations = std::exchange(daemon_, {});
    run(4);
    daemon_ = operations;
    daemon_began_ns_ = began_ns;
    daemon_[0].factor = daemon_[1].factor = factor;
    run(12);
    daemon_[0].factor = daemon_[1].factor = 1;
  };
  comes_back(78, 2);
  EXPECT_THAT(watch_.conditions(), IsEmpty()) << "its first minute is not judged";
  run(200);
  EXPECT_THAT(watch_.conditions(), IsEmpty());
  comes_back(78, 2);
  EXPECT_THAT(watch_.conditions(), SizeIs(1)) << "it is the same one as before";
}

TEST_F(RegressionWatchTest, AfterARestartOuterLayersAreNotJudgedEither) {
  outer_ = {{{"2-layer", "mcp", "mcp-client", "goxel_fill"}, 3, 60}};
  run(800);
  daemon_began_ns_ = 78;
  outer_[0].factor = 2;
  run(12);
  EXPECT_THAT(watch_.conditions(), IsEmpty());
  run_until(1);
}

TEST_F(RegressionWatchTest, NothingIsSaidOfWhatWasAlwaysSo) {
  daemon_[0].failures = 0.3;
  run(1000);
  EXPECT_THAT(watch_.conditions(), IsEmpty());
}

}  // namespace
}  // namespace goxel_telemetry::metrics
