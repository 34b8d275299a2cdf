// SPDX-License-Identifier: GPL-3.0-or-later
// What readers say of each operation since the daemon began: the same, whenever they came and
// whatever they lost. The plugin's totals stand behind it.
#include <gmock/gmock.h>

#include "plugin/fold.h"
#include "tests/metrics/test_segment.h"

namespace goxel_telemetry::metrics {
namespace {

using plugin::Fold;

// A daemon whose first lane has 64 places, and whose plugin counts when the test says so.
class CountingSegment : public TestSegment {
 public:
  explicit CountingSegment(const std::string& instance)
      : TestSegment(instance, {{2, 64}}, 512, Fold::kOperations) {}

  // `count` requests that end now, the plugin counting all of them in time.
  void serve(std::string_view operation, int count, const Time& now,
             shm::Status status = shm::Status::ok) {
    for (int i = 0; i < count; ++i) {
      publish(operation, now.monotonic_ns, 1'000, status);
      if (i % 30 == 29) fold();
    }
    fold();
  }
  void fold() { fold_.run(segment()); }
  Fold& counting() { return fold_; }

 private:
  Fold fold_{segment()};
};

class RunTotals : public FollowerTest {
 protected:
  Snapshot late_look() const {
    Follower late(instance_);
    late.sweep(now_);
    return late.snapshot(now_);
  }
};

TEST_F(RunTotals, AreTheSameForReadersThatCameAtDifferentTimes) {
  CountingSegment segment(instance_);
  look();
  for (int i = 0; i < 10; ++i) {
    segment.serve("ping", 30, now_);
    look();
  }
  segment.serve("add", 7, now_, shm::Status::error);
  segment.serve("add", 2, now_, shm::Status::unanswered);
  segment.serve("add", 100, now_);
  const Snapshot late = late_look();
  EXPECT_EQ(find(late, "ping")->run_total, Outcomes{300});
  EXPECT_EQ(find(late, "ping")->total, Outcomes{}) << "nothing of it is left to read";
  EXPECT_EQ(find(late, "add")->run_total, (Outcomes{100, 7, 2}));
  EXPECT_EQ(late.daemon.run_without_operation, 0u);
  const Snapshot early = look();
  for (const char* name : {"ping", "add"}) {
    EXPECT_EQ(find(early, name)->run_total, find(late, name)->run_total) << name;
  }
  EXPECT_EQ(early.daemon.run_without_operation, 0u);
}

TEST_F(RunTotals, HoldWhatThePluginHasNotCountedYet) {
  CountingSegment segment(instance_);
  segment.serve("ping", 200, now_);
  for (int i = 0; i < 5; ++i) segment.publish("ping", now_.monotonic_ns, 1'000);
  segment.use_lane(1);
  segment.publish("rare", now_.monotonic_ns, 1'000);
  look();
  EXPECT_EQ(find(look(), "ping")->run_total.ok, 205u);
  EXPECT_EQ(find(look(), "rare")->run_total.ok, 1u);
  segment.fold();
  segment.publish("rare", now_.monotonic_ns, 1'000);
  EXPECT_EQ(find(look(), "ping")->run_total.ok, 205u);
  EXPECT_EQ(find(look(), "rare")->run_total.ok, 2u);
}

TEST_F(RunTotals, HoldWhatThisReaderLost) {
  CountingSegment segment(instance_);
  segment.serve("ping", 10, now_);
  look();
  segment.serve("ping", 150, now_);
  segment.serve("rare", 1, now_);
  segment.serve("add", 70, now_);
  segment.publish("add", now_.monotonic_ns, 1'000);
  Snapshot snapshot = look();
  EXPECT_GT(snapshot.ring.lost, 0u);
  EXPECT_EQ(find(snapshot, "ping")->run_total.ok, 160u);
  EXPECT_EQ(find(snapshot, "rare")->run_total.ok, 1u);
  EXPECT_EQ(find(snapshot, "add")->run_total.ok, 71u);
  EXPECT_EQ(snapshot.daemon.run_without_operation, 0u);
  segment.serve("add", 3, now_);
  snapshot = look();
  EXPECT_EQ(find(snapshot, "add")->run_total.ok, 74u);
  EXPECT_EQ(snapshot.daemon.run_without_operation, 0u);
}

// Both go on with record 110 - 64 + 1 = 47. The reader had the first ten before.
TEST_F(RunTotals, WhatNobodyCountedHasNoOperationAndWhatOneReaderKnowsStays) {
  CountingSegment segment(instance_);
  for (int i = 0; i < 10; ++i) segment.publish("ping", now_.monotonic_ns, 1'000);
  look();
  for (int i = 0; i < 100; ++i) segment.publish("ping", now_.monotonic_ns, 1'000);
  Snapshot snapshot = look();
  EXPECT_EQ(find(snapshot, "ping")->run_total.ok, 10u + 63u);
  EXPECT_EQ(snapshot.daemon.run_without_operation, 37u);
  EXPECT_EQ(snapshot.daemon.run_total.ok, 110u);
  segment.fold();
  snapshot = look();
  EXPECT_EQ(find(snapshot, "ping")->run_total.ok, 10u + 63u) << "it never goes back";
  EXPECT_EQ(snapshot.daemon.run_without_operation, 37u);
  const Snapshot late = late_look();
  EXPECT_EQ(find(late, "ping")->run_total.ok, 63u);
  EXPECT_EQ(late.daemon.run_without_operation, 47u);
}

TEST_F(RunTotals, AReaderThatCameInAGapGetsItFromLaterTotals) {
  CountingSegment segment(instance_);
  segment.serve("ping", 20, now_);
  // The plugin counts these just before they are overwritten, and shows it a moment later.
  for (int i = 0; i < 64; ++i) segment.publish("ping", now_.monotonic_ns, 1'000);
  const std::vector<std::byte> before(segment.bytes().begin(), segment.bytes().end());
  segment.fold();
  const std::vector<std::byte> counted(segment.bytes().begin(), segment.bytes().end());
  const std::size_t totals = segment.header().totals_offset;
  std::copy(before.begin() + static_cast<std::ptrdiff_t>(totals), before.end(),
            segment.bytes().begin() + static_cast<std::ptrdiff_t>(totals));
  for (int i = 0; i < 30; ++i) segment.publish("ping", now_.monotonic_ns, 1'000);
  Snapshot snapshot = look();
  EXPECT_EQ(snapshot.daemon.run_without_operation, 114u - 20u - 64u);
  std::copy(counted.begin() + static_cast<std::ptrdiff_t>(totals), counted.end(),
            segment.bytes().begin() + static_cast<std::ptrdiff_t>(totals));
  snapshot = look();
  EXPECT_EQ(find(snapshot, "ping")->run_total.ok, 114u);
  EXPECT_EQ(snapshot.daemon.run_without_operation, 0u);
}

TEST_F(RunTotals, TwoIdsOfOneNameAreOneOperation) {
  CountingSegment segment(instance_);
  const std::uint16_t twin = segment.operation("twin_b");
  segment.serve("twin_a", 70, now_);
  segment.serve("twin_b", 70, now_);
  segment.rename(twin, "twin_a");
  segment.publish(TestSegment::record(twin, now_.monotonic_ns, 1'000));
  EXPECT_EQ(find(look(), "twin_a")->run_total.ok, 141u);
}

TEST_F(RunTotals, BeginAnewWithTheDaemonsNextRun) {
  {
    CountingSegment first(instance_);
    first.serve("ping", 90, now_);
    first.serve("old", 1, now_);
    look();
    first.retire();
  }
  CountingSegment second(instance_);
  second.serve("ping", 3, now_);
  pass(2);  // it looks for another segment five times a second
  const Snapshot snapshot = look();
  EXPECT_EQ(find(snapshot, "ping")->run_total.ok, 3u);
  EXPECT_EQ(find(snapshot, "ping")->total.ok, 63u + 3u) << "of all runs, as far as it was read";
  EXPECT_EQ(find(snapshot, "old")->run_total, Outcomes{});
  EXPECT_EQ(snapshot.daemon.run_total.ok, 3u);
  EXPECT_EQ(snapshot.daemon.run_without_operation, 0u);
}

TEST_F(RunTotals, GoOnInTheSegmentThatTheDaemonMakesAfterItsOwnWasRemoved) {
  auto first = std::make_unique<CountingSegment>(instance_);
  first->serve("ping", 90, now_);
  look();
  first->serve("ping", 10, now_, shm::Status::error);
  shm::remove_segment_of(instance_);
  CountingSegment second(instance_);
  second.operation("ping");  // the plugin copies the names, too
  for (int i = 0; i < 4; ++i) second.publish("ping", now_.monotonic_ns, 1'000);
  first->counting().run(second.segment());
  pass(2);  // it looks for another segment five times a second
  for (const Snapshot& snapshot : {look(), late_look()}) {
    EXPECT_EQ(find(snapshot, "ping")->run_total, (Outcomes{94, 10}));
    EXPECT_EQ(snapshot.daemon.run_total, (Outcomes{94, 10}));
    EXPECT_EQ(snapshot.daemon.run_without_operation, 0u);
    EXPECT_EQ(snapshot.daemon.bytes_in, 104u * 100u);
    EXPECT_EQ(snapshot.daemon.bytes_out, 104u * 50u);
  }
}

TEST_F(RunTotals, OfAProducerWithoutTotalsAreWhatThisReaderRead) {
  TestSegment segment(instance_, {{1, 64}});
  for (int i = 0; i < 100; ++i) segment.publish("ping", now_.monotonic_ns, 1'000);
  look();
  for (int i = 0; i < 80; ++i) segment.publish("ping", now_.monotonic_ns, 1'000);
  const Snapshot snapshot = look();
  // 64 that were there, and 63 of the later ones.
  EXPECT_EQ(find(snapshot, "ping")->run_total.ok, 127u);
  EXPECT_EQ(snapshot.daemon.run_without_operation, 180u - 127u);
  EXPECT_EQ(snapshot.daemon.run_total.ok, 180u);
}

}  // namespace
}  // namespace goxel_telemetry::metrics
