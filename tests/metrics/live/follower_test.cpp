// SPDX-License-Identifier: GPL-3.0-or-later
// What a snapshot says of one run of a daemon.
#include "metrics/live/follower.h"

#include <gmock/gmock.h>

#include <sys/mman.h>
#include <unistd.h>

#include <vector>

#include "tests/metrics/test_segment.h"
#include "tests/shm/child.h"

namespace goxel_telemetry::metrics {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

TEST_F(FollowerTest, WithoutADaemonItSaysSo) {
  const Snapshot snapshot = look();
  EXPECT_EQ(snapshot.daemon.state, shm::ProducerState::absent);
  EXPECT_THAT(snapshot.daemon.message, HasSubstr(instance_));
  EXPECT_THAT(snapshot.operations, IsEmpty());
  EXPECT_EQ(snapshot.instance, instance_);
}

TEST_F(FollowerTest, RecordsOfTheLastCompleteSecondAreNow) {
  TestSegment segment(instance_);
  look();
  pass(10);
  for (std::uint64_t i = 1; i <= 100; ++i) {
    segment.publish("goxel.add_voxel", now_.monotonic_ns + i, i * 1000);
  }
  segment.publish("goxel.add_voxel", now_.monotonic_ns + 500, 7'000, shm::Status::error);
  segment.publish("ping", now_.monotonic_ns + 500, 9'000, shm::Status::unanswered);
  pass(1);
  const Snapshot snapshot = look();
  EXPECT_EQ(snapshot.daemon.state, shm::ProducerState::live);
  ASSERT_THAT(snapshot.operations, SizeIs(2));
  const OperationStats& add = *find(snapshot, "goxel.add_voxel");
  EXPECT_EQ(add.key, (OperationKey{"2-layer", "mcp", "daemon", "goxel.add_voxel"}));
  EXPECT_EQ(add.total, (Outcomes{100, 1, 0, 0, 0}));
  EXPECT_EQ(add.counters.exposed.count, 101u);
  EXPECT_EQ(add.counters.error().count, 1u);
  EXPECT_EQ(add.bytes_in, 10'100u);
  const WindowStats& now = add.window(Window::now);
  EXPECT_EQ(now.outcomes, add.total);
  EXPECT_DOUBLE_EQ(now.covered_seconds, 1);
  EXPECT_DOUBLE_EQ(now.rate_per_second, 101);
  EXPECT_EQ(now.latency.count, 101u);
  EXPECT_EQ(now.latency.min_ns, 1'000u);
  EXPECT_EQ(now.latency.max_ns, 100'000u);
  EXPECT_NEAR(static_cast<double>(now.latency.p50_ns), 50'000, 500);
  EXPECT_NEAR(static_cast<double>(now.latency.p90_ns), 90'000, 900);
  EXPECT_NEAR(static_cast<double>(now.latency.p95_ns), 95'000, 950);
  EXPECT_NEAR(static_cast<double>(now.latency.p99_ns), 99'000, 990);
  const OperationStats& ping = *find(snapshot, "ping");
  EXPECT_EQ(ping.window(Window::now).outcomes.unanswered, 1u);
  EXPECT_EQ(ping.window(Window::now).latency.count, 0u) << "an unanswered request has no latency";
  EXPECT_EQ(snapshot.daemon.window(Window::now).outcomes.all(), 102u);
}

TEST_F(FollowerTest, HowFreshItIsCountsFromTheEndsOfRecordsThatCameWhileItWasThere) {
  TestSegment segment(instance_);
  segment.publish("ping", now_.monotonic_ns - 5'000'000, 1'000);
  EXPECT_FALSE(look().freshness.daemon);
  for (std::uint64_t i = 1; i <= 100; ++i) {
    segment.publish("ping", now_.monotonic_ns + i * 100'000, 1'000);
  }
  now_.monotonic_ns += 10'000'000;
  look();
  pass(1);
  const Snapshot snapshot = look();
  ASSERT_TRUE(snapshot.freshness.daemon);
  EXPECT_EQ(snapshot.freshness.daemon->count, 100u);
  EXPECT_EQ(snapshot.freshness.daemon->min_ns, 0u);
  EXPECT_EQ(snapshot.freshness.daemon->max_ns, 9'900'000u);
  EXPECT_NEAR(static_cast<double>(snapshot.freshness.daemon->p99_ns), 9'800'000, 80'000);
  EXPECT_FALSE(snapshot.freshness.outer);
  pass(61);
  EXPECT_FALSE(look().freshness.daemon) << "it is of the last minute";
}

TEST_F(FollowerTest, AnOperationHasTheTargetOfTheDaemonsPresentRun) {
  {
    TestSegment segment(instance_);
    segment.operation("ping", 500);
    look();
    pass(1);
    shm::Record of_client =
        TestSegment::record(segment.operation("ping"), now_.monotonic_ns, 1'000);
    of_client.layer = shm::names::kMcpClient;
    segment.publish(of_client);
    segment.publish("ping", now_.monotonic_ns, 1'000);
    segment.publish("save", now_.monotonic_ns, 1'000);
    // A name that comes late, as in a replay.
    segment.operation("fill", 700);
    segment.publish("fill", now_.monotonic_ns, 1'000);
    pass(1);
    const Snapshot snapshot = look();
    EXPECT_EQ(find(snapshot, "fill")->target_ns, 700'000u);
    EXPECT_EQ(find(snapshot, "save")->target_ns, 0u);
    for (const OperationStats& operation : snapshot.operations) {
      if (operation.key.operation != "ping") continue;
      EXPECT_EQ(operation.target_ns, operation.key.layer == "daemon" ? 500'000u : 0u);
    }
    segment.retire();
  }
  TestSegment restarted(instance_);
  restarted.operation("save", 900);
  pass(1);
  const Snapshot snapshot = look();
  EXPECT_EQ(find(snapshot, "ping")->target_ns, 0u);
  EXPECT_EQ(find(snapshot, "fill")->target_ns, 0u);
  EXPECT_EQ(find(snapshot, "save")->target_ns, 900'000u) << "though it had no request yet";
}

// Anybody can put a segment of outer layers beside a daemon.
TEST_F(FollowerTest, TakesSegmentsOnlyFromThoseWhoMayHaveMadeThem) {
  if (geteuid() != 0) GTEST_SKIP() << "needs root, to be somebody else";
  constexpr uid_t kNobody = 65534;
  const auto made_by = [this](uid_t uid) {
    auto child = std::make_unique<shm::Child>([&](shm::Child::Pipe& pipe) {
      if (setgid(uid) != 0 || setuid(uid) != 0) return;
      const TestSegment segment(instance_);
      pipe.tell(true);
      pipe.wait();
    });
    EXPECT_TRUE(child->hear<bool>());
    return child;
  };
  const auto squatter = made_by(kNobody);
  Follower taken(instance_);
  taken.take_only_from(kNobody, 1);
  taken.sweep(now_);
  EXPECT_EQ(taken.state(), shm::ProducerState::live);
  EXPECT_EQ(taken.provenance().uid, kNobody);
  Follower of_group(instance_);
  of_group.take_only_from(1, kNobody);
  of_group.sweep(now_);
  EXPECT_EQ(of_group.state(), shm::ProducerState::live);

  Follower right(instance_);
  right.take_only_from(4321, 4321);
  right.sweep(now_);
  EXPECT_EQ(right.state(), shm::ProducerState::unusable);
  EXPECT_THAT(right.message(), HasSubstr("belongs to nobody"));
  const auto rightful = made_by(4321);  // has to take another name
  pass(2);                              // it looks five times a second
  right.sweep(now_);
  EXPECT_EQ(right.state(), shm::ProducerState::live);
  EXPECT_EQ(right.provenance().uid, 4321u);
  shm_unlink(("/goxel-telemetry." + instance_ + "@4321").c_str());
}

TEST_F(FollowerTest, TheOwnerIsWhoMadeTheSegmentAndRunsTheDaemon) {
  const TestSegment segment(instance_);
  const Daemon daemon = look().daemon;
  EXPECT_EQ(daemon.owner, shm::user_name(geteuid()));
  EXPECT_TRUE(daemon.owner_verified);
}

TEST_F(FollowerTest, MeansBesideTheSpanAreThoseOfAnsweredRequests) {
  TestSegment segment(instance_);
  look();
  pass(2);
  shm::Record record = TestSegment::record(segment.operation("ping"), now_.monotonic_ns, 1'000);
  for (const std::uint32_t times : {1u, 3u}) {
    record.receive_ticks = 10 * times & shm::kTicksAtLeast;
    record.wait_ticks = 100 * times & shm::kTicksAtLeast;
    record.send_ticks = 1'000 * times & shm::kTicksAtLeast;
    segment.publish(record);
  }
  record.status = static_cast<std::uint8_t>(shm::Status::unanswered);
  segment.publish(record);
  pass(1);
  const WindowStats now = look().daemon.window(Window::now);
  EXPECT_DOUBLE_EQ(now.mean_receive_ns, 20);
  EXPECT_DOUBLE_EQ(now.mean_wait_ns, 200);
  EXPECT_DOUBLE_EQ(now.mean_send_ns, 2'000);
  EXPECT_EQ(now.bytes_in, 300u);
  EXPECT_EQ(now.bytes_out, 150u);
}

TEST_F(FollowerTest, DaemonWindowsMergeItsOperationsAndLeaveOtherLayersOut) {
  TestSegment segment(instance_);
  look();
  pass(2);
  segment.publish("fast", now_.monotonic_ns, 1'000);
  segment.publish("slow", now_.monotonic_ns, 100'000);
  segment.publish("slow", now_.monotonic_ns, 100'000);
  shm::Record outer = TestSegment::record(segment.operation("slow"), now_.monotonic_ns, 9'000'000);
  outer.layer = shm::names::kMcpClient;
  segment.publish(outer);
  pass(1);
  const Snapshot snapshot = look();
  EXPECT_THAT(snapshot.operations, SizeIs(3));
  const Latency& all = snapshot.daemon.window(Window::now).latency;
  EXPECT_EQ(all.count, 3u);
  EXPECT_DOUBLE_EQ(all.mean_ns, 67'000);
  EXPECT_NEAR(static_cast<double>(all.p50_ns), 100'000, 1'000) << "not the mean of two medians";
  EXPECT_EQ(all.max_ns, 100'000u);
}

TEST_F(FollowerTest, OperationsAreSortedAndStandWhenTheyAreNewInARunningSecond) {
  TestSegment segment(instance_);
  look();
  pass(2);
  segment.publish("m", now_.monotonic_ns, 1'000);
  look();
  for (const char* name : {"z", "a", "n"}) segment.publish(name, now_.monotonic_ns, 1'000);
  const Snapshot snapshot = look();
  std::vector<std::string> names;
  for (const OperationStats& stats : snapshot.operations) {
    names.push_back(stats.key.operation);
    EXPECT_EQ(stats.total.ok, 1u);
    EXPECT_EQ(stats.window(Window::now).outcomes.all(), 0u);
  }
  EXPECT_THAT(names, ElementsAre("a", "m", "n", "z"));
}

TEST_F(FollowerTest, ARecordThatComesLateChangesASecondThatWasAlreadyShown) {
  TestSegment segment(instance_);
  look();
  pass(3);
  segment.publish("ping", now_.monotonic_ns - 10, 1'000);
  EXPECT_EQ(look().daemon.window(Window::now).outcomes.ok, 1u);
  segment.publish("ping", now_.monotonic_ns - 10, 1'000);
  EXPECT_EQ(look().daemon.window(Window::now).outcomes.ok, 2u);
}

TEST_F(FollowerTest, SnapshotsShareTheOperationsThatHadNoRecordBetweenThem) {
  TestSegment segment(instance_);
  segment.publish("busy", now_.monotonic_ns, 1'000);
  segment.publish("idle", now_.monotonic_ns, 1'000);
  const Snapshot first = look();
  segment.publish("busy", now_.monotonic_ns, 1'000);
  const Snapshot second = look();
  EXPECT_EQ(find(second, "idle"), find(first, "idle"));
  EXPECT_NE(find(second, "busy"), find(first, "busy"));
  EXPECT_EQ(find(first, "busy")->total.ok, 1u) << "a snapshot does not change";
  EXPECT_EQ(find(second, "busy")->total.ok, 2u);
}

TEST_F(FollowerTest, TwoIdsOfOneNameAreOneOperation) {
  TestSegment segment(instance_);
  const std::uint16_t first = segment.operation("twin_a");
  const std::uint16_t second = segment.operation("twin_b");
  segment.rename(second, "twin_a");
  segment.publish(TestSegment::record(first, now_.monotonic_ns, 1));
  segment.publish(TestSegment::record(second, now_.monotonic_ns, 1));
  const Snapshot snapshot = look();
  ASSERT_THAT(snapshot.operations, SizeIs(1));
  EXPECT_EQ(find(snapshot, "twin_a")->total.ok, 2u);
}

TEST_F(FollowerTest, IdsWithoutANameOrOfAnotherKindAreOther) {
  TestSegment segment(instance_);
  for (const std::uint16_t id :
       {std::uint16_t{400}, std::uint16_t{65'535}, std::uint16_t{shm::names::kDaemon}}) {
    segment.publish(TestSegment::record(id, now_.monotonic_ns, 1));
  }
  const Snapshot snapshot = look();
  ASSERT_THAT(snapshot.operations, SizeIs(1));
  EXPECT_EQ(find(snapshot, "_OTHER")->total.ok, 3u);
}

TEST_F(FollowerTest, NamesAreFitToBePrinted) {
  TestSegment segment(instance_);
  segment.publish("bad\x1B[31m\xFF", now_.monotonic_ns, 1);
  EXPECT_EQ(look().operations[0].key.operation, "bad\uFFFD[31m\uFFFD");
}

TEST_F(FollowerTest, MoreOperationsThanTheTableHoldsAreCountedAsOther) {
  TestSegment segment(instance_, {{1, 1024}}, 1024);
  for (int i = 0; i < 600; ++i) {
    segment.publish("operation_" + std::to_string(i), now_.monotonic_ns, 1);
  }
  const Snapshot snapshot = look();
  EXPECT_THAT(snapshot.operations, SizeIs(513));
  EXPECT_EQ(find(snapshot, "_OTHER")->total.ok, 88u);
  EXPECT_EQ(snapshot.operations_dropped, 88u);
  EXPECT_EQ(snapshot.ring.read, 600u);
}

TEST_F(FollowerTest, CountersHoldNothingFromBeforeItCame) {
  TestSegment segment(instance_, {{1, 64}});
  for (int i = 0; i < 100; ++i) segment.publish("ping", now_.monotonic_ns, 60'000);
  pass(1);
  Snapshot snapshot = look();
  EXPECT_EQ(find(snapshot, "ping")->total.ok, 64u);
  EXPECT_EQ(find(snapshot, "ping")->counters, Counters{});
  EXPECT_EQ(snapshot.ring.uncounted, 64u);
  for (int i = 0; i < 3; ++i) segment.publish("ping", now_.monotonic_ns, 60'000);
  segment.publish("ping", now_.monotonic_ns, 60'000, shm::Status::error);
  segment.publish("ping", now_.monotonic_ns, 60'000, shm::Status::cancelled);
  snapshot = look();
  EXPECT_EQ(find(snapshot, "ping")->total.all(), 69u);
  const Counters& counters = find(snapshot, "ping")->counters;
  EXPECT_EQ(counters.outcomes, (Outcomes{3, 1, 0, 0, 1}));
  EXPECT_EQ(counters.exposed.count, 4u);
  EXPECT_EQ(counters.exposed.counts[1], 4u);
  EXPECT_EQ(counters.error().count, 1u);
  EXPECT_EQ(snapshot.ring.uncounted, 64u);
}

TEST_F(FollowerTest, ARunThatBeganLaterThanItCountsWhole) {
  look();
  pass(2);
  TestSegment segment(instance_);
  for (int i = 0; i < 5; ++i) segment.publish("ping", now_.monotonic_ns, 1'000);
  pass(1);
  EXPECT_EQ(find(look(), "ping")->counters.outcomes.ok, 5u);
}

// A bridge that watches all instances makes a follower when it finds one.
TEST_F(FollowerTest, ARunCountsWholeIfItBeganLaterThanTheCountingDid) {
  follower_.count_since(now_.monotonic_ns);
  TestSegment segment(instance_);
  for (int i = 0; i < 5; ++i) segment.publish("ping", now_.monotonic_ns, 1'000);
  pass(1);
  EXPECT_EQ(find(look(), "ping")->counters.outcomes.ok, 5u);
}

TEST_F(FollowerTest, CountersGoOnWhereAnEarlierReaderStopped) {
  TestSegment segment(instance_, {{2, 64}});
  follower_.keep_rollups();
  look();
  for (int i = 0; i < 5; ++i) segment.publish("ping", now_.monotonic_ns, 1'000);
  segment.publish("rare", now_.monotonic_ns, 1'000);
  look();
  RollupDelta delta = follower_.take_rollups();
  EXPECT_EQ(delta.counters.size(), 2u);
  const CountedUntil earlier{delta.position, delta.counters};
  segment.use_lane(1);
  for (int i = 0; i < 3; ++i) segment.publish("ping", now_.monotonic_ns, 1'000);

  Follower later(instance_);
  later.continue_counters(earlier);
  later.sweep(now_);
  EXPECT_EQ(find(later.snapshot(now_), "ping")->counters.outcomes.ok, 8u);
  EXPECT_EQ(find(later.snapshot(now_), "rare")->counters.outcomes.ok, 1u);
  look();
  delta = follower_.take_rollups();
  EXPECT_EQ(delta.counters.size(), 1u) << "only what changed is handed out";
  follower_.keep_rollups(delta.position);
  look();
  EXPECT_EQ(follower_.take_rollups().counters.size(), 2u) << "all, for another file";
}

TEST_F(FollowerTest, KnownOperationsAreListedBeforeTheirFirstRequest) {
  TestSegment segment(instance_);
  for (const char* name : {"ping", "goxel.add_voxel", "goxel_add_voxels"}) segment.operation(name);
  follower_.expect_known_operations();
  const Snapshot snapshot = look();
  std::vector<OperationKey> keys;
  for (const OperationStats& stats : snapshot.operations) {
    if (stats.key.operation[0] != '_') keys.push_back(stats.key);
    EXPECT_EQ(stats.total, Outcomes{});
    EXPECT_EQ(stats.counters, Counters{});
  }
  EXPECT_THAT(keys, ElementsAre(OperationKey{"2-layer", "mcp", "daemon", "goxel_add_voxels"},
                                OperationKey{"2-layer", "mcp", "daemon", "ping"},
                                OperationKey{"4-layer", "jsonrpc", "daemon", "goxel.add_voxel"},
                                OperationKey{"4-layer", "jsonrpc", "daemon", "ping"}));
  EXPECT_NE(find(snapshot, "_MALFORMED"), nullptr);
  EXPECT_THAT(snapshot.layers, IsEmpty()) << "there were no requests";
}

// Clients may have filled the catalog.
TEST_F(FollowerTest, NotMoreNamesAreExpectedThanLeaveRoomForOthers) {
  TestSegment segment(instance_, {{1, 64}}, 1024);
  for (int i = 0; i < 900; ++i) segment.operation("operation_" + std::to_string(i));
  follower_.expect_known_operations();
  EXPECT_LE(look().operations.size(), 256u);
  segment.publish("operation_899", now_.monotonic_ns, 1'000);
  EXPECT_EQ(find(look(), "operation_899")->total.ok, 1u);
}

// A reader that comes late to a ring of 64 that has wrapped loses nothing, and its account adds up.
TEST_F(FollowerTest, WhatWasOverwrittenBeforeItCameIsNotLost) {
  TestSegment segment(instance_, {{1, 64}});
  for (int i = 0; i < 100; ++i) segment.publish("ping", now_.monotonic_ns, 1'000);
  Ring ring = look().ring;
  EXPECT_EQ(ring.published, 100u);
  EXPECT_EQ(ring.read, 64u);
  EXPECT_EQ(ring.before_reader, 36u);
  EXPECT_EQ(ring.lost, 0u);
  for (int i = 0; i < 70; ++i) segment.publish("ping", now_.monotonic_ns, 1'000);
  ring = look().ring;
  EXPECT_EQ(ring.published, 170u);
  EXPECT_EQ(ring.read, 64u + 63u);
  EXPECT_EQ(ring.before_reader, 36u);
  EXPECT_EQ(ring.lost, 7u);
}

// The daemon publishes while the first sweep is in the lane before: all that the second lane held
// is overwritten by then.
TEST_F(FollowerTest, WhatIsOverwrittenDuringTheFirstSweepIsLostOnlyIfItIsNew) {
  TestSegment segment(instance_, {{2, 64}});
  segment.publish("first", now_.monotonic_ns, 1'000);
  segment.use_lane(1);
  for (int i = 0; i < 64; ++i) segment.publish("old", now_.monotonic_ns, 1'000);
  follower_.on_record([&](const NamedRecord& record) {
    if (record.operation != "first") return;
    for (int i = 0; i < 70; ++i) segment.publish("new", now_.monotonic_ns, 1'000);
  });
  const Snapshot snapshot = look();
  EXPECT_EQ(snapshot.ring.published, 135u);
  EXPECT_EQ(snapshot.ring.before_reader, 64u);
  EXPECT_EQ(snapshot.ring.lost, 7u);
  EXPECT_EQ(snapshot.ring.read, 1u + 63u);
  EXPECT_EQ(find(snapshot, "old"), nullptr);
}

TEST_F(FollowerTest, ALappedReaderCountsWhatItLost) {
  TestSegment segment(instance_, {{1, 64}});
  look();
  for (int i = 0; i < 1'000; ++i) segment.publish("ping", now_.monotonic_ns, 1'000);
  const Snapshot snapshot = look();
  EXPECT_EQ(snapshot.ring.published, 1'000u);
  EXPECT_EQ(snapshot.ring.read + snapshot.ring.lost, 1'000u);
  EXPECT_GE(snapshot.ring.lost, 1'000u - 64);
  EXPECT_EQ(find(snapshot, "ping")->total.ok, snapshot.ring.read);
  EXPECT_EQ(snapshot.daemon.run_total.ok, 1'000u) << "the lanes' counters miss nothing";
}

TEST_F(FollowerTest, AReaderThatComesLateSeesWhatTheRingStillHolds) {
  TestSegment segment(instance_);
  pass(30);
  for (int i = 0; i < 10; ++i) segment.publish("ping", now_.monotonic_ns, 1'000);
  pass(20);
  const Snapshot snapshot = look();
  const WindowStats& minute = snapshot.daemon.window(Window::one_minute);
  EXPECT_EQ(minute.outcomes.ok, 10u);
  const double since_creation = static_cast<double>(now_.monotonic_ns - segment.created_ns()) / 1e9;
  EXPECT_NEAR(minute.covered_seconds, since_creation, 1e-6) << "nothing was overwritten";
  EXPECT_EQ(snapshot.daemon.window(Window::now).outcomes.all(), 0u);
  EXPECT_DOUBLE_EQ(snapshot.daemon.window(Window::now).covered_seconds, 1);
}

TEST_F(FollowerTest, WindowsBeginWhereAnOverwrittenLaneIsCompleteAgain) {
  TestSegment segment(instance_, {{2, 64}});
  pass(10);
  segment.publish("rare", now_.monotonic_ns, 1'000);
  segment.use_lane(1);
  for (std::uint64_t i = 0; i < 100; ++i) {  // one a second: 36 of them are overwritten
    pass(1);
    segment.publish("busy", now_.monotonic_ns, 1'000);
  }
  segment.use_lane(0);
  segment.publish("rare", now_.monotonic_ns, 1'000);
  pass(1);
  const Snapshot snapshot = look();
  const WindowStats& all = snapshot.daemon.window(Window::fifteen_minutes);
  EXPECT_DOUBLE_EQ(all.covered_seconds, 64);
  EXPECT_EQ(all.outcomes.ok, 65u) << "the rare one of long ago does not count in the windows";
  EXPECT_EQ(find(snapshot, "rare")->total.ok, 2u) << "but in its total";
  EXPECT_EQ(find(snapshot, "rare")->window(Window::fifteen_minutes).outcomes.ok, 1u);
  EXPECT_EQ(snapshot.ring.lost, 0u) << "it was never this reader's to lose";
}

TEST_F(FollowerTest, GaugesInflightAndOwnCostAreReadWithTheSnapshot) {
  TestSegment segment(instance_);
  look();
  shm::Gauges& gauges = segment.header().gauges;
  gauges[shm::Gauge::connections] = 3;
  gauges[shm::Gauge::open_descriptors] = 5;
  gauges[shm::Gauge::connections_total] = 70;
  gauges[shm::Gauge::queue_depth] = 2;
  gauges[shm::Gauge::telemetry_resident_bytes] = 4'096;
  gauges[shm::Gauge::lane_misses] = 11;
  gauges[shm::Gauge::unobserved_connections] = 12;
  shm::InflightEntry entry{};
  entry.operation = segment.operation("stuck");
  entry.stack = shm::names::kFourLayer;
  entry.layer = shm::names::kDaemon;
  entry.protocol = 1;
  entry.phase = 2;
  entry.connection = 9;
  entry.thread = 1234;
  entry.since_ticks = now_.monotonic_ns - 5 * kSecond;
  segment.hold(0, entry);
  entry.since_ticks = now_.monotonic_ns - 60 * kSecond;
  entry.trace_id = 77;
  segment.hold(7, entry);
  entry.connection = 10;
  entry.phase = 1;
  entry.since_ticks = now_.monotonic_ns + 5;
  segment.hold(3, entry);
  segment.publish("ping", now_.monotonic_ns, 2'000'000);
  segment.counters().own_cost_ticks = 1'000;
  segment.counters().own_cost_samples = 4;
  segment.header().cost_meter.waited_ticks = 40;
  segment.header().cost_meter.after_ticks = 10;
  segment.header().cost_meter.interrupted_calls = 6;

  const Snapshot snapshot = look();
  const Daemon& daemon = snapshot.daemon;
  EXPECT_EQ(daemon.gauges[shm::Gauge::connections], 3u);
  EXPECT_EQ(daemon.gauges[shm::Gauge::open_descriptors], 5u);
  EXPECT_EQ(daemon.gauges[shm::Gauge::connections_total], 70u);
  EXPECT_EQ(daemon.gauges[shm::Gauge::queue_depth], 2u);
  EXPECT_EQ(daemon.gauges[shm::Gauge::workers_configured], 8u);
  EXPECT_EQ(daemon.inflight, 3u);
  EXPECT_EQ(daemon.workers_busy, 2u) << "two connections";
  EXPECT_EQ(daemon.door, "abi");
  EXPECT_EQ(daemon.host_name, "test-daemon");
  EXPECT_EQ(daemon.host_version, "1.2");
  EXPECT_EQ(snapshot.daemon.gauges[shm::Gauge::lane_misses], 11u);
  EXPECT_EQ(snapshot.daemon.gauges[shm::Gauge::unobserved_connections], 12u);
  EXPECT_GT(snapshot.ring.segment_bytes, 0u);
  EXPECT_EQ(snapshot.process.pid, static_cast<std::uint32_t>(getpid()));

  ASSERT_THAT(snapshot.inflight, SizeIs(3));
  const InflightRequest& oldest = snapshot.inflight[0];
  EXPECT_EQ(oldest.age_ns, 60 * kSecond);
  EXPECT_EQ(oldest.operation, "stuck");
  EXPECT_EQ(oldest.stack, "4-layer");
  EXPECT_EQ(oldest.layer, "daemon");
  EXPECT_EQ(oldest.protocol, "jsonrpc");
  EXPECT_EQ(oldest.phase, "started");
  EXPECT_EQ(oldest.thread, 1234u);
  EXPECT_EQ(oldest.trace_id, 77u);
  EXPECT_EQ(snapshot.inflight[1].age_ns, 5 * kSecond);
  EXPECT_EQ(snapshot.inflight[2].age_ns, 0u) << "never negative";
  EXPECT_EQ(snapshot.inflight[2].phase, "queued");

  EXPECT_DOUBLE_EQ(snapshot.own_cost.busy_ratio.value(), 1'000 / 2e6);
  EXPECT_DOUBLE_EQ(snapshot.own_cost.ns_per_request.value(), 1'000);
  EXPECT_DOUBLE_EQ(snapshot.own_cost.seconds_total.value(), 1e-6);
  EXPECT_DOUBLE_EQ(snapshot.own_cost.waited.value().ns, 800) << "four fifths of the whole";
  EXPECT_DOUBLE_EQ(snapshot.own_cost.after.value().ns, 200);
  EXPECT_EQ(snapshot.own_cost.interrupted, 6u);
  EXPECT_EQ(snapshot.own_cost.samples, 4u);
  EXPECT_EQ(snapshot.own_cost.resident_bytes, 4'096u);
  ASSERT_TRUE(snapshot.process.resident_bytes);  // of this process
  EXPECT_EQ(daemon_resident_bytes(snapshot), *snapshot.process.resident_bytes - 4'096);
}

TEST_F(FollowerTest, TicksAreConvertedByTheSegmentsCalibration) {
  TestSegment segment(instance_);
  const shm::Calibration calibration{5'000, now_.monotonic_ns, std::uint64_t{1} << 31, 0, 0};
  shm::store(segment.header().calibration, calibration);
  shm::Record record = TestSegment::record(segment.operation("ping"), 0, 0);
  record.start_ticks = 5'000 - 2'000;
  record.duration_ticks = 600;
  record.receive_ticks = 20;
  record.wait_ticks = 40;
  record.send_ticks = 60;
  record.trace_id = 0xABC;
  record.worker = 3;
  segment.publish(record);
  std::vector<NamedRecord> heard;
  follower_.on_record([&heard](const NamedRecord& named) { heard.push_back(named); });
  look();
  ASSERT_THAT(heard, SizeIs(1));
  EXPECT_EQ(heard[0].start_ns, now_.monotonic_ns - 1'000);
  EXPECT_EQ(heard[0].start_realtime_ns, now_.realtime_ns - 1'000);
  EXPECT_EQ(heard[0].duration_ns, 300u);
  EXPECT_EQ(heard[0].receive_ns, 10u);
  EXPECT_EQ(heard[0].wait_ns, 20u);
  EXPECT_EQ(heard[0].send_ns, 30u);
  EXPECT_EQ(heard[0].trace_id, 0xABCu);
  EXPECT_EQ(heard[0].worker, 3);
  EXPECT_EQ(heard[0].lane, 0u);
  EXPECT_EQ(heard[0].operation, "ping");
  EXPECT_EQ(heard[0].protocol, "mcp");
  EXPECT_EQ(heard[0].layer, "daemon");
  EXPECT_EQ(heard[0].stack, "2-layer");
  EXPECT_EQ(heard[0].status, shm::Status::ok);
}

TEST_F(FollowerTest, LastRecordIsTheLatestEndOfASpan) {
  TestSegment segment(instance_);
  EXPECT_EQ(look().daemon.last_record_realtime_ns, 0u);
  pass(5);
  segment.publish("ping", now_.monotonic_ns - 2 * kSecond, 100);
  segment.publish("ping", now_.monotonic_ns - 3 * kSecond, 100);
  const Snapshot snapshot = look();
  EXPECT_EQ(find(snapshot, "ping")->last_record_ns, now_.monotonic_ns - 2 * kSecond);
  EXPECT_EQ(snapshot.daemon.last_record_realtime_ns, now_.realtime_ns - 2 * kSecond);
}

TEST_F(FollowerTest, InvalidRecordsInASegmentAreCountedAndHarmNothing) {
  for (const std::uint64_t extreme :
       {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{1} << 63, UINT64_MAX}) {
    const std::string instance = unique_instance();
    TestSegment segment(instance);
    shm::store(segment.header().calibration, {extreme, extreme, extreme, extreme, extreme});
    for (std::uint64_t start : {std::uint64_t{0}, extreme, ~extreme, UINT64_MAX}) {
      shm::Record record =
          shm::Record::from_words({start, start, extreme, extreme, extreme, extreme, extreme});
      segment.publish(record);
      record.status = 0;
      record.duration_ticks = shm::kTicksAtLeast;
      segment.publish(record);
    }
    shm::InflightEntry entry = shm::InflightEntry::from_words(
        {extreme, extreme, extreme, extreme, extreme, extreme, extreme});
    segment.hold(0, entry);
    segment.counters().own_cost_ticks = extreme;
    segment.counters().span_ticks = extreme;
    segment.header().heartbeat_ns = extreme;
    segment.header().created_monotonic_ns = extreme;
    Follower follower(instance);
    for (int i = 0; i < 3; ++i) {
      follower.sweep(now_);
      const Snapshot snapshot = follower.snapshot(now_);
      EXPECT_EQ(snapshot.ring.read, 8u);
      std::uint64_t counted = 0;
      for (const OperationStats& stats : snapshot.operations) {
        counted += stats.total.all();
        EXPECT_LE(stats.last_record_ns, now_.monotonic_ns);
        for (const WindowStats& window : stats.windows) {
          EXPECT_LE(window.latency.p99_ns, window.latency.max_ns);
          EXPECT_TRUE(window.rate_per_second >= 0 && window.covered_seconds <= 900);
        }
      }
      EXPECT_EQ(counted, 8u);
      EXPECT_GE(snapshot.daemon.uptime_seconds, 0);
      EXPECT_THAT(snapshot.inflight, SizeIs(1));
      pass(1);
    }
    shm::remove_segment(instance, segment.header().run_id);
  }
}

TEST_F(FollowerTest, AClockThatGoesBackIsSurvived) {
  TestSegment segment(instance_);
  pass(100);
  segment.publish("ping", now_.monotonic_ns - 1, 1'000);
  EXPECT_EQ(look().daemon.window(Window::now).outcomes.ok, 1u);
  now_.monotonic_ns -= 50 * kSecond;
  EXPECT_EQ(look().daemon.window(Window::one_minute).outcomes.ok, 0u);
  segment.publish("ping", now_.monotonic_ns, 1'000);
  pass(1);
  const Snapshot snapshot = look();
  EXPECT_EQ(snapshot.daemon.window(Window::now).outcomes.ok, 1u);
  EXPECT_EQ(find(snapshot, "ping")->total.ok, 2u);
}

TEST_F(FollowerTest, AClockThatGoesBackBehindTheBeginningCountsFromThereOn) {
  TestSegment segment(instance_);
  look();
  now_.monotonic_ns -= 50 * kSecond;
  look();
  segment.publish("ping", now_.monotonic_ns, 1'000);
  pass(1);
  const WindowStats now = look().daemon.window(Window::now);
  EXPECT_EQ(now.outcomes.ok, 1u);
  EXPECT_GT(now.covered_seconds, 0);
}

// An hour of traffic, whatever its windows: 10 a second, each a millisecond slower every minute.
TEST_F(FollowerTest, AnHourPassesInAMoment) {
  TestSegment segment(instance_);
  look();
  pass(1);
  for (std::uint64_t second = 0; second < 3'600; ++second) {
    for (int i = 0; i < 10; ++i) {
      segment.publish("ping", now_.monotonic_ns, 1'000'000 * (1 + second / 60));
    }
    pass(1);
    follower_.sweep(now_);
  }
  const Snapshot snapshot = look();
  const OperationStats& ping = *find(snapshot, "ping");
  EXPECT_EQ(ping.total.ok, 36'000u);
  for (const WindowStats& window : ping.windows) EXPECT_DOUBLE_EQ(window.rate_per_second, 10);
  EXPECT_EQ(ping.window(Window::one_minute).latency.min_ns, 60'000'000u);
  EXPECT_EQ(ping.window(Window::fifteen_minutes).latency.max_ns, 60'000'000u);
  EXPECT_EQ(ping.window(Window::fifteen_minutes).latency.min_ns, 46'000'000u);
  EXPECT_NEAR(static_cast<double>(ping.window(Window::five_minutes).latency.p50_ns), 58e6, 0.58e6);
}

}  // namespace
}  // namespace goxel_telemetry::metrics
