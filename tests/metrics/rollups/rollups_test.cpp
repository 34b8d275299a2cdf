// SPDX-License-Identifier: GPL-3.0-or-later
// What a follower hands out for keeping: every record once, whatever becomes of the readers.
#include <gmock/gmock.h>

#include <map>
#include <random>

#include "tests/metrics/test_segment.h"

namespace goxel_telemetry::metrics {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class RollupsTest : public FollowerTest {
 protected:
  RollupsTest() { follower_.keep_rollups(); }

  RollupDelta take() {
    follower_.sweep(now_);
    return follower_.take_rollups();
  }
  std::uint64_t now_seconds() const { return now_.realtime_ns / kSecond; }

  static std::uint64_t records(const RollupDelta& delta) {
    std::uint64_t sum = 0;
    for (const Rollup& rollup : delta.rollups) sum += rollup.tally.outcomes.all();
    return sum;
  }
};

TEST_F(RollupsTest, AreTalliesOfUnixSecondsAndHandedOutOnce) {
  TestSegment segment(instance_);
  take();
  now_.realtime_ns = 1'700'000'000 * kSecond;
  segment.publish("ping", now_.monotonic_ns, 1'000);
  segment.publish("ping", now_.monotonic_ns, 3'000, shm::Status::error);
  segment.publish("ping", now_.monotonic_ns - 1, 5'000);
  segment.publish("stuck", now_.monotonic_ns, 1, shm::Status::unanswered);
  const RollupDelta delta = take();
  ASSERT_THAT(delta.rollups, SizeIs(3));
  EXPECT_EQ(delta.rollups[0].key, (OperationKey{"2-layer", "mcp", "daemon", "ping"}));
  EXPECT_EQ(delta.rollups[0].begin_seconds, 1'699'999'999u);
  EXPECT_EQ(delta.rollups[0].tally.latency.sum(), 5'000u);
  EXPECT_EQ(delta.rollups[1].begin_seconds, 1'700'000'000u);
  EXPECT_EQ(delta.rollups[1].seconds, 1u);
  EXPECT_EQ(delta.rollups[1].tally.outcomes, (Outcomes{1, 1, 0, 0, 0}));
  EXPECT_EQ(delta.rollups[1].tally.bytes_in, 200u);
  EXPECT_EQ(delta.rollups[1].tally.latency.max(), 3'000u);
  EXPECT_EQ(delta.rollups[2].tally.outcomes.unanswered, 1u);
  EXPECT_EQ(delta.lost, 0u);
  EXPECT_THAT(take().rollups, IsEmpty());

  segment.publish("ping", now_.monotonic_ns - 30 * kSecond, 1'000);
  const RollupDelta late = take();
  ASSERT_THAT(late.rollups, SizeIs(1));
  EXPECT_EQ(late.rollups[0].begin_seconds, 1'699'999'970u) << "a late one finds its second";
}

TEST_F(RollupsTest, InvalidTimesLieBetweenTheEpochAndNow) {
  TestSegment segment(instance_);
  take();
  now_.realtime_ns = 5 * kSecond;  // a machine without a clock
  shm::Record record = TestSegment::record(segment.operation("ping"), now_.monotonic_ns, 0);
  for (const std::uint64_t start : {std::uint64_t{0}, std::uint64_t{1} << 63, UINT64_MAX}) {
    record.start_ticks = start;
    segment.publish(record);
  }
  const RollupDelta delta = take();
  ASSERT_THAT(delta.rollups, SizeIs(2));
  EXPECT_EQ(delta.rollups[0].begin_seconds, 0u);
  EXPECT_EQ(delta.rollups[1].begin_seconds, 5u);
  EXPECT_EQ(delta.rollups[1].tally.outcomes.all(), 2u);
}

TEST_F(RollupsTest, AnotherReaderGoesOnWhereTheFirstOneStopped) {
  TestSegment segment(instance_);
  for (const std::uint32_t lane : {0u, 1u}) {
    segment.use_lane(lane);
    for (int i = 0; i < 5; ++i) segment.publish("before", now_.monotonic_ns, 1'000);
  }
  const RollupDelta first = take();
  EXPECT_EQ(records(first), 10u);
  EXPECT_EQ(first.position.run_id, segment.header().run_id);
  EXPECT_THAT(first.position.lanes, ElementsAre(5, 5));

  pass(20);
  segment.use_lane(1);
  for (int i = 0; i < 3; ++i) segment.publish("after", now_.monotonic_ns, 1'000);
  follower_ = Follower(instance_);
  follower_.keep_rollups(first.position);
  const RollupDelta second = take();
  ASSERT_THAT(second.rollups, SizeIs(1));
  EXPECT_EQ(second.rollups[0].key.operation, "after");
  EXPECT_EQ(second.rollups[0].tally.outcomes.ok, 3u);
  EXPECT_EQ(second.lost, 0u);
  EXPECT_EQ(find(follower_.snapshot(now_), "before")->total.ok, 10u) << "windows hold them all";
  EXPECT_THAT(second.observed,
              ElementsAre(TimeStretch{first.position.until_realtime_ns, now_.realtime_ns}))
      << "the ring kept the time between the readers";
}

TEST_F(RollupsTest, BegunAnewTheyComeFromTheRingsBacklogAndNothingElseCountsTwice) {
  TestSegment segment(instance_);
  for (int i = 0; i < 5; ++i) segment.publish("ping", now_.monotonic_ns, 1'000);
  const RollupDelta first = take();
  for (int i = 0; i < 3; ++i) segment.publish("ping", now_.monotonic_ns, 1'000);
  EXPECT_EQ(records(take()), 3u);
  segment.publish("ping", now_.monotonic_ns, 1'000);
  follower_.keep_rollups(first.position);
  EXPECT_EQ(records(take()), 4u) << "after the position";
  segment.publish("ping", now_.monotonic_ns, 1'000);
  EXPECT_EQ(records(take()), 1u);
  follower_.keep_rollups();
  const RollupDelta all = take();
  EXPECT_EQ(records(all), 10u);
  EXPECT_EQ(all.lost, 0u);
  const Snapshot snapshot = follower_.snapshot(now_);
  EXPECT_EQ(find(snapshot, "ping")->total.ok, 10u);
  EXPECT_EQ(snapshot.ring.read, 10u);
}

TEST_F(RollupsTest, WhatWasOverwrittenBetweenTwoReadersIsLostAndAGap) {
  TestSegment segment(instance_, {{2, 64}});
  segment.publish("ping", now_.monotonic_ns, 1'000);
  const RollupDelta first = take();
  for (std::uint64_t i = 0; i < 100; ++i) {
    pass(1);
    segment.publish("ping", now_.monotonic_ns, 1'000);
  }
  follower_ = Follower(instance_);
  follower_.keep_rollups(first.position);
  const RollupDelta second = take();
  EXPECT_EQ(records(second), 64u);
  EXPECT_EQ(second.lost, 36u);
  EXPECT_THAT(second.observed,
              ElementsAre(TimeStretch{now_.realtime_ns - 63 * kSecond, now_.realtime_ns}));
}

// While the first sweep is in the lane before.
TEST_F(RollupsTest, WhatIsOverwrittenDuringTheFirstSweepIsLostOnlyIfItIsNew) {
  TestSegment segment(instance_, {{2, 64}});
  segment.publish("first", now_.monotonic_ns, 1'000);
  segment.use_lane(1);
  for (int i = 0; i < 64; ++i) segment.publish("old", now_.monotonic_ns, 1'000);
  follower_.on_record([&](const NamedRecord& record) {
    if (record.operation != "first") return;
    for (int i = 0; i < 70; ++i) segment.publish("new", now_.monotonic_ns, 1'000);
  });
  const RollupDelta delta = take();
  EXPECT_EQ(delta.lost, 7u);
  EXPECT_EQ(records(delta), 1u + 63u);
  EXPECT_THAT(delta.position.lanes, ElementsAre(1, 134));
}

TEST_F(RollupsTest, WhatWasOverwrittenBeforeTheFirstReaderIsNotLost) {
  TestSegment segment(instance_, {{2, 64}});
  for (std::uint64_t i = 0; i < 100; ++i) {
    pass(1);
    segment.publish("ping", now_.monotonic_ns, 1'000);
  }
  const RollupDelta delta = take();
  EXPECT_EQ(records(delta), 64u);
  EXPECT_EQ(delta.lost, 0u);
  EXPECT_THAT(delta.observed,
              ElementsAre(TimeStretch{now_.realtime_ns - 63 * kSecond, now_.realtime_ns}));
}

// Of the lanes that were lapped, the one whose oldest record ended last says since when nothing is
// missing. The third lane was not lapped.
TEST_F(RollupsTest, TheGapLastsUntilTheLastLappedLaneIsComplete) {
  TestSegment segment(instance_, {{3, 64}});
  const RollupDelta first = take();
  const auto publish = [&](std::uint32_t lane, std::uint64_t count, std::uint64_t ago) {
    segment.use_lane(lane);
    for (std::uint64_t i = 0; i < count; ++i) {
      segment.publish("ping", now_.monotonic_ns - ago * kSecond, 1'000);
    }
  };
  pass(100);
  publish(0, 65, 40);
  publish(1, 70, 30);
  publish(2, 64, 20);
  follower_ = Follower(instance_);
  follower_.keep_rollups(first.position);
  const RollupDelta second = take();
  EXPECT_EQ(records(second), 3u * 64);
  EXPECT_EQ(second.lost, 1u + 6u);
  EXPECT_THAT(second.observed,
              ElementsAre(TimeStretch{now_.realtime_ns - 30 * kSecond, now_.realtime_ns}));
}

// A clock that went back: what was overwritten seems to have ended before the first reader went.
TEST_F(RollupsTest, WhatTheFirstReaderWatchedTheSecondDoesNotWatchAgain) {
  TestSegment segment(instance_, {{1, 64}});
  pass(100);
  const RollupDelta first = take();
  for (int i = 0; i < 65; ++i) segment.publish("ping", now_.monotonic_ns - 50 * kSecond, 1'000);
  pass(10);
  follower_ = Follower(instance_);
  follower_.keep_rollups(first.position);
  EXPECT_THAT(take().observed,
              ElementsAre(TimeStretch{first.position.until_realtime_ns, now_.realtime_ns}));
}

TEST_F(RollupsTest, OfAnotherRunWhatWasWatchedBeginsWithTheRun) {
  {
    TestSegment segment(instance_);
    take();
    segment.retire();
  }
  pass(100);
  const ReadingPosition early{1, {1, 2}, now_.realtime_ns - 90 * kSecond};
  const ReadingPosition late{1, {1, 2}, now_.realtime_ns - 10 * kSecond};
  TestSegment segment(instance_);
  segment.header().created_monotonic_ns = now_.monotonic_ns - 20 * kSecond;
  segment.publish("ping", now_.monotonic_ns, 1'000);
  const auto since = [this](const ReadingPosition& position) {
    follower_ = Follower(instance_);
    follower_.keep_rollups(position);
    const RollupDelta delta = take();
    EXPECT_EQ(records(delta), 1u);
    EXPECT_THAT(delta.position.lanes, ElementsAre(1, 0));
    EXPECT_THAT(delta.observed, SizeIs(1));
    return now_.realtime_ns - delta.observed.at(0).begin_ns;
  };
  EXPECT_EQ(since(early), 20 * kSecond);
  EXPECT_EQ(since(late), 10 * kSecond) << "until then the run before was watched";
}

TEST_F(RollupsTest, AReaderThatGoesOnAtOnceHasWatchedNothingYet) {
  TestSegment segment(instance_);
  const RollupDelta first = take();
  follower_ = Follower(instance_);
  follower_.keep_rollups(first.position);
  EXPECT_THAT(take().observed, IsEmpty());
}

// Of a clock that is set again and again.
TEST_F(RollupsTest, StretchesAreBoundedAndTheOldestGoFirst) {
  take();
  for (int i = 0; i < 1'100; ++i) {
    now_.monotonic_ns += kSecond;
    now_.realtime_ns += 3 * kSecond;
    follower_.sweep(now_);
  }
  const std::vector<TimeStretch> observed = follower_.take_rollups().observed;
  ASSERT_THAT(observed, SizeIs(1'024));
  EXPECT_EQ(observed.back().end_ns, now_.realtime_ns);
  EXPECT_EQ(observed.front().end_ns, now_.realtime_ns - 1'023 * 3 * kSecond);
}

TEST_F(RollupsTest, OfAnotherRunAllIsNew) {
  RollupDelta first;
  {
    TestSegment segment(instance_);
    segment.publish("old", now_.monotonic_ns, 1'000);
    first = take();
    segment.retire();
  }
  TestSegment segment(instance_);
  segment.publish("new", now_.monotonic_ns, 1'000);
  follower_ = Follower(instance_);
  follower_.keep_rollups(first.position);
  const RollupDelta second = take();
  ASSERT_THAT(second.rollups, SizeIs(1));
  EXPECT_EQ(second.rollups[0].key.operation, "new");
  EXPECT_NE(second.position.run_id, first.position.run_id);
}

TEST_F(RollupsTest, ARestartUnderTheReadersEyesLosesNothing) {
  auto segment = std::make_unique<TestSegment>(instance_);
  segment->publish("old", now_.monotonic_ns, 1'000);
  EXPECT_EQ(records(take()), 1u);
  segment->publish("old", now_.monotonic_ns, 1'000);
  segment->retire();
  segment = std::make_unique<TestSegment>(instance_);
  segment->publish("new", now_.monotonic_ns, 1'000);
  segment->publish("new", now_.monotonic_ns, 1'000);
  now_.monotonic_ns += kSecond / 5;
  now_.realtime_ns += kSecond / 5;
  const RollupDelta delta = take();
  EXPECT_EQ(records(delta), 3u);
  EXPECT_EQ(delta.position.run_id, segment->header().run_id);
  EXPECT_THAT(delta.position.lanes, ElementsAre(2, 0));
  EXPECT_EQ(delta.lost, 0u);
}

TEST_F(RollupsTest, WithoutADaemonThePositionStays) {
  const ReadingPosition position{77, {1, 2, 3}, 5};
  Follower late(instance_);
  late.keep_rollups(position);
  late.sweep(now_);
  pass(3);
  late.sweep(now_);
  const RollupDelta delta = late.take_rollups();
  EXPECT_EQ(delta.position, (ReadingPosition{77, {1, 2, 3}, now_.realtime_ns}));
  ASSERT_THAT(delta.observed, SizeIs(1)) << "nothing happened, but the time was watched";
  EXPECT_EQ(delta.observed[0].end_ns, now_.realtime_ns);
}

TEST_F(RollupsTest, ALappedReaderKnowsHowManyAreMissing) {
  TestSegment segment(instance_, {{1, 64}});
  take();
  for (int i = 0; i < 1'000; ++i) segment.publish("ping", now_.monotonic_ns, 1'000);
  const RollupDelta delta = take();
  EXPECT_EQ(records(delta) + delta.lost, 1'000u);
  EXPECT_GE(delta.lost, 936u);
}

TEST_F(RollupsTest, AClockThatIsSetAndAMachineThatSleptLeaveGaps) {
  take();
  const auto both = [this](std::uint64_t ns) {
    now_.monotonic_ns += ns;
    now_.realtime_ns += ns;
    follower_.sweep(now_);
  };
  const std::uint64_t begin = now_.realtime_ns;
  both(kSecond);
  both(kSecond);
  now_.realtime_ns += 3'600 * kSecond;  // slept
  both(kSecond);
  now_.realtime_ns += 1'000'000;  // slewed
  both(kSecond);
  now_.realtime_ns -= 60 * kSecond;  // set back
  both(kSecond);
  EXPECT_THAT(follower_.take_rollups().observed,
              ElementsAre(TimeStretch{begin, begin + 2 * kSecond},
                          TimeStretch{begin + 3'602 * kSecond, begin + 3'604 * kSecond + 1'000'000},
                          TimeStretch{begin + 3'544 * kSecond + 1'000'000,
                                      begin + 3'545 * kSecond + 1'000'000}));
}

TEST_F(RollupsTest, ASecondThatAClockWasSetBackOverHoldsWhatEndedInItBothTimes) {
  TestSegment segment(instance_);
  take();
  for (const std::uint64_t second : {1'700'000'001u, 1'700'000'000u, 1'700'000'001u}) {
    now_.realtime_ns = second * kSecond;
    now_.monotonic_ns += kSecond;
    segment.publish("ping", now_.monotonic_ns, 1'000);
    follower_.sweep(now_);
  }
  const RollupDelta delta = follower_.take_rollups();
  ASSERT_THAT(delta.rollups, SizeIs(2));
  EXPECT_EQ(delta.rollups[0].begin_seconds, 1'700'000'000u);
  EXPECT_EQ(delta.rollups[0].tally.outcomes.ok, 1u);
  EXPECT_EQ(delta.rollups[1].begin_seconds, 1'700'000'001u);
  EXPECT_EQ(delta.rollups[1].tally.outcomes.ok, 2u);
  EXPECT_EQ(delta.lost, 0u);
}

TEST_F(RollupsTest, AClockThatIsCorrectedBackTakesNothingFromWhatWasWatched) {
  take();
  const std::uint64_t begin = now_.realtime_ns;
  const auto look_after = [this](std::uint64_t ns, std::uint64_t back_ns) {
    now_.monotonic_ns += ns;
    now_.realtime_ns += ns - back_ns;
    follower_.sweep(now_);
  };
  look_after(kSecond, 0);
  look_after(10'000'000, 60'000'000);  // lies within the second that was watched
  EXPECT_THAT(follower_.take_rollups().observed, ElementsAre(TimeStretch{begin, begin + kSecond}));
}

TEST_F(RollupsTest, AStepBackOfTheMonotonicClockIsNotWatched) {
  take();
  now_.monotonic_ns -= 10 * kSecond;
  now_.realtime_ns += kSecond;
  follower_.sweep(now_);
  EXPECT_THAT(follower_.take_rollups().observed, IsEmpty());
  now_.monotonic_ns += kSecond;
  now_.realtime_ns += kSecond;
  follower_.sweep(now_);
  EXPECT_THAT(follower_.take_rollups().observed,
              ElementsAre(TimeStretch{now_.realtime_ns - kSecond, now_.realtime_ns}));
}

TEST_F(RollupsTest, OverflowingOperationsAreOther) {
  TestSegment segment(instance_, {{1, 1024}}, 1024);
  for (int i = 0; i < 600; ++i) {
    segment.publish("operation_" + std::to_string(i), now_.monotonic_ns, 1);
  }
  const RollupDelta delta = take();
  EXPECT_THAT(delta.rollups, SizeIs(513));
  EXPECT_EQ(records(delta), 600u);
}

// Daemons that come and go, readers that come and go and sleep, clocks that are set: all records
// of all runs that some reader could still see are handed out once or counted as lost.
TEST_F(RollupsTest, EveryRecordIsHandedOutOnceOrLost) {
  const std::uint32_t seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  const auto chance = [&random](unsigned one_in) { return random() % one_in == 0; };
  auto segment = std::make_unique<TestSegment>(instance_, std::vector<shm::LaneTier>{{3, 64}});
  std::uint64_t published = 0;
  std::uint64_t handed_out = 0;
  std::uint64_t lost = 0;
  std::map<std::string, std::uint64_t> by_name_published;
  std::map<std::string, std::uint64_t> by_name;
  RollupDelta delta;
  const auto account = [&] {
    delta = take();
    handed_out += records(delta);
    lost += delta.lost;
    for (const Rollup& rollup : delta.rollups) {
      by_name[rollup.key.operation] += rollup.tally.outcomes.all();
    }
  };
  account();
  for (int step = 0; step < 2'000; ++step) {
    for (std::uint64_t i = random() % 20; i > 0; --i) {
      segment->use_lane(static_cast<std::uint32_t>(random() % 3));
      const std::string name = "operation_" + std::to_string(random() % 5);
      segment->publish(name, now_.monotonic_ns, random() % 100'000);
      ++published;
      ++by_name_published[name];
    }
    now_.monotonic_ns += kSecond / 4;
    now_.realtime_ns += chance(50) ? 7 * kSecond : kSecond / 4;
    if (!chance(3)) follower_.sweep(now_);
    if (chance(4)) account();
    if (chance(20)) {
      account();
      follower_ = Follower(instance_);
      follower_.keep_rollups(delta.position);
    }
    if (chance(40)) {
      account();
      segment->retire();
      segment = std::make_unique<TestSegment>(instance_, std::vector<shm::LaneTier>{{3, 64}});
    }
  }
  account();
  EXPECT_EQ(handed_out + lost, published);
  for (const auto& [name, count] : by_name) EXPECT_LE(count, by_name_published[name]);
  EXPECT_GT(handed_out, published / 2);
}

}  // namespace
}  // namespace goxel_telemetry::metrics
