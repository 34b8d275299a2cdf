// SPDX-License-Identifier: GPL-3.0-or-later
// From ticks and snapshots to conditions. What they say is regression_watch_test.cpp's business.
#include "http-bridge/alerts/regression_source.h"

#include <gmock/gmock.h>

#include <string>
#include <utility>
#include <vector>

#include "http-bridge/instances.h"
#include "metrics/comparison/baseline_store.h"
#include "metrics/history/writer.h"
#include "tests/http-bridge/temporary_folder.h"
#include "tests/metrics/regression/simulated_operation.h"
#include "tests/metrics/test_segment.h"

namespace goxel_telemetry::http_bridge {
namespace {

using metrics::AlertRule;
using metrics::Condition;
using metrics::kNsPerSecond;
using metrics::kTickSeconds;
using metrics::OperationKey;
using metrics::OperationTick;
using metrics::SimulatedOperation;
using testing::ElementsAre;
using testing::Field;
using testing::IsEmpty;
using testing::SizeIs;

const OperationKey kFill = {"2-layer", "mcp", "daemon", "goxel_fill"};
constexpr std::uint64_t kUptime = 100'000;                 // seconds
constexpr std::uint64_t kStart = 1'763'996'400 - kUptime;  // of the machine, Unix time

class RegressionSourceTest : public testing::Test {
 protected:
  void begin() {
    source_.emplace([this] { return snapshots_; }, history_file_, pinned_);
  }
  void watch(const std::vector<std::string>& names) {
    auto snapshots = std::make_shared<Snapshots>();
    for (const std::string& name : names) {
      snapshots->instances.emplace_back().instance = name;
      const auto known = layers_.find(name);
      snapshots->layers.push_back(known == layers_.end() ? std::make_shared<metrics::LayersView>()
                                                         : known->second);
    }
    snapshots_ = snapshots;
  }
  // Gives a tick of each instance, whose operation takes so many times as long, and looks.
  void run(int ticks, const std::map<std::string, double>& factors) {
    for (int i = 0; i < ticks; ++i) {
      for (const auto& [instance, factor] : factors) take(instance, factor);
      ++number_;
      look();
    }
  }
  void take(const std::string& instance, double factor) {
    SimulatedOperation fill{kFill, 1, 100, factor};
    source_->take({instance, {number_, 7, {requests_.tick_of(fill)}}, {number_, 7, {}}});
  }
  // As if all ticks so far had just been closed.
  void look() {
    const std::uint64_t seconds = number_ * kTickSeconds + metrics::kTickClosesAfterSeconds;
    conditions_ =
        source_->look({seconds * kNsPerSecond, (kStart + seconds) * kNsPerSecond + 123'456'789});
  }
  std::vector<std::string> slower() const {
    std::vector<std::string> names;
    for (const Condition& one : conditions_) {
      EXPECT_EQ(one.rule, AlertRule::slower);
      names.push_back(one.instance);
    }
    return names;
  }
  // Of the last minute: a hop, in milliseconds.
  void show_layers(const std::string& instance, double server_ms) {
    auto view = std::make_shared<metrics::LayersView>();
    metrics::StackView& stack = view->stacks.emplace_back();
    stack.stack = "2-layer";
    metrics::OperationBreakdown operation{"goxel_fill", {}};
    operation.breakdown.source = metrics::BreakdownSource::joined;
    operation.breakdown.hops.resize(2);
    operation.breakdown.hops[0].outer = "mcp-server";
    operation.breakdown.hops[0].mean_ns = static_cast<std::int64_t>(server_ms * 1e6);
    operation.breakdown.hops[1].outer = "daemon";
    operation.breakdown.hops[1].mean_ns = 1'000'000;
    stack.windows[static_cast<std::size_t>(metrics::Window::one_minute)].operations = {operation};
    layers_[instance] = view;
  }

