// SPDX-License-Identifier: GPL-3.0-or-later
// What is watched, and when it is noticed. Time is the test's own; other tests' segments may be on
// the machine.
#include "http-bridge/instances.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/metrics/test_segment.h"

namespace goxel_telemetry::http_bridge {
namespace {

using metrics::kSecond;
using metrics::ProducerState;
using metrics::TestSegment;

class InstancesTest : public testing::Test {
 protected:
  ~InstancesTest() override {
    for (const std::string& name : names_) remove(name);
  }

  std::string new_name() {
    names_.push_back(metrics::unique_instance());
    return names_.back();
  }
  static void remove(const std::string& name) {
    const shm::Opened left = shm::open_segment(name);
    if (left.mapping == nullptr) return;
    shm::remove_segment(name,
                        reinterpret_cast<const shm::Header*>(left.mapping->bytes().data())->run_id);
  }
  void pass_one_second() {
    now_.monotonic_ns += kSecond;
    now_.realtime_ns += kSecond;
  }
  static const metrics::Snapshot* find(const Snapshots& snapshots, const std::string& name) {
    for (const metrics::Snapshot& snapshot : snapshots.instances) {
      if (snapshot.instance == name) return &snapshot;
    }
    return nullptr;
  }

  metrics::Collector::Time now_ = metrics::Collector::Time::now();
  std::vector<std::string> names_;
};

TEST_F(InstancesTest, NamedInstanceIsKnownBeforeItExists) {
  const std::string name = new_name();
  Instances instances({name, name});
  EXPECT_TRUE(instances.latest()->instances.empty());
  instances.sweep(now_);
  ASSERT_EQ(instances.latest()->instances.size(), 1u);
  EXPECT_EQ(instances.latest()->instances[0].daemon.state, ProducerState::absent);
  EXPECT_EQ(instances.latest()->taken_realtime_ns, now_.realtime_ns);

  TestSegment segment(name);
  segment.publish("ping", now_.monotonic_ns, 1000);
  pass_one_second();
  instances.sweep(now_);
  EXPECT_EQ(instances.latest()->instances[0].daemon.state, ProducerState::live);
  EXPECT_EQ(instances.latest()->instances[0].operations.size(), 1u);
}

TEST_F(InstancesTest, NewInstanceIsFoundWithinASecond) {
  Instances instances({});
  instances.sweep(now_);
  const std::string name = new_name();
  TestSegment segment(name);
  instances.sweep(now_);
  EXPECT_EQ(find(*instances.latest(), name), nullptr);
  pass_one_second();
  instances.sweep(now_);
  ASSERT_NE(find(*instances.latest(), name), nullptr);
  EXPECT_EQ(find(*instances.latest(), name)->daemon.state, ProducerState::live);
}

TEST_F(InstancesTest, InstanceWhoseSegmentIsGoneStaysKnown) {
  const std::string name = new_name();
  TestSegment segment(name);
  Instances instances({});
  instances.sweep(now_);
  ASSERT_NE(find(*instances.latest(), name), nullptr);
  segment.retire();
  remove(name);
  pass_one_second();
  instances.sweep(now_);
  ASSERT_NE(find(*instances.latest(), name), nullptr);
  EXPECT_FALSE(any_live({0, {*find(*instances.latest(), name)}, 0}));
}

TEST_F(InstancesTest, InstancesAreSortedByName) {
  Instances instances({"c", "a", "b"});
  instances.sweep(now_);
  std::vector<std::string> names;
  for (const auto& snapshot : instances.latest()->instances) names.push_back(snapshot.instance);
  EXPECT_THAT(names, testing::ElementsAre("a", "b", "c"));
}

TEST_F(InstancesTest, WatchesNoMoreThanItsLimitAndSaysHowManyAreLeftOut) {
  std::vector<std::unique_ptr<TestSegment>> segments;
  for (std::size_t i = 0; i < Instances::kMostWatched + 2; ++i) {
    segments.push_back(std::make_unique<TestSegment>(new_name()));
  }
  Instances instances({});
  instances.sweep(now_);
  EXPECT_EQ(instances.latest()->instances.size(), Instances::kMostWatched);
  EXPECT_GE(instances.latest()->instances_left_out, 2u);
}

// Otherwise a bridge that has seen 32 names would be blind to the next.
TEST_F(InstancesTest, InstanceThatIsGoneMakesRoomForANewOne) {
  std::vector<std::unique_ptr<TestSegment>> segments;
  for (std::size_t i = 0; i < Instances::kMostWatched; ++i) {
    segments.push_back(std::make_unique<TestSegment>(new_name()));
  }
  Instances instances({});
  instances.sweep(now_);
  ASSERT_EQ(instances.latest()->instances.size(), Instances::kMostWatched);
  for (auto& segment : segments) segment->retire();
  for (const std::string& name : names_) remove(name);
  pass_one_second();
  instances.sweep(now_);

  const std::string name = new_name();
  TestSegment segment(name);
  pass_one_second();
  instances.sweep(now_);
  EXPECT_NE(find(*instances.latest(), name), nullptr);
  EXPECT_EQ(instances.latest()->instances.size(), Instances::kMostWatched);
}

TEST_F(InstancesTest, ThreadSweepsByItself) {
  const std::string name = new_name();
  TestSegment segment(name);
  Instances instances({name});
  instances.start();
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (instances.latest()->instances.empty() && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::yield();
  }
  EXPECT_EQ(instances.latest()->instances.size(), 1u);
}

}  // namespace
}  // namespace goxel_telemetry::http_bridge
