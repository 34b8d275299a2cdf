// SPDX-License-Identifier: GPL-3.0-or-later
// A follower outlives the daemons that it follows.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <csignal>

#include <functional>

#include "metrics/live/follower.h"
#include "metrics/live/instances_here.h"
#include "shm/reader.h"
#include "tests/metrics/test_segment.h"

namespace goxel_telemetry::metrics {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;

class FollowerRunsTest : public FollowerTest {
 protected:
  // A daemon in a process of its own that does `work` and is then killed where it stands.
  void run_and_kill(const std::function<void(TestSegment&)>& work) {
    int ready[2];
    ASSERT_EQ(pipe(ready), 0);
    const pid_t child = fork();
    if (child == 0) {
      TestSegment segment(instance_);
      work(segment);
      static_cast<void>(!write(ready[1], "x", 1));
      while (true) pause();
    }
    close(ready[1]);
    char byte = 0;
    ASSERT_EQ(read(ready[0], &byte, 1), 1) << "the child could not make its segment";
    close(ready[0]);
    kill(child, SIGKILL);
    ASSERT_EQ(waitpid(child, nullptr, 0), child);
  }

  // Far enough for the follower to look at the process and the name again.
  void let_it_look() {
    now_.monotonic_ns += 200'000'000;
    now_.realtime_ns += 200'000'000;
  }
};

TEST_F(FollowerRunsTest, ADaemonThatComesIsPickedUpWithinASecond) {
  EXPECT_EQ(look().daemon.state, shm::ProducerState::absent);
  TestSegment segment(instance_);
  let_it_look();
  const Snapshot snapshot = look();
  EXPECT_EQ(snapshot.daemon.state, shm::ProducerState::live);
  EXPECT_EQ(snapshot.daemon.message, "");
  EXPECT_EQ(snapshot.daemon.runs_seen, 1u);
}

TEST_F(FollowerRunsTest, TheNameIsNotLookedAtMoreThanFiveTimesASecond) {
  look();
  TestSegment segment(instance_);
  now_.monotonic_ns += 199'999'999;
  EXPECT_EQ(look().daemon.state, shm::ProducerState::absent);
  now_.monotonic_ns += 1;
  EXPECT_EQ(look().daemon.state, shm::ProducerState::live);
}

// What is no longer in any segment: somebody who looks once a second has seen neither end nor gap.
TEST_F(FollowerRunsTest, HowEachRunEndedIsKnownAfterTheNextOneBegan) {
  const std::uint64_t began = now_.realtime_ns;
  const auto one_request = [this](TestSegment& segment) {
    shm::InflightEntry entry{};
    entry.operation = shm::names::kBatch;
    entry.layer = shm::names::kDaemon;
    entry.since_ticks = now_.monotonic_ns;
    segment.hold(0, entry);
    segment.header().heartbeat_ns = now_.monotonic_ns + 3 * kSecond;
  };
  run_and_kill(one_request);
  pass(5);
  EXPECT_TRUE(look().daemon.ended_runs.empty());
  auto second = std::make_unique<TestSegment>(instance_);
  let_it_look();
  SharedList<EndedRun> ended = look().daemon.ended_runs;
  ASSERT_THAT(ended, SizeIs(1));
  EXPECT_EQ(ended[0].number, 1U);
  EXPECT_EQ(ended[0].state, shm::ProducerState::dead);
  EXPECT_EQ(ended[0].last_sign_of_life_realtime_ns, began + 3 * kSecond);
  ASSERT_THAT(ended[0].inflight, SizeIs(1));
  EXPECT_EQ(ended[0].inflight[0].operation, "_BATCH");
  EXPECT_EQ(ended[0].inflight[0].age_ns, 3 * kSecond) << "it stopped aging when the daemon died";

  second->retire();
  for (int run = 0; run < 5; ++run) {
    run_and_kill([](TestSegment&) {});
    let_it_look();
    look();
  }
  const Snapshot snapshot = look();
  EXPECT_EQ(snapshot.daemon.runs_seen, 7U);
  ended = snapshot.daemon.ended_runs;
  ASSERT_THAT(ended, SizeIs(4)) << "the last of them";
  for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(ended[i].number, 3 + i);
  EXPECT_NE(ended[3].pid, ended[2].pid);
}

TEST_F(FollowerRunsTest, AnOrderlyEndIsKnownAfterTheNextRunBegan) {
  run_and_kill([](TestSegment& segment) { segment.retire(); });
  look();
  TestSegment next(instance_);
  let_it_look();
  const SharedList<EndedRun> ended = look().daemon.ended_runs;
  ASSERT_THAT(ended, SizeIs(1));
  EXPECT_EQ(ended[0].state, shm::ProducerState::retired);
}

TEST_F(FollowerRunsTest, AKilledDaemonsSegmentIsItsBlackBox) {
  run_and_kill([this](TestSegment& segment) {
    segment.publish("goxel.export_model", now_.monotonic_ns, 1'000);
    shm::InflightEntry entry{};
    entry.operation = shm::names::kBatch;
    entry.layer = shm::names::kDaemon;
    entry.stack = shm::names::kFourLayer;
    entry.connection = 5;
    entry.since_ticks = now_.monotonic_ns;
    segment.hold(0, entry);
    segment.header().heartbeat_ns = now_.monotonic_ns + 3 * kSecond;
  });
  pass(3'600);
  const Snapshot snapshot = look();
  EXPECT_EQ(snapshot.daemon.state, shm::ProducerState::dead);
  EXPECT_THAT(snapshot.daemon.message, HasSubstr("killed or crashed"));
  EXPECT_EQ(find(snapshot, "goxel.export_model")->total.ok, 1u);
  ASSERT_THAT(snapshot.inflight, SizeIs(1));
  EXPECT_EQ(snapshot.inflight[0].operation, "_BATCH");
  EXPECT_EQ(snapshot.inflight[0].age_ns, 3 * kSecond) << "it stopped aging when the daemon died";
  EXPECT_LT(snapshot.daemon.uptime_seconds, 60) << "how long it lived";
  EXPECT_FALSE(snapshot.process.resident_bytes);
}

// A daemon makes its segment anew if somebody removes it.
TEST_F(FollowerRunsTest, ADaemonThatMakesItsSegmentAnewHasNotBegunAnew) {
  TestSegment first(instance_);
  pass(1);
  const std::uint64_t began = look().daemon.started_realtime_ns;
  shm::remove_segment(instance_, first.header().run_id);
  TestSegment second(instance_);
  pass(1);
  const Snapshot snapshot = look();
  EXPECT_EQ(snapshot.daemon.run_id, second.header().run_id);
  EXPECT_EQ(snapshot.daemon.started_realtime_ns, began);
  EXPECT_EQ(snapshot.daemon.runs_seen, 1U);
  EXPECT_TRUE(snapshot.daemon.ended_runs.empty());
}

// Its process lives on, but nobody can know what became of it.
TEST_F(FollowerRunsTest, ARunWhoseSegmentWasRemovedHasNoKnownEnd) {
  TestSegment first(instance_);
  look();
  shm::remove_segment(instance_, first.header().run_id);
  run_and_kill([](TestSegment&) {});
  let_it_look();
  const Snapshot snapshot = look();
  EXPECT_EQ(snapshot.daemon.runs_seen, 2U);
  EXPECT_TRUE(snapshot.daemon.ended_runs.empty());
}

// Its heartbeat comes once a second: a request may have ended after the last one.
TEST_F(FollowerRunsTest, ADaemonLivedUntilItsLastRecordIfThatEndedAfterItsHeartbeat) {
  run_and_kill([this](TestSegment& segment) {
    shm::InflightEntry entry{};
    entry.operation = shm::names::kBatch;
    entry.layer = shm::names::kDaemon;
    entry.since_ticks = now_.monotonic_ns;
    segment.hold(0, entry);
    segment.header().heartbeat_ns = now_.monotonic_ns + kSecond;
    segment.publish("ping", now_.monotonic_ns + 4 * kSecond, 1'000);
    segment.publish("ping", now_.monotonic_ns + 2 * kSecond, 1'000);
  });
  const std::uint64_t began = now_.realtime_ns;
  now_.monotonic_ns += 60 * kSecond;
  now_.realtime_ns += 60 * kSecond;
  const Snapshot snapshot = look();
  EXPECT_EQ(snapshot.daemon.state, shm::ProducerState::dead);
  ASSERT_THAT(snapshot.inflight, SizeIs(1));
  EXPECT_EQ(snapshot.inflight[0].age_ns, 4 * kSecond);
  EXPECT_EQ(last_sign_of_life_ns(snapshot), began + 4 * kSecond);
}

TEST_F(FollowerRunsTest, ADaemonLivedUntilItsHeartbeatIfNoRecordCameAfterThat) {
  run_and_kill([this](TestSegment& segment) {
    segment.publish("ping", now_.monotonic_ns, 1'000);
    segment.header().heartbeat_ns = now_.monotonic_ns + 3 * kSecond;
  });
  const auto expected = static_cast<double>(now_.realtime_ns + 3 * kSecond);
  now_.monotonic_ns += 60 * kSecond;
  now_.realtime_ns += 60 * kSecond;
  EXPECT_NEAR(static_cast<double>(last_sign_of_life_ns(look())), expected, 1'000);
}

TEST_F(FollowerRunsTest, AClockThatGoesBackDoesNotKeepItFromLooking) {
  look();
  now_.monotonic_ns -= 50 * kSecond;
  TestSegment segment(instance_);
  EXPECT_EQ(look().daemon.state, shm::ProducerState::live);
}

TEST_F(FollowerRunsTest, ARestartIsFollowedAndTotalsGoOn) {
  run_and_kill([this](TestSegment& segment) {
    for (int i = 0; i < 3; ++i) segment.publish("ping", now_.monotonic_ns, 1'000);
  });
  const Snapshot dead = look();
  EXPECT_EQ(dead.daemon.state, shm::ProducerState::dead);

  TestSegment next(instance_);
  next.operation("something else first");  // ids mean other names now
  next.publish("ping", now_.monotonic_ns, 1'000);
  let_it_look();
  const Snapshot live = look();
  EXPECT_EQ(live.daemon.state, shm::ProducerState::live);
  EXPECT_NE(live.daemon.run_id, dead.daemon.run_id);
  EXPECT_EQ(live.daemon.runs_seen, 2u);
  EXPECT_EQ(live.daemon.run_total.ok, 1u) << "of this run";
  EXPECT_EQ(live.ring.published, 4u) << "of all runs";
  EXPECT_EQ(live.ring.read, 4u) << "of all runs";
  EXPECT_EQ(find(live, "ping")->total.ok, 4u) << "of all runs";
  ASSERT_THAT(live.operations, SizeIs(1));
}

// The race, step by step: while the follower hears of a record in the second lane, the daemon
// publishes once more in the first one, which this sweep has left behind, and ends.
TEST_F(FollowerRunsTest, WhatADaemonPublishedJustBeforeItEndedIsTakenIn) {
  TestSegment segment(instance_);
  look();
  segment.use_lane(1);
  segment.publish("ping", now_.monotonic_ns, 1'000);
  follower_.on_record([&](const NamedRecord& record) {
    if (record.operation != "ping") return;
    segment.use_lane(0);
    segment.publish("last words", now_.monotonic_ns, 1'000);
    segment.retire();
  });
  let_it_look();
  const Snapshot snapshot = look();
  EXPECT_EQ(snapshot.daemon.state, shm::ProducerState::retired);
  EXPECT_NE(find(snapshot, "last words"), nullptr);
}

TEST_F(FollowerRunsTest, WhatADaemonPublishedJustBeforeItWasReplacedIsTakenIn) {
  TestSegment old(instance_);
  look();
  old.use_lane(1);
  old.publish("ping", now_.monotonic_ns, 1'000);
  std::unique_ptr<TestSegment> next;
  follower_.on_record([&](const NamedRecord& record) {
    if (record.operation != "ping") return;
    old.use_lane(0);
    old.publish("last words", now_.monotonic_ns, 1'000);
    old.retire();
    next = std::make_unique<TestSegment>(instance_);
    next->publish("first words", now_.monotonic_ns, 1'000);
  });
  let_it_look();
  const Snapshot snapshot = look();
  EXPECT_NE(find(snapshot, "last words"), nullptr);
  EXPECT_NE(find(snapshot, "first words"), nullptr);
  EXPECT_EQ(snapshot.daemon.run_id, next->header().run_id);
}

// Other instances may exist at the same time, so a test can only say which are not chosen.
TEST_F(FollowerRunsTest, WhereADaemonLivesOneThatEndedIsNoChoice) {
  TestSegment segment(instance_);
  segment.retire();
  const std::string live_instance = unique_instance();
  TestSegment live(live_instance);
  const InstanceChoice choice = only_instance();
  EXPECT_NE(choice.instance, instance_);
  EXPECT_THAT(choice.message + ',', Not(HasSubstr(instance_ + ',')));
  EXPECT_THAT(choice.message, Not(HasSubstr(instance_ + ')')));
  EXPECT_NE(choice.instance.empty(), choice.message.empty());
  shm::remove_segment(live_instance, live.header().run_id);
}

TEST_F(FollowerRunsTest, WhatIsNoSegmentIsNoChoiceWhereADaemonLeftOne) {
  TestSegment segment(instance_);
  segment.retire();
  const std::string junk = "a-" + unique_instance();  // first by name
  const JunkFile file(junk);
  const InstanceChoice choice = only_instance();
  EXPECT_NE(choice.instance, junk);
  EXPECT_THAT(choice.message, Not(HasSubstr(junk)));
  const auto place_of = [here = instances_here(SIZE_MAX)](const std::string& name) {
    return std::find_if(here.begin(), here.end(),
                        [&](const InstanceHere& one) { return one.name == name; }) -
           here.begin();
  };
  EXPECT_LT(place_of(instance_), place_of(junk));
  EXPECT_LE(instances_here(1).size(), 1u);
}

TEST_F(FollowerRunsTest, AnOrderlyEndIsDistinguishedFromACrash) {
  TestSegment segment(instance_);
  look();
  segment.publish("ping", now_.monotonic_ns, 1'000);
  segment.retire();
  let_it_look();
  const Snapshot snapshot = look();
  EXPECT_EQ(snapshot.daemon.state, shm::ProducerState::retired);
  EXPECT_THAT(snapshot.daemon.message, HasSubstr("orderly"));
  EXPECT_EQ(find(snapshot, "ping")->total.ok, 1u);
}

TEST_F(FollowerRunsTest, ASegmentWhoseNameWasTakenAwayIsReadOn) {
  TestSegment segment(instance_);
  look();
  shm::remove_segment(instance_, segment.header().run_id);
  segment.publish("ping", now_.monotonic_ns, 1'000);
  let_it_look();
  const Snapshot snapshot = look();
  EXPECT_EQ(snapshot.daemon.state, shm::ProducerState::live);
  EXPECT_EQ(find(snapshot, "ping")->total.ok, 1u);
}

TEST_F(FollowerRunsTest, AnOverwrittenSegmentIsGivenUpUntilANewOneComes) {
  {
    TestSegment segment(instance_);
    segment.publish("ping", now_.monotonic_ns, 1'000);
    look();
    segment.header().magic = 0xDEAD;
    let_it_look();
    const Snapshot snapshot = look();
    EXPECT_EQ(snapshot.daemon.state, shm::ProducerState::unusable);
    EXPECT_THAT(snapshot.daemon.message, HasSubstr(instance_));
    EXPECT_EQ(find(snapshot, "ping")->total.ok, 1u) << "what was counted stays";
  }
  shm_unlink(("/goxel-telemetry." + instance_).c_str());
  TestSegment next(instance_);
  let_it_look();
  EXPECT_EQ(look().daemon.state, shm::ProducerState::live);
}

TEST_F(FollowerRunsTest, ASegmentWhosePagesAreTakenAwayIsGivenUp) {
  TestSegment segment(instance_);
  segment.publish("ping", now_.monotonic_ns, 1'000);
  look();
  const std::string path = "/dev/shm/goxel-telemetry." + instance_;
  const int object = open(path.c_str(), O_RDWR);
  const auto size = static_cast<off_t>(segment.header().segment_bytes);
  ASSERT_EQ(fallocate(object, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, size - 4096, 4096), 0);
  let_it_look();
  const Snapshot snapshot = look();
  EXPECT_EQ(snapshot.daemon.state, shm::ProducerState::unusable);
  EXPECT_EQ(find(snapshot, "ping")->total.ok, 1u) << "what was counted stays";
  close(object);
  shm_unlink(("/goxel-telemetry." + instance_).c_str());
}

// As if its time were up before it begins: a sweep reads a little then.
TEST_F(FollowerRunsTest, ASweepWithoutTimeGoesOnAtTheNextAndForgetsNothing) {
  constexpr std::uint64_t kRecords = 6 * shm::kRecordsBetweenLooks;
  const std::vector<shm::LaneTier> tiers = {{1, 2048}};
  follower_.keep_rollups();
  TestSegment old(instance_, tiers);
  const auto publish_all = [this](TestSegment& segment) {
    for (std::uint64_t i = 0; i < kRecords; ++i) {
      segment.publish("ping", now_.monotonic_ns, 1'000);
    }
  };
  publish_all(old);
  const auto look_in_a_hurry = [this] {
    follower_.sweep(now_, 0);
    return follower_.snapshot(now_);
  };
  EXPECT_EQ(look_in_a_hurry().ring.read, shm::kRecordsBetweenLooks);
  old.retire();
  TestSegment next(instance_, tiers);
  publish_all(next);
  Snapshot snapshot;
  for (int i = 0; i < 20; ++i) {
    let_it_look();
    snapshot = look_in_a_hurry();
  }
  EXPECT_EQ(snapshot.daemon.run_id, next.header().run_id);
  EXPECT_EQ(snapshot.ring.read, 2 * kRecords);
  EXPECT_EQ(snapshot.ring.lost, 0u);
  const RollupDelta delta = follower_.take_rollups();
  std::uint64_t rolled_up = 0;
  for (const Rollup& rollup : delta.rollups) {
    if (rollup.key.operation == "ping") rolled_up += rollup.tally.outcomes.all();
  }
  EXPECT_EQ(rolled_up, 2 * kRecords);
  EXPECT_EQ(delta.lost, 0u);
}

// What is read a second time only fills windows: a hand-out meanwhile must not say that it is new.
TEST_F(FollowerRunsTest, ASweepWithoutTimeDoesNotGoBackBehindThePositionThatItBeganAt) {
  TestSegment segment(instance_);
  for (std::uint32_t lane = 0; lane < 2; ++lane) {
    segment.use_lane(lane);
    for (std::uint64_t i = 0; i < 2 * shm::kRecordsBetweenLooks; ++i) {
      segment.publish("ping", now_.monotonic_ns, 1'000);
    }
  }
  follower_.keep_rollups();
  look();
  const ReadingPosition position = follower_.take_rollups().position;
  Follower restarted(instance_);
  restarted.keep_rollups(position);
  restarted.sweep(now_, 0);
  EXPECT_EQ(restarted.take_rollups().position.lanes, position.lanes);
  for (int i = 0; i < 9; ++i) restarted.sweep(now_, 0);
  const RollupDelta delta = restarted.take_rollups();
  EXPECT_EQ(delta.position.lanes, position.lanes);
  EXPECT_TRUE(delta.rollups.empty());
  EXPECT_EQ(delta.lost, 0u);
}

// A run that was replaced may be published into for ever.
TEST_F(FollowerRunsTest, ARunThatWasReplacedKeepsNoReaderForEver) {
  TestSegment old(instance_);
  look();
  old.retire();
  TestSegment next(instance_);
  const auto is_left = [&] {
    return follower_.snapshot(now_).daemon.run_id == next.header().run_id;
  };
  const auto keep_publishing = [&] {
    for (std::uint64_t i = 0; i < 4 * shm::kRecordsBetweenLooks; ++i) {
      old.publish("ping", now_.monotonic_ns, 1'000);
    }
  };
  int sweeps = 0;
  for (; sweeps < 1'000 && !is_left(); ++sweeps) {
    keep_publishing();
    let_it_look();
    follower_.sweep(now_, 0);
  }
  EXPECT_TRUE(is_left());
}

// A daemon retires a segment that somebody removed, and goes on in the next one.
TEST_F(FollowerRunsTest, DaemonLivesWhileWhatItLeftInTheSegmentBeforeIsStillBeingRead) {
  TestSegment old(instance_);
  look();
  for (std::uint64_t i = 0; i < 4 * shm::kRecordsBetweenLooks; ++i) {
    old.publish("ping", now_.monotonic_ns, 1'000);
  }
  old.retire();
  TestSegment next(instance_);
  let_it_look();
  follower_.sweep(now_, 0);
  const auto is_left = [&] {
    return follower_.snapshot(now_).daemon.run_id == next.header().run_id;
  };
  ASSERT_FALSE(is_left());
  EXPECT_EQ(follower_.state(), shm::ProducerState::live);
  EXPECT_EQ(follower_.message(), "");
  for (int i = 0; i < 10 && !is_left(); ++i) {
    let_it_look();
    follower_.sweep(now_);
  }
  const Snapshot snapshot = follower_.snapshot(now_);
  EXPECT_EQ(snapshot.daemon.run_id, next.header().run_id);
  EXPECT_EQ(find(snapshot, "ping")->total.ok, 4 * shm::kRecordsBetweenLooks);
}

TEST_F(FollowerRunsTest, TimeWithoutADaemonCountsAsCoveredBetweenRuns) {
  run_and_kill([this](TestSegment& segment) {
    for (int i = 0; i < 30; ++i) segment.publish("ping", now_.monotonic_ns, 1'000);
  });
  look();
  pass(31);
  const WindowStats minute = look().daemon.window(Window::one_minute);
  EXPECT_NEAR(minute.covered_seconds, 31, 1);
  EXPECT_NEAR(minute.rate_per_second, 30 / minute.covered_seconds, 1e-9);
}

TEST_F(FollowerRunsTest, MovingAFollowerKeepsWhatItKnows) {
  TestSegment segment(instance_);
  segment.publish("ping", now_.monotonic_ns, 1'000);
  look();
  Follower moved = std::move(follower_);
  segment.publish("ping", now_.monotonic_ns, 1'000);
  moved.sweep(now_);
  EXPECT_EQ(find(moved.snapshot(now_), "ping")->total.ok, 2u);
  EXPECT_EQ(moved.instance(), instance_);
}

}  // namespace
}  // namespace goxel_telemetry::metrics