  TemporaryFolder folder_;
  std::string history_file_;
  RegressionSource::Pinned pinned_;
  std::map<std::string, std::shared_ptr<const metrics::LayersView>> layers_;
  std::shared_ptr<const Snapshots> snapshots_ = std::make_shared<Snapshots>();
  metrics::SimulatedRequests requests_;
  std::uint64_t number_ = kUptime / kTickSeconds;
  std::vector<Condition> conditions_;
  std::optional<RegressionSource> source_;
};

TEST_F(RegressionSourceTest, EachInstanceIsWatchedByItself) {
  watch({"alpha", "beta", "gamma"});
  begin();
  run(800, {{"alpha", 1}, {"beta", 1}, {"gamma", 1}});
  EXPECT_THAT(slower(), IsEmpty());
  run(20, {{"alpha", 1}, {"beta", 2}, {"gamma", 1}});
  EXPECT_THAT(slower(), ElementsAre("beta"));
  run(20, {{"alpha", 2}, {"beta", 2}, {"gamma", 1}});
  EXPECT_THAT(slower(), ElementsAre("alpha", "beta"));
}

TEST_F(RegressionSourceTest, LayersAreThoseOfTheInstance) {
  for (const auto* const name : {"alpha", "beta"}) show_layers(name, 1);
  watch({"alpha", "beta"});
  begin();
  run(800, {{"alpha", 1}, {"beta", 1}});
  show_layers("beta", 4);
  watch({"alpha", "beta"});
  run(20, {{"alpha", 1}, {"beta", 2}});
  ASSERT_THAT(slower(), ElementsAre("beta"));
  const auto& layers = conditions_[0].evidence.operations.front().layers;
  ASSERT_FALSE(layers.empty());
  EXPECT_EQ(layers.front().layer, "mcp-server");
  EXPECT_DOUBLE_EQ(layers.front().shift_ns, 3e6);
}

TEST_F(RegressionSourceTest, WhatIsNoLongerWatchedIsForgotten) {
  watch({"alpha"});
  begin();
  run(800, {{"alpha", 1}, {"unknown", 1}});
  run(20, {{"alpha", 2}, {"unknown", 2}});
  EXPECT_THAT(slower(), ElementsAre("alpha"));
  watch({});
  run(1, {{"alpha", 2}});
  EXPECT_THAT(slower(), IsEmpty());
  watch({"alpha"});
  run(20, {{"alpha", 4}});
  EXPECT_THAT(slower(), IsEmpty()) << "it is learnt anew";
}

TEST_F(RegressionSourceTest, TicksThatWaitAreSeenInTheirOrder) {
  watch({"alpha"});
  begin();
  for (int i = 0; i < 800; ++i, ++number_) take("alpha", 1);
  for (int i = 0; i < 20; ++i, ++number_) take("alpha", 2);
  look();
  EXPECT_THAT(slower(), ElementsAre("alpha"));
  look();
  EXPECT_THAT(slower(), ElementsAre("alpha")) << "it is still so, though there is no new tick";
}

TEST_F(RegressionSourceTest, TheOldestOfTooManyTicksAreDropped) {
  watch({"alpha"});
  begin();
  const auto most = static_cast<int>(RegressionSource::kMostWaiting);
  for (int i = 0; i < 600; ++i, ++number_) take("alpha", 1);
  for (int i = 0; i < most - 620; ++i, ++number_)
    source_->take({"alpha", {number_, 7, {}}, {number_, 7, {}}});
  for (int i = 0; i < 600; ++i, ++number_) take("alpha", 1);
  for (int i = 0; i < 20; ++i, ++number_) take("alpha", 2);
  look();
  EXPECT_THAT(slower(), IsEmpty()) << "of less than an hour nothing is said";
}

TEST_F(RegressionSourceTest, TheNewestOfTooManyTicksAreSeen) {
  watch({"alpha"});
  begin();
  const auto most = static_cast<int>(RegressionSource::kMostWaiting);
  for (int i = 0; i < 300; ++i, ++number_)
    source_->take({"alpha", {number_, 7, {}}, {number_, 7, {}}});
  for (int i = 0; i < most - 20; ++i, ++number_) take("alpha", 1);
  for (int i = 0; i < 20; ++i, ++number_) take("alpha", 2);
  look();
  EXPECT_THAT(slower(), ElementsAre("alpha"));
}

// The seconds of an hour before tick `number_`, in which the operation takes a median of a millisecond.
class AfterAnHourTest : public RegressionSourceTest {
 protected:
  AfterAnHourTest() {
    history_file_ = folder_.file("history.db");
    metrics::HistoryResult why;
    const auto writer = metrics::HistoryWriter::open(history_file_, {}, why);
    EXPECT_EQ(why.message, "");
    const std::uint64_t end = kStart + kUptime;
    metrics::RollupDelta delta;
    delta.position = {7, {1, 2}, end * kNsPerSecond};
    for (std::uint64_t second = end - 3600; second < end; ++second) {
      SimulatedOperation fill{kFill, 1, 20};
      delta.rollups.push_back({kFill, second, 1, requests_.tick_of(fill).tally});
    }
    EXPECT_TRUE(writer->commit({{"alpha", delta}}, end).done());
    watch({"alpha", "beta"});
  }
};

TEST_F(AfterAnHourTest, ABridgeThatIsStartedAgainKnowsWhatIsUsual) {
  begin();
  run(20, {{"alpha", 2}, {"beta", 2}});
  ASSERT_THAT(slower(), ElementsAre("alpha")) << "of the other one there is no history";
  const Condition& alpha = conditions_[0];
  EXPECT_NEAR(static_cast<double>(alpha.since_ns),
              static_cast<double>((kStart + kUptime) * kNsPerSecond), 11e9);
  const metrics::OperationShift& fill = alpha.evidence.operations.front();
  EXPECT_NEAR(fill.before, 1e6, 0.1e6);
  EXPECT_NEAR(fill.after, 2e6, 0.2e6);
  EXPECT_EQ(fill.count_before, 96U * 100);
}

TEST_F(AfterAnHourTest, WithoutTheHistoryItDoesNot) {
  history_file_.clear();
  begin();
  run(20, {{"alpha", 2}});
  EXPECT_THAT(slower(), IsEmpty());
}

TEST_F(AfterAnHourTest, TheHourIsReadOnce) {
  begin();
  run(1, {{"alpha", 1}});
  std::filesystem::remove(history_file_);
  run(200, {{"alpha", 1}});
  run(20, {{"alpha", 2}});
  EXPECT_THAT(slower(), ElementsAre("alpha"));
}

class PinnedSourceTest : public RegressionSourceTest {
 protected:
  PinnedSourceTest() { pinned_ = {folder_.path(), "release"}; }
  void save() {
    metrics::ObservationBuilder builder(0, 1800);
    builder.observed(0, 1800 * kNsPerSecond);
    for (std::uint64_t second = 0; second < 1800; ++second) {
      SimulatedOperation fill{kFill, 1, 20};
      builder.add(kFill, second, requests_.tick_of(fill).tally);
    }
    const metrics::Baseline baseline{"release", "", 1, std::move(builder).finish()};
    EXPECT_TRUE(
        metrics::BaselineStore(folder_.path()).save(baseline, metrics::IfThere::replace).done());
  }
};

TEST_F(PinnedSourceTest, ThePinnedSessionIsComparedWithEachInstance) {
  save();
  watch({"alpha", "beta"});
  begin();
  const std::uint64_t began = number_;
  run(400, {{"alpha", 1.5}, {"beta", 1}});
  ASSERT_THAT(conditions_, SizeIs(1));
  EXPECT_EQ(conditions_[0].rule, AlertRule::slower_than_pinned);
  EXPECT_EQ(conditions_[0].instance, "alpha");
  // A block of three ticks in which it could be compared for the first time.
  const std::uint64_t began_seconds = kStart + began * kTickSeconds;
  EXPECT_GE(conditions_[0].since_ns, (began_seconds - 10) * kNsPerSecond);
  EXPECT_LE(conditions_[0].since_ns, (began_seconds + 1800) * kNsPerSecond);
  EXPECT_EQ((conditions_[0].since_ns / kNsPerSecond - kStart) % kTickSeconds, 0U)
      << "with a tick's beginning";
}

TEST_F(PinnedSourceTest, WithoutItsFileNothingIsSaid) {
  watch({"alpha"});
  begin();
  testing::internal::CaptureStderr();
  run(20, {{"alpha", 1.5}});
  EXPECT_THAT(testing::internal::GetCapturedStderr(),
              testing::HasSubstr("pinned_baseline_not_read"));
  EXPECT_THAT(conditions_, IsEmpty());
}

// From a daemon's records to what is said of them.
TEST(RegressionsOfASegment, AreNoticedByTheBridge) {
  const std::string name = metrics::unique_instance();
  metrics::TestSegment segment(name, {{1, 4096}});
  Instances instances({name});
  RegressionSource source([&] { return instances.latest(); }, {}, {});
  std::vector<std::uint64_t> numbers;
  instances.on_tick([&](const std::string& instance, metrics::Tick daemon, metrics::Tick outer) {
    numbers.push_back(daemon.number);
    EXPECT_EQ(outer.number, daemon.number);
    source.take({instance, std::move(daemon), std::move(outer)});
  });
  metrics::Time now = metrics::Time::now();
  std::vector<Condition> conditions;
  const auto run = [&](int seconds, double factor) {
    for (int i = 0; i < seconds; ++i) {
      for (std::uint64_t n = 0; n < 10; ++n) {
        const double spread =
            0.5 + 0.1 * static_cast<double>((n + static_cast<std::uint64_t>(i)) % 10);
        segment.publish("ping", now.monotonic_ns + n,
                        static_cast<std::uint64_t>(1e6 * factor * spread));
      }
      now.monotonic_ns += kNsPerSecond;
      now.realtime_ns += kNsPerSecond;
      instances.sweep(now);
      conditions = source.look(now);
    }
  };
  run(760 * 5, 1);
  EXPECT_THAT(conditions, IsEmpty());
  ASSERT_GE(numbers.size(), 750U);
  for (std::size_t i = 1; i < numbers.size(); ++i) ASSERT_EQ(numbers[i], numbers[i - 1] + 1);
  const std::uint64_t changed_ns = now.realtime_ns;
  run(60, 1.5);
  ASSERT_THAT(conditions, SizeIs(1));
  EXPECT_EQ(conditions[0].instance, name);
  EXPECT_EQ(conditions[0].evidence.operations.front().key,
            (OperationKey{"2-layer", "mcp", "daemon", "ping"}));
  EXPECT_NEAR(static_cast<double>(conditions[0].since_ns), static_cast<double>(changed_ns), 10e9);
  shm::remove_segment_of(name);
}

}  // namespace
}  // namespace goxel_telemetry::http_bridge
