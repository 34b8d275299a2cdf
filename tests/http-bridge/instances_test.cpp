// SPDX-License-Identifier: GPL-3.0-or-later
// What is watched, and when it is noticed. Time and the list of what is on the machine are the
// test's own.
#include "http-bridge/instances.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <deque>
#include <memory>
#include <new>
#include <thread>

#include "metrics/history/reader.h"
#include "shm/reader.h"
#include "tests/metrics/test_segment.h"

namespace goxel_telemetry::http_bridge {
namespace {

using metrics::kSecond;
using metrics::TestSegment;
using shm::ProducerState;

class InstancesTest : public testing::Test {
 protected:
  ~InstancesTest() override {
    for (const std::string& name : names_) shm::remove_segment_of(name);
  }

  std::string new_name() {
    names_.push_back(metrics::unique_instance());
    return names_.back();
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
  metrics::Time now_ = metrics::Time::now();
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
  EXPECT_EQ(metrics::find(instances.latest()->instances[0], "ping")->total.ok, 1u);
}

TEST_F(InstancesTest, NewInstanceCountsFromItsFirstRequestAndAnOldOneFromWhenItIsWatched) {
  const std::string old = new_name();
  TestSegment old_segment(old);
  old_segment.publish("ping", now_.monotonic_ns, 1000);
  on_machine_ = {old};
  now_ = metrics::Time::now();
  Instances instances({}, machine());
  instances.sweep(now_);
  const std::string fresh = new_name();
  TestSegment fresh_segment(fresh);
  on_machine_.push_back(fresh);
  for (TestSegment* segment : {&old_segment, &fresh_segment}) {
    for (int i = 0; i < 2; ++i) segment->publish("ping", now_.monotonic_ns, 1000);
  }
  pass_one_second();
  instances.sweep(now_);
  const auto snapshots = instances.latest();
  for (const std::string& name : {old, fresh}) {
    const metrics::Snapshot* const snapshot = find(*snapshots, name);
    ASSERT_NE(snapshot, nullptr);
    EXPECT_EQ(metrics::find(*snapshot, "ping")->counters.outcomes.ok, 2u) << name;
  }
  EXPECT_NE(metrics::find(*find(*snapshots, fresh), "_MALFORMED"), nullptr)
      << "known before the first one";
}

TEST_F(InstancesTest, WhoListensIsToldOfJoinedOperationsOfAllInstancesAlsoOfThoseThatComeLater) {
  const std::string named = new_name();
  on_machine_ = {named};
  std::vector<std::string> told;
  Instances instances({}, machine());
  instances.export_operations(
      [&](const metrics::Follower& daemon, const metrics::ListenedOperation& joined) {
        told.push_back(daemon.instance() + ' ' + std::to_string(joined.trace_id));
      },
      [&] { return ExportCounts{.sent = told.size()}; });
  TestSegment daemon(named);
  TestSegment outer(shm::layers_instance(named));
  instances.sweep(now_);
  for (const auto& [segment, layer] :
       {std::pair(&daemon, shm::names::kDaemon), {&outer, shm::names::kMcpClient}}) {
    shm::Record record = TestSegment::record(segment->operation("add"), now_.monotonic_ns, 1'000);
    record.layer = layer;
    record.trace_id = 7;
    segment->publish(record);
  }
  for (int i = 0; i < 8; ++i) {
    pass_one_second();
    instances.sweep(now_);
  }
  EXPECT_EQ(told, std::vector<std::string>{named + " 7"});
  EXPECT_EQ(instances.latest()->exported.value().sent, 1u);
  shm::remove_segment_of(shm::layers_instance(named));
}

// Its windows of ten minutes would need more than half a megabyte.
TEST_F(InstancesTest, WindowsOfAllNeedNoMoreMemoryThanThereIsForThem) {
  const std::string name = new_name();
  TestSegment segment(name);
  Instances instances({name}, machine(), Instances::kBudgetNs, 500'000);
  for (int second = 0; second < 600; ++second) {
    for (int i = 0; i < 20; ++i) {
      segment.publish("operation_" + std::to_string(i), now_.monotonic_ns, 1000);
    }
    pass_one_second();
    instances.sweep(now_);
  }
  const metrics::Snapshot& snapshot = instances.latest()->instances[0];
  EXPECT_TRUE(snapshot.windows_shortened);
  const metrics::OperationStats& operation = *metrics::find(snapshot, "operation_3");
  EXPECT_EQ(operation.total.ok, 600u);
  const double covered = operation.window(metrics::Window::fifteen_minutes).covered_seconds;
  EXPECT_GT(covered, 15);
  EXPECT_LT(covered, 500);
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

TEST_F(InstancesTest, LooksForNewOnesOnceASecond) {
  int looks = 0;
  Instances instances({}, [&looks] {
    ++looks;
    return std::vector<std::string>();
  });
  for (int i = 0; i <= 20; ++i) {  // 0 to 2 s
    instances.sweep(now_);
    now_.monotonic_ns += kSecond / 10;
  }
  EXPECT_EQ(looks, 3);
}

TEST_F(InstancesTest, WithoutNamesItLooksAtTheMachine) {
  const std::string name = new_name();
  TestSegment segment(name);
  Instances instances({});
  // Other tests' daemons are there, too, and not all are looked at in one second.
  for (int second = 0; second < 100 && find(*instances.latest(), name) == nullptr; ++second) {
    instances.sweep(now_);
    pass_one_second();
  }
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
  shm::remove_segment_of(name);
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

// Anyone may put files under names like ours: empty ones, ones whose making was cut short, others.
TEST_F(InstancesTest, WhatIsNoSegmentHidesNoDaemonNorDoesWhatOneLeftBehind) {
  for (std::size_t i = 0; i < Instances::kMostWatched; ++i) on_machine_.push_back(new_name());
  std::sort(on_machine_.begin(), on_machine_.end());
  const std::string left_behind = on_machine_.front();
  std::deque<metrics::JunkFile> junk;
  for (const std::string& name : on_machine_) {
    if (name != left_behind) junk.emplace_back(name);
  }
  TestSegment(left_behind).retire();
  Instances instances({}, machine());
  instances.sweep(now_);
  ASSERT_EQ(instances.latest()->instances.size(), Instances::kMostWatched);

  std::vector<std::unique_ptr<TestSegment>> daemons;
  const auto start_one = [&] {
    const std::string name = new_name();
    daemons.push_back(std::make_unique<TestSegment>(name));
    on_machine_.push_back(name);
    std::sort(on_machine_.begin(), on_machine_.end());
    pass_one_second();
    instances.sweep(now_);
    const metrics::Snapshot* const snapshot = find(*instances.latest(), name);
    return snapshot != nullptr && is_live(*snapshot);
  };
  for (std::size_t i = 1; i < Instances::kMostWatched; ++i) EXPECT_TRUE(start_one()) << i;
  EXPECT_NE(find(*instances.latest(), left_behind), nullptr);
  EXPECT_EQ(instances.latest()->instances_left_out, Instances::kMostWatched - 1);
  EXPECT_TRUE(start_one());
  EXPECT_EQ(find(*instances.latest(), left_behind), nullptr);
  EXPECT_FALSE(start_one()) << "32 daemons live";
  EXPECT_EQ(instances.latest()->instances.size(), Instances::kMostWatched);
  EXPECT_EQ(instances.latest()->instances_left_out, Instances::kMostWatched + 1);
}

// Each look is bounded, but all have their turn.
TEST_F(InstancesTest, DaemonAmongAThousandFilesIsFoundInItsTurn) {
  const std::string prefix = metrics::unique_instance();
  for (int i = 0; i < 1000; ++i) on_machine_.push_back(prefix + "-" + std::to_string(1000 + i));
  names_.push_back(on_machine_.back());
  const TestSegment segment(on_machine_.back());
  Instances instances({}, machine());
  int looks = 0;
  const auto found = [&] {
    const metrics::Snapshot* const snapshot = find(*instances.latest(), names_.back());
    return snapshot != nullptr && is_live(*snapshot);
  };
  for (; looks < 20 && !found(); ++looks) {
    pass_one_second();
    instances.sweep(now_);
  }
  EXPECT_TRUE(found());
  EXPECT_GT(looks, 1) << "not all at once";
}

TEST_F(InstancesTest, InstanceThatHasMuchToReadDelaysNoOther) {
  constexpr std::uint64_t kMany = 3 * shm::kRecordsBetweenLooks;
  const std::string busy = new_name();
  const std::string other = new_name();
  TestSegment busy_segment(busy);
  TestSegment other_segment(other);
  Instances instances({busy, other}, shm::list_instances, 0);  // no time: each has its turn
  instances.sweep(now_);
  for (std::uint64_t i = 0; i < kMany; ++i) busy_segment.publish("ping", now_.monotonic_ns, 1'000);
  other_segment.publish("ping", now_.monotonic_ns, 1'000);
  const auto read = [&](const std::string& name) {
    return find(*instances.latest(), name)->ring.read;
  };
  instances.sweep(now_);
  EXPECT_EQ(instances.latest()->instances.size(), 2u) << "what was known of the other stands";
  EXPECT_EQ(instances.latest()->layers.size(), 2u);
  instances.sweep(now_);
  EXPECT_EQ(read(other), 1u);
  EXPECT_EQ(read(busy), shm::kRecordsBetweenLooks);
  for (int i = 0; i < 4; ++i) instances.sweep(now_);
  EXPECT_EQ(read(busy), kMany);
}

TEST_F(InstancesTest, ThreadOutlivesASweepThatFails) {
  const std::string name = new_name();
  TestSegment segment(name);
  std::atomic<int> looks = 0;
  Instances instances({}, [&]() -> std::vector<std::string> {
    if (++looks == 1) throw std::bad_alloc();
    return {name};
  });
  instances.start();
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (instances.latest()->instances.empty() && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  EXPECT_EQ(instances.latest()->instances.size(), 1u);
}

// Otherwise a client that asks right after the start would be answered that there is no daemon.
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

// Snapshots that nobody asks for are made once a second: these would take two minutes.
TEST_F(InstancesTest, WhoAsksForTheNewestNeedNotWaitForThem) {
  const std::string name = new_name();
  TestSegment segment(name);
  Instances instances({name});
  instances.start();
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  std::uint64_t least_between_ns = UINT64_MAX;
  std::uint64_t before_ns = 0;
  for (std::uint64_t i = 1; i <= 120; ++i) {
    segment.publish("ping", shm::monotonic_ns(), 1'000);
    while (instances.newest()->instances.at(0).ring.read != i) {
      ASSERT_LT(std::chrono::steady_clock::now(), deadline) << i;
    }
    const std::uint64_t taken_ns = instances.newest()->instances.at(0).taken_monotonic_ns;
    if (i > 1) least_between_ns = std::min(least_between_ns, taken_ns - before_ns);
    before_ns = taken_ns;
  }
  EXPECT_LT(least_between_ns, kSecond / 20) << "as long as few ask";
}

// After a hundred in a hurry there are ten a second, and one in 50 ms for whoever asks on: in a second and a half at most
// 100 + 15 + 30.
TEST_F(InstancesTest, ThousandsWhoAskDoNotKeepItBusy) {
  Instances instances({new_name()});
  instances.start();
  std::vector<std::uint64_t> taken;
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (taken.size() < 150 && std::chrono::steady_clock::now() < deadline) {
    const std::uint64_t at = instances.newest()->instances.at(0).taken_monotonic_ns;
    if (taken.empty() || taken.back() != at) taken.push_back(at);
  }
  ASSERT_EQ(taken.size(), 150u);
  EXPECT_GE(taken.back() - taken.front(), kSecond * 3 / 2);
}

TEST_F(InstancesTest, HistoryGetsWhatCameOnceASecond) {
  const std::string name = new_name();
  TestSegment segment(name);
  const std::string file = testing::TempDir() + name + ".db";
  const auto stored = [&]() -> std::uint64_t {
    metrics::HistoryResult why;
    const auto reader = metrics::HistoryReader::open(file, why);
    if (reader == nullptr) return 0;
    metrics::HistoryQuery query;
    query.filter.instance = name;
    query.range = {now_.realtime_ns - 3'600 * kSecond, now_.realtime_ns + kSecond};
    metrics::HistoryAnswer answer;
    return reader->query(query, answer).done() ? answer.whole.outcomes.all() : 0;
  };
  HistoryService history(file, {});
  Instances instances({name});
  instances.keep_history(history);
  const auto sweep_and_commit = [&] {
    segment.publish("ping", now_.monotonic_ns, 1'000);
    instances.sweep(now_);
    history.commit(now_.realtime_ns / kSecond);
    now_.monotonic_ns += kSecond / 4;
    now_.realtime_ns += kSecond / 4;
    return stored();
  };
  std::vector<std::uint64_t> after_each;
  for (int i = 0; i <= 8; ++i) after_each.push_back(sweep_and_commit());  // 0 to 2 s
  EXPECT_THAT(after_each, testing::ElementsAre(1, 1, 1, 1, 5, 5, 5, 5, 9));
  for (const char* suffix : {"", "-wal", "-shm", ".lock"}) std::remove((file + suffix).c_str());
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
