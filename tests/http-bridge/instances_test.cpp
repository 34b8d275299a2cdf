// SPDX-License-Identifier: GPL-3.0-or-later
// What is watched, and when it is noticed. Time and the list of what is on the machine are the
// test's own.
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

  Instances::List machine() {
    return [this] { return on_machine_; };
  }

  std::vector<std::string> on_machine_;  // sorted
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
  Instances instances({}, machine());
  instances.sweep(now_);
  const std::string name = new_name();
  TestSegment segment(name);
  on_machine_ = {name};
  instances.sweep(now_);
  EXPECT_TRUE(instances.latest()->instances.empty());
  pass_one_second();
  instances.sweep(now_);
  ASSERT_EQ(instances.latest()->instances.size(), 1u);
  EXPECT_EQ(instances.latest()->instances[0].daemon.state, ProducerState::live);
}

TEST_F(InstancesTest, WithoutNamesItLooksAtTheMachine) {
  const std::string name = new_name();
  TestSegment segment(name);
  Instances instances({});
  instances.sweep(now_);
  EXPECT_NE(find(*instances.latest(), name), nullptr);
}

TEST_F(InstancesTest, InstanceWhoseSegmentIsGoneStaysKnown) {
  const std::string name = new_name();
  TestSegment segment(name);
  on_machine_ = {name};
  Instances instances({}, machine());
  instances.sweep(now_);
  ASSERT_TRUE(any_live(*instances.latest()));
  segment.retire();
  remove(name);
  on_machine_.clear();
  pass_one_second();
  instances.sweep(now_);
  EXPECT_EQ(instances.latest()->instances.size(), 1u);
  EXPECT_FALSE(any_live(*instances.latest()));
}

TEST_F(InstancesTest, InstancesAreSortedByName) {
  Instances instances({"c", "a", "b"});
  instances.sweep(now_);
  std::vector<std::string> names;
  for (const auto& snapshot : instances.latest()->instances) names.push_back(snapshot.instance);
  EXPECT_THAT(names, testing::ElementsAre("a", "b", "c"));
}

TEST_F(InstancesTest, WatchesNoMoreThanItsLimitAndSaysHowManyAreLeftOut) {
  for (std::size_t i = 0; i < Instances::kMostWatched + 2; ++i) {
    on_machine_.push_back("i" + std::to_string(100 + i));
  }
  Instances instances({}, machine());
  instances.sweep(now_);
  EXPECT_EQ(instances.latest()->instances.size(), Instances::kMostWatched);
  EXPECT_EQ(instances.latest()->instances_left_out, 2u);
}

// Otherwise a bridge that has seen 32 names would be blind to the next. A live one keeps its place.
TEST_F(InstancesTest, InstanceThatIsGoneMakesRoomForANewOne) {
  const std::string live = new_name();
  TestSegment segment(live);
  on_machine_ = {live};
  for (std::size_t i = 1; i < Instances::kMostWatched; ++i) {
    on_machine_.push_back("z" + std::to_string(100 + i));
  }
  Instances instances({}, machine());
  instances.sweep(now_);
  ASSERT_EQ(instances.latest()->instances.size(), Instances::kMostWatched);

  on_machine_ = {"a"};
  pass_one_second();
  instances.sweep(now_);
  EXPECT_EQ(instances.latest()->instances.size(), Instances::kMostWatched);
  EXPECT_NE(find(*instances.latest(), "a"), nullptr);
  EXPECT_NE(find(*instances.latest(), live), nullptr);
}

// Who asks right after the start is not told that there is no daemon.
TEST_F(InstancesTest, HasLookedOnceItIsStarted) {
  const std::string name = new_name();
  const TestSegment segment(name);
  Instances instances({name});
  instances.start();
  ASSERT_EQ(instances.latest()->instances.size(), 1u);
  EXPECT_EQ(instances.latest()->instances[0].daemon.state, ProducerState::live);
}

TEST_F(InstancesTest, ThreadSweepsByItself) {
  const std::string name = new_name();
  TestSegment segment(name);
  Instances instances({name});
  instances.start();
  segment.publish("ping", shm::monotonic_ns(), 1'000);
  const auto read = [&instances] { return instances.latest()->instances.at(0).ring.read; };
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (read() == 0 && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
  EXPECT_EQ(read(), 1u);
}

TEST_F(InstancesTest, OuterLayersAreWatchedWithTheirDaemon) {
  const std::string name = new_name();
  names_.push_back(shm::layers_instance(name));
  const TestSegment outer(names_.back());
  on_machine_ = {names_.back()};
  Instances instances({}, machine());
  instances.sweep(now_);
  ASSERT_EQ(instances.latest()->instances.size(), 1u);
  EXPECT_EQ(instances.latest()->instances[0].instance, name);
  EXPECT_EQ(instances.latest()->instances[0].daemon.state, ProducerState::absent);
  const TestSegment daemon(name);
  on_machine_ = {name, names_.back()};
  pass_one_second();
  instances.sweep(now_);
  ASSERT_EQ(instances.latest()->instances.size(), 1u);
  EXPECT_EQ(instances.latest()->instances[0].daemon.state, ProducerState::live);
  EXPECT_EQ(instances.latest()->layers.at(0)->outer_state, ProducerState::live);
}

}  // namespace
}  // namespace goxel_telemetry::http_bridge
