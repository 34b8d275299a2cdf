// SPDX-License-Identifier: GPL-3.0-or-later
// An instance that is watched for a while, as one side of a comparison.
#include "metrics/sides/live_observer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "metrics/sides/side.h"
#include "tests/metrics/test_segment.h"

namespace goxel_telemetry::metrics {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// The daemon began at a whole second of the realtime clock, and all times are given from then on.
class LiveObserverTest : public FollowerTest {
 protected:
  ~LiveObserverTest() override {
    const std::string outer = shm::layers_instance(instance_);
    const shm::Opened left = shm::open_segment(outer);
    if (left.mapping != nullptr) {
      shm::remove_segment(
          outer, reinterpret_cast<const shm::Header*>(left.mapping->bytes().data())->run_id);
    }
  }

  void at(double seconds) {
    const auto ns = static_cast<std::uint64_t>(seconds * 1e9);
    now_ = {segment_->created_ns() + ns, kBegan * kSecond + ns};
  }
  void publish(const char* operation, std::uint64_t duration_ns = 1'000) {
    segment_->publish(operation, now_.monotonic_ns, duration_ns);
  }
  static std::vector<std::string> names_of(const Observation& seen) {
    std::vector<std::string> names;
    for (const auto& [key, series] : seen.operations) {
      names.push_back(key.layer + ' ' + key.operation + ' ' +
                      std::to_string(series.total().outcomes.ok));
    }
    return names;
  }
  static std::pair<SideOutcome, std::string> failure_of(LiveObserver& observer) {
    try {
      observer.finish();
    } catch (const SideFailure& failure) {
      return {failure.outcome(), failure.what()};
    }
    return {};
  }

  static constexpr std::uint64_t kBegan = 1'700'000'000;
  std::unique_ptr<TestSegment> segment_ = std::make_unique<TestSegment>(instance_);
  LiveObserver observer_{instance_};
};

TEST_F(LiveObserverTest, SeesWhatTheRingHoldsAndWhatComesUpToTheLastSweep) {
  at(1.5);
  publish("ping");
  at(3);
  observer_.sweep(now_);
  EXPECT_TRUE(observer_.is_live());
  at(4.25);
  publish("ping");
  publish("add");
  observer_.sweep(now_);
  const Observation seen = observer_.finish();
  EXPECT_EQ(seen.begin_seconds, kBegan);
  EXPECT_EQ(seen.block_seconds, 1u);
  EXPECT_THAT(seen.observed_ns, ElementsAre(kSecond, kSecond, kSecond, kSecond, kSecond / 4));
  EXPECT_THAT(names_of(seen), ElementsAre("daemon add 1", "daemon ping 2"));
}

// However long it is watched, its rollups are seconds: it takes them before they are made longer.
TEST_F(LiveObserverTest, TakesInWhatComesWhileItWatches) {
  at(0);
  for (std::uint64_t second = 0; second < 60; ++second) {
    at(static_cast<double>(second) + 0.5);
    for (int i = 0; i < 300; ++i) publish(("operation_" + std::to_string(i)).c_str());
    observer_.sweep(now_);
  }
  const Observation seen = observer_.finish();
  EXPECT_EQ(seen.block_seconds, 1u);
  EXPECT_EQ(seen.observed_ns.size(), 60u);
  ASSERT_EQ(seen.operations.size(), 300u);
  for (const auto& [key, series] : seen.operations) {
    ASSERT_EQ(series.total().outcomes.ok, 60u) << key.operation;
    ASSERT_EQ(series.packed().size(), 60u) << key.operation;
  }
}

TEST_F(LiveObserverTest, HasTheOuterLayersOperationsAndTheDaemonsTime) {
  TestSegment outer(shm::layers_instance(instance_));
  at(2.5);
  publish("ping");
  shm::Record record = TestSegment::record(outer.operation("ping"), now_.monotonic_ns, 2'000);
  record.layer = shm::names::kMcpClient;
  outer.publish(record);
  observer_.sweep(now_);
  const Observation seen = observer_.finish();
  EXPECT_THAT(names_of(seen), ElementsAre("daemon ping 1", "mcp-client ping 1"));
  EXPECT_EQ(seen.begin_seconds, kBegan);
  EXPECT_DOUBLE_EQ(seen.observed_seconds(), 2.5);
}

TEST_F(LiveObserverTest, OfADaemonThatEndedTheTimeEndsWithItsLastSignOfLife) {
  at(2);
  observer_.sweep(now_);
  at(2.5);
  publish("ping");
  segment_->header().heartbeat_ns = now_.monotonic_ns;
  segment_->retire();
  at(9);
  observer_.sweep(now_);
  EXPECT_FALSE(observer_.is_live());
  const Observation seen = observer_.finish();
  EXPECT_EQ(seen.end_seconds(), kBegan + 3);
  EXPECT_NEAR(seen.observed_seconds(), 2.5, 1e-6);
  EXPECT_THAT(names_of(seen), ElementsAre("daemon ping 1"));
}

TEST_F(LiveObserverTest, IsEmptyIfNothingWasAnswered) {
  at(2);
  observer_.sweep(now_);
  const Observation seen = observer_.finish();
  EXPECT_TRUE(seen.operations.empty());
  EXPECT_TRUE(seen.observed_ns.empty());
}

TEST_F(LiveObserverTest, SaysThatThereIsNoDaemon) {
  const std::string no_daemon = unique_instance();
  LiveObserver observer(no_daemon);
  observer.sweep(now_);
  EXPECT_FALSE(observer.is_live());
  EXPECT_EQ(failure_of(observer),
            std::pair(SideOutcome::absent,
                      "no daemon with telemetry has run as instance \"" + no_daemon + '"'));
}

TEST_F(LiveObserverTest, SaysWhyASegmentCannotBeRead) {
  segment_->header().magic = 0xDEAD;
  observer_.sweep(now_);
  const auto [outcome, sentence] = failure_of(observer_);
  EXPECT_EQ(outcome, SideOutcome::unreadable);
  EXPECT_THAT(sentence, HasSubstr(instance_));
  segment_->header().magic = shm::kMagic;
}

}  // namespace
}  // namespace goxel_telemetry::metrics
