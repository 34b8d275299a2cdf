// SPDX-License-Identifier: GPL-3.0-or-later
// From one segment into a recording, and from there into another segment. The test sets the time.
#include "cli/recording/session_recorder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

#include "cli/commands/replay.h"
#include "cli/recording/replayed_segment.h"
#include "cli/target.h"
#include "tests/cli/daemon_process.h"
#include "tests/metrics/recording/recording_samples.h"
#include "tests/metrics/test_segment.h"

namespace goxel_telemetry::cli {
namespace {

namespace recording = metrics::recording;
using metrics::kSecond;
using metrics::TestSegment;
using testing::ElementsAre;
using testing::HasSubstr;

class SessionRecorderTest : public testing::Test {
 protected:
  // After the segment was made, which takes real time.
  static constexpr std::uint64_t kLongAfter = 60 * kSecond;

  ~SessionRecorderTest() override {
    shm::remove_segment_of(instance_);
    shm::remove_segment_of(outer_instance_);
  }

  SessionRecorder& start(Backlog backlog = Backlog::left_out, std::uint64_t most = UINT64_MAX) {
    return recorder_.emplace(instance_, writer_, backlog, most);
  }
  bool sweep(std::uint64_t after_ns = 50'000'000) {
    now_.monotonic_ns += after_ns;
    now_.realtime_ns += after_ns;
    return recorder_->sweep(now_);
  }
  std::vector<recording::Entry> finish() {
    recorder_->finish(now_);
    writer_.finish();
    recording::ReadBack back = recording::read_all(bytes_);
    EXPECT_EQ(back.outcome, recording::Outcome::end);
    segments_ = std::move(back.segments);
    return std::move(back.entries);
  }
  // Those of one segment, once the recording is finished.
  std::vector<recording::Entry> of(recording::Segment segment,
                                   const std::vector<recording::Entry>& entries) const {
    std::vector<recording::Entry> found;
    for (std::size_t i = 0; i < entries.size(); ++i) {
      if (segments_.at(i) == segment) found.push_back(entries[i]);
    }
    return found;
  }

  template <class Kind>
  static std::vector<Kind> all(const std::vector<recording::Entry>& entries) {
    std::vector<Kind> found;
    for (const recording::Entry& entry : entries) {
      if (const auto* value = std::get_if<Kind>(&entry)) found.push_back(*value);
    }
    return found;
  }
  static std::vector<std::uint64_t> durations(const std::vector<recording::Entry>& entries) {
    std::vector<std::uint64_t> values;
    for (const auto& lane : all<recording::LaneRecord>(entries)) {
      values.push_back(lane.record.duration_ticks);
    }
    return values;
  }

  const std::string instance_ = metrics::unique_instance();
  const std::string outer_instance_ = shm::layers_instance(instance_);
  std::vector<recording::Segment> segments_;
  recording::Bytes bytes_;
  recording::Writer writer_{[this](std::span<const std::uint8_t> bytes) {
    bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
  }};
  std::optional<SessionRecorder> recorder_;
  metrics::Time now_ = metrics::Time::now();
};

TEST_F(SessionRecorderTest, BeginsWithWhatIsPublishedFromNowOnUnlessAskedForMore) {
  TestSegment segment(instance_);
  segment.publish("ping", now_.monotonic_ns, 1);
  start();
  sweep();
  segment.publish("ping", now_.monotonic_ns, 2);
  sweep();
  EXPECT_THAT(durations(finish()), ElementsAre(2));
}

TEST_F(SessionRecorderTest, TakesTheBacklogIfAsked) {
  TestSegment segment(instance_);
  segment.publish("ping", now_.monotonic_ns, 1);
  start(Backlog::taken);
  sweep(kLongAfter);
  const auto entries = finish();
  EXPECT_THAT(durations(entries), ElementsAre(1));
  EXPECT_EQ(all<recording::RunBegan>(entries).at(0).complete_since_ns, segment.created_ns());
}

TEST_F(SessionRecorderTest, OrdersLanesByTheEndsOfSpans) {
  TestSegment segment(instance_);
  start();
  sweep();
  const std::uint64_t t = now_.monotonic_ns;
  segment.publish("ping", t + 10, 1);
  segment.publish("ping", t + 30, 3);
  segment.publish("ping", t + 25, 4);  // out of order in its own lane: stays where it is
  segment.use_lane(1);
  segment.publish("ping", t + 20, 2);
  segment.publish("ping", t + 40, 5);
  sweep();
  EXPECT_THAT(durations(finish()), ElementsAre(1, 2, 3, 4, 5));
}

TEST_F(SessionRecorderTest, WritesTheNamesThatAreUsedOnceAndFirst) {
  TestSegment segment(instance_);
  segment.operation("never.used");
  start();
  sweep();
  segment.publish("ping", now_.monotonic_ns, 1);
  segment.publish("ping", now_.monotonic_ns, 1);
  sweep();
  std::vector<std::string> names;
  for (const recording::Entry& entry : finish()) {
    if (const auto* name = std::get_if<recording::Name>(&entry)) names.push_back(name->text);
    if (std::holds_alternative<recording::LaneRecord>(entry)) names.emplace_back("record");
  }
  EXPECT_THAT(names, ElementsAre("ping", "daemon", "2-layer", "record", "record"));
}

TEST_F(SessionRecorderTest, AnIdWithoutANameHasNoneInTheRecording) {
  TestSegment segment(instance_);
  start();
  sweep();
  segment.publish(TestSegment::record(400, now_.monotonic_ns, 1));
  sweep();
  std::vector<std::string> names;
  for (const auto& name : all<recording::Name>(finish())) names.push_back(name.text);
  EXPECT_THAT(names, ElementsAre("daemon", "2-layer"));
}

// Two ticks are a nanosecond.
TEST_F(SessionRecorderTest, TimesAreWrittenInNanoseconds) {
  TestSegment segment(instance_);
  shm::Calibration calibration;
  calibration.anchor_ns = segment.created_ns();
  calibration.ns_per_tick_q32 = std::uint64_t{1} << 31;
  shm::store(segment.header().calibration, calibration);
  start();
  sweep();
  shm::Record record{};
  record.start_ticks = 1'000;
  record.duration_ticks = 2'000;
  record.receive_ticks = 400;
  record.wait_ticks = 60;
  record.send_ticks = 8;
  segment.publish(record);
  shm::InflightEntry inflight{};
  inflight.since_ticks = 3'000;
  inflight.receive_ticks = 20;
  inflight.wait_ticks = 10;
  segment.hold(0, inflight);
  segment.counters().own_cost_ticks.store(600);
  segment.counters().own_cost_samples.store(3);
  shm::CostMeter& meter = segment.header().cost_meter;
  meter.waited_ticks = 800;
  meter.waited_ticks2 = 400;
  meter.after_ticks = 80;
  meter.after_ticks2 = 40;
  meter.interrupted_calls = 7;
  sweep(kSecond);
  const auto entries = finish();
  const auto records = all<recording::LaneRecord>(entries);
  ASSERT_EQ(records.size(), 1u);
  EXPECT_EQ(records[0].record.start_ticks, segment.created_ns() + 500);
  EXPECT_EQ(records[0].record.duration_ticks, 1'000u);
  EXPECT_EQ(records[0].record.receive_ticks, 200u);
  EXPECT_EQ(records[0].record.wait_ticks, 30u);
  EXPECT_EQ(records[0].record.send_ticks, 4u);
  const recording::Moment moment = all<recording::Moment>(entries).back();
  EXPECT_EQ(moment.own_cost_ns, 300u);
  EXPECT_EQ(moment.own_cost_samples, 3u);
  EXPECT_EQ(moment.cost_sums, (recording::CostSums{400, 100, 40, 10, 7})) << "squares by four";
  ASSERT_EQ(moment.inflight.size(), 1u);
  EXPECT_EQ(moment.inflight[0].since_ticks, segment.created_ns() + 1'500);
  EXPECT_EQ(moment.inflight[0].receive_ticks, 10u);
  EXPECT_EQ(moment.inflight[0].wait_ticks, 5u);
}

TEST_F(SessionRecorderTest, ARunEndsWithItsLastSignOfLife) {
  TestSegment segment(instance_);
  segment.header().heartbeat_ns.store(now_.monotonic_ns);
  start();
  sweep();
  const std::uint64_t last_ns = now_.monotonic_ns + kSecond;
  segment.publish("ping", last_ns, 1);
  segment.publish("ping", last_ns - 10, 1);
  segment.retire();
  sweep(5 * kSecond);
  const auto entries = finish();
  EXPECT_THAT(all<recording::RunEnded>(entries), ElementsAre(recording::RunEnded{last_ns, true}));
  const recording::Moment last = all<recording::Moment>(entries).back();
  EXPECT_EQ(last.monotonic_ns, last_ns);
  EXPECT_EQ(last.realtime_ns, now_.realtime_ns - 4 * kSecond);
}

TEST_F(SessionRecorderTest, FollowsTheDaemonThroughItsNextRun) {
  auto first = std::make_unique<TestSegment>(instance_);
  start();
  sweep();
  first->publish("before", now_.monotonic_ns, 1);
  first->retire();
  TestSegment second(instance_);
  second.publish("after", now_.monotonic_ns, 2);
  sweep(kSecond);
  sweep(kSecond);
  const auto entries = finish();
  EXPECT_THAT(durations(entries), ElementsAre(1, 2));
  EXPECT_EQ(all<recording::RunBegan>(entries).size(), 2u);
  const auto ended = all<recording::RunEnded>(entries);
  ASSERT_EQ(ended.size(), 1u);
  EXPECT_TRUE(ended[0].orderly);
}

TEST_F(SessionRecorderTest, SaysHowManyRecordsItMissed) {
  TestSegment segment(instance_, {{1, 16}});
  start();
  sweep();
  for (int i = 0; i < 40; ++i) segment.publish("ping", now_.monotonic_ns, 1);
  sweep();
  EXPECT_EQ(recorder_->lost(), 25u);
  const auto entries = finish();
  EXPECT_THAT(all<recording::Lost>(entries), ElementsAre(recording::Lost{25}));
  EXPECT_EQ(durations(entries).size(), 15u);
}

TEST_F(SessionRecorderTest, EndsAfterAsManyRecordsAsAskedFor) {
  TestSegment segment(instance_);
  start(Backlog::left_out, 2);
  EXPECT_TRUE(sweep());
  for (std::uint64_t i = 1; i <= 5; ++i) segment.publish("ping", now_.monotonic_ns, i);
  EXPECT_FALSE(sweep());
  EXPECT_FALSE(sweep());
  EXPECT_THAT(durations(finish()), ElementsAre(1, 2));
}

TEST_F(SessionRecorderTest, AMomentASecondHasGaugesAndRequestsInFlight) {
  TestSegment segment(instance_);
  start();
  sweep();
  segment.header().gauges[shm::Gauge::connections].store(7);
  shm::InflightEntry inflight{};
  inflight.since_ticks = now_.monotonic_ns;
  inflight.operation = segment.operation("goxel.export_model");
  segment.hold(3, inflight);
  sweep(kSecond / 2);
  sweep(kSecond / 2);
  const auto moments = all<recording::Moment>(finish());
  ASSERT_EQ(moments.size(), 3u) << "the first, one a second later, and the last";
  EXPECT_EQ(moments[1].gauges[shm::Gauge::connections], 7u);
  ASSERT_EQ(moments[1].inflight.size(), 1u);
  EXPECT_EQ(moments[1].monotonic_ns - moments[1].inflight[0].since_ticks, kSecond);
}

// Coarse as in a daemon's first second, then precise.
TEST_F(SessionRecorderTest, RecordsWaitForAGoodCalibration) {
  TestSegment segment(instance_);
  start();
  sweep();
  const auto calibrate = [&](std::uint64_t error_ppb, std::uint64_t off_ns) {
    shm::Calibration calibration;
    calibration.anchor_ticks = segment.created_ns();
    calibration.anchor_ns = segment.created_ns() + off_ns;
    calibration.error_ppb = error_ppb;
    shm::store(segment.header().calibration, calibration);
  };
  calibrate(100'000'000, 500);
  const std::uint64_t end_ns = now_.monotonic_ns;
  segment.publish("ping", end_ns, 1);
  sweep();
  segment.use_lane(1);
  segment.publish("ping", end_ns, 2);
  segment.use_lane(0);
  segment.publish("ping", end_ns + 10, 3);
  sweep();
  EXPECT_EQ(writer_.records(), 0u);
  calibrate(0, 0);
  sweep();
  EXPECT_EQ(writer_.records(), 3u);
  calibrate(100'000'000, 500);
  segment.publish("ping", end_ns, 4);
  sweep(kSecond);
  sweep(kSecond);
  EXPECT_EQ(writer_.records(), 3u);
  sweep(kSecond);
  EXPECT_EQ(writer_.records(), 4u) << "none waits for ever";
  segment.publish("ping", end_ns, 5);
  sweep();
  const auto records = all<recording::LaneRecord>(finish());
  ASSERT_EQ(records.size(), 5u) << "nor beyond the recording";
  EXPECT_EQ(records[0].record.start_ticks + records[0].record.duration_ticks, end_ns);
  EXPECT_EQ(records[2].record.duration_ticks, 3u);
  EXPECT_EQ(records[3].record.start_ticks + records[3].record.duration_ticks, end_ns + 500);
}

TEST_F(SessionRecorderTest, OuterLayersAreFollowedFromWhenTheyAppear) {
  TestSegment daemon(instance_);
  start();
  sweep();
  daemon.publish("ping", now_.monotonic_ns, 1);
  sweep();
  TestSegment outer(outer_instance_);
  outer.publish("goxel.fill", now_.monotonic_ns, 2);  // before the recorder looked
  sweep(kLongAfter);
  daemon.publish("goxel.fill", now_.monotonic_ns, 3);
  outer.publish("goxel.fill", now_.monotonic_ns, 4);
  sweep();
  const auto entries = finish();
  EXPECT_THAT(durations(entries), ElementsAre(1, 2, 4, 3)) << "outer layers first";
  const auto outside = of(recording::Segment::outer_layers, entries);
  EXPECT_THAT(durations(outside), ElementsAre(2, 4));
  EXPECT_THAT(durations(of(recording::Segment::daemon, entries)), ElementsAre(1, 3));
  EXPECT_EQ(all<recording::RunBegan>(outside).at(0).complete_since_ns, outer.created_ns());
  EXPECT_EQ(all<recording::Name>(outside).size(), 3u) << "ids are the segment's own";
  EXPECT_GE(all<recording::Moment>(outside).size(), 2u);
}

TEST_F(SessionRecorderTest, RunsAndLossesOfOuterLayersAreTheirOwn) {
  TestSegment daemon(instance_);
  auto first = std::make_unique<TestSegment>(outer_instance_, std::vector<shm::LaneTier>{{1, 16}});
  start();
  sweep();
  for (int i = 0; i < 40; ++i) first->publish("ping", now_.monotonic_ns, 1);
  first->retire();
  TestSegment second(outer_instance_);
  second.publish("ping", now_.monotonic_ns, 2);
  sweep(kSecond);
  EXPECT_EQ(recorder_->lost(), 25u);
  const auto entries = finish();
  const auto outside = of(recording::Segment::outer_layers, entries);
  EXPECT_EQ(all<recording::RunBegan>(outside).size(), 2u);
  EXPECT_EQ(all<recording::RunEnded>(outside).size(), 1u);
  EXPECT_THAT(all<recording::Lost>(outside), ElementsAre(recording::Lost{25}));
  const auto inside = of(recording::Segment::daemon, entries);
  EXPECT_EQ(all<recording::RunBegan>(inside).size(), 1u);
  EXPECT_TRUE(all<recording::RunEnded>(inside).empty());
  EXPECT_TRUE(all<recording::Lost>(inside).empty());
}

TEST_F(SessionRecorderTest, WhatEndedBeforeTheRecordingDoesNotMakeItLonger) {
  TestSegment daemon(instance_);
  TestSegment outer(outer_instance_);
  outer.header().heartbeat_ns.store(now_.monotonic_ns);
  outer.retire();
  now_.monotonic_ns += 1'000 * kSecond;
  const std::uint64_t began_ns = now_.monotonic_ns + 50'000'000;
  start();
  sweep();
  const auto outside = of(recording::Segment::outer_layers, finish());
  EXPECT_EQ(all<recording::Moment>(outside).at(0).monotonic_ns, began_ns);
  EXPECT_EQ(all<recording::RunEnded>(outside).at(0).last_sign_ns, began_ns);
}

// --- and into another segment ---

recording::RunBegan some_run() {
  recording::RunBegan run;
  run.host_name = "goxel-daemon";
  run.host_version = "0.19";
  return run;
}

class ReplayedSegmentTest : public metrics::FollowerTest {
 protected:
  recording::LaneRecord record(std::uint16_t operation) const {
    return {0, TestSegment::record(operation, now_.monotonic_ns, 1'000)};
  }
};

TEST_F(ReplayedSegmentTest, IsADaemonLikeAnyOther) {
  ReplayedSegment segment(instance_, some_run(), now_.monotonic_ns - 10 * kSecond);
  segment.enter({300, shm::NameKind::operation, "goxel.fill"});
  segment.enter({shm::names::kDaemon, shm::NameKind::layer, "daemon"});
  segment.publish(record(300).record);
  recording::Moment moment;
  moment.gauges[shm::Gauge::connections] = 3;
  moment.own_cost_ns = 500;
  segment.show(moment);
  moment.own_cost_ns = 600;
  moment.own_cost_samples = 1;
  shm::InflightEntry inflight{};
  inflight.since_ticks = now_.monotonic_ns - kSecond;
  inflight.operation = 300;
  moment.inflight = {inflight, inflight};
  segment.show(moment);

  metrics::Snapshot snapshot = look();
  EXPECT_EQ(snapshot.daemon.state, shm::ProducerState::live);
  EXPECT_EQ(snapshot.daemon.door, "replay");
  EXPECT_EQ(snapshot.daemon.host_name, "goxel-daemon");
  EXPECT_EQ(snapshot.daemon.gauges[shm::Gauge::connections], 3u);
  EXPECT_EQ(snapshot.daemon.run_total.ok, 1u);
  EXPECT_DOUBLE_EQ(snapshot.own_cost.busy_ratio.value(), 0.1) << "since the session began";
  ASSERT_EQ(snapshot.inflight.size(), 2u);
  EXPECT_EQ(snapshot.inflight[0].operation, "goxel.fill");
  EXPECT_EQ(snapshot.inflight[0].age_ns, kSecond);
  const metrics::OperationStats* fill = metrics::find(snapshot, "goxel.fill");
  ASSERT_NE(fill, nullptr);
  EXPECT_EQ(fill->key.layer, "daemon");
  EXPECT_EQ(fill->key.stack, "_OTHER") << "no name came for it";

  moment.inflight.pop_back();
  segment.show(moment);
  EXPECT_EQ(look().inflight.size(), 1u);
  pass(1);
  EXPECT_NEAR(look().daemon.window(metrics::Window::one_minute).covered_seconds, 10.5, 1)
      << "the session's length, not since when the segment is there";
  segment.retire(now_.monotonic_ns);
  pass(1);
  EXPECT_EQ(look().daemon.state, shm::ProducerState::retired);
}

TEST_F(ReplayedSegmentTest, EachGaugeIsAsItWasRecorded) {
  ReplayedSegment segment(instance_, some_run(), now_.monotonic_ns);
  recording::Moment moment;
  moment.gauges = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
  segment.show(moment);
  const auto reader = shm::Reader::open(instance_);
  ASSERT_NE(reader, nullptr);
  EXPECT_EQ(reader->gauges(), moment.gauges);
  EXPECT_EQ(reader->inflight().size(), 0u);
}

// Ids of the recording are not those of this segment; some are known, and some never were.
TEST_F(ReplayedSegmentTest, RecordsAndRequestsInFlightHaveTheNamesOfTheRecording) {
  ReplayedSegment segment(instance_, some_run(), now_.monotonic_ns);
  segment.enter({200, shm::NameKind::operation, "goxel.fill"});
  segment.enter({201, shm::NameKind::layer, "an outer layer"});
  segment.enter({202, shm::NameKind::stack, "a stack"});
  segment.enter({203, shm::NameKind::none, "of no kind"});
  segment.enter({204, shm::NameKind::operation, ""});
  shm::Record known = record(200).record;
  known.layer = 201;
  known.stack = 202;
  segment.publish(known);
  segment.publish(record(203).record);
  segment.publish(record(204).record);
  recording::Moment moment;
  shm::InflightEntry& inflight = moment.inflight.emplace_back();
  inflight.operation = 200;
  inflight.layer = 201;
  inflight.stack = 202;
  segment.show(moment);
  const metrics::Snapshot snapshot = look();
  const metrics::OperationStats* fill = metrics::find(snapshot, "goxel.fill");
  ASSERT_NE(fill, nullptr);
  EXPECT_EQ(fill->key.layer, "an outer layer");
  EXPECT_EQ(fill->key.stack, "a stack");
  const metrics::OperationStats* other = metrics::find(snapshot, "_OTHER");
  ASSERT_NE(other, nullptr);
  EXPECT_EQ(other->total.ok, 2u);
  EXPECT_EQ(other->key.layer, "_OTHER");
  ASSERT_EQ(snapshot.inflight.size(), 1u);
  EXPECT_EQ(snapshot.inflight[0].operation, "goxel.fill");
  EXPECT_EQ(snapshot.inflight[0].layer, "an outer layer");
  EXPECT_EQ(snapshot.inflight[0].stack, "a stack");
}

TEST_F(ReplayedSegmentTest, CountersAreOfWhatWasReplayed) {
  ReplayedSegment segment(instance_, some_run(), now_.monotonic_ns);
  recording::Moment moment;
  moment.own_cost_ns = 5'000;
  moment.own_cost_samples = 50;
  moment.cost_sums = {1'000, 2'000, 3'000, 4'000, 5'000};
  segment.show(moment);
  for (std::uint8_t status = 0; status < shm::kStatusCount; ++status) {
    shm::Record one = record(0).record;  // of 1 µs, 100 bytes in and 50 out
    one.status = status;
    segment.publish(one);
  }
  moment.own_cost_ns = 5'300;
  moment.own_cost_samples = 53;
  moment.cost_sums = {1'001, 2'020, 3'300, 4'004, 5'050};
  segment.show(moment);
  auto reader = shm::Reader::open(instance_);
  ASSERT_NE(reader, nullptr);
  shm::Totals totals = reader->totals();
  EXPECT_THAT(totals.by_status, ElementsAre(1, 1, 1, 1, 1, 1));
  EXPECT_EQ(totals.bytes_in, 600u);
  EXPECT_EQ(totals.bytes_out, 300u);
  EXPECT_EQ(totals.span_ticks, 2'000u) << "of what was answered";
  EXPECT_EQ(totals.own_cost_ticks, 300u);
  EXPECT_EQ(totals.own_cost_samples, 3u);
  EXPECT_EQ(totals.waited_ticks, 1u);
  EXPECT_EQ(totals.waited_ticks2, 20u);
  EXPECT_EQ(totals.after_ticks, 300u);
  EXPECT_EQ(totals.after_ticks2, 4u);
  EXPECT_EQ(totals.interrupted_calls, 50u);
  moment.own_cost_ns = 4'000;  // another run's, of which no beginning was recorded
  moment.own_cost_samples = 40;
  moment.cost_sums.waited_ns = 900;
  segment.show(moment);
  totals = reader->totals();
  EXPECT_EQ(totals.own_cost_ticks, 0u);
  EXPECT_EQ(totals.own_cost_samples, 0u);
  EXPECT_EQ(totals.waited_ticks, 0u);
  segment.beat(now_.monotonic_ns + 7);
  EXPECT_EQ(reader->heartbeat_ns(), now_.monotonic_ns + 7);
}

TEST_F(ReplayedSegmentTest, TakesItsNameAwayButNotThatOfItsSuccessor) {
  auto first = std::make_unique<ReplayedSegment>(instance_, some_run(), now_.monotonic_ns);
  EXPECT_THROW(ReplayedSegment(instance_, some_run(), now_.monotonic_ns), Failure) << "it is live";
  first->retire(now_.monotonic_ns);
  auto second = std::make_unique<ReplayedSegment>(instance_, some_run(), now_.monotonic_ns);
  first.reset();
  EXPECT_EQ(shm::open_segment(instance_).outcome, shm::OpenOutcome::opened);
  second.reset();
  EXPECT_EQ(shm::open_segment(instance_).outcome, shm::OpenOutcome::absent);
}

TEST(Timeline, MovesTimesAndKeepsOrStretchesDistances) {
  const Timeline plain{1'000, 5'000, 1};
  EXPECT_EQ(plain.at(1'000), 5'000u);
  EXPECT_EQ(plain.at(1'700), 5'700u);
  EXPECT_EQ(plain.at(400), 4'400u);
  const Timeline twice{1'000, 5'000, 2};
  EXPECT_EQ(twice.at(2'000), 5'500u);
  const Timeline early{10'000, 5'000, 1};
  EXPECT_EQ(early.at(1'000), 0u) << "before this machine's start";
  EXPECT_GT(plain.at(UINT64_MAX), UINT64_MAX / 8);
}

TEST(ReplayInstanceName, IsMadeOfTheFilesName) {
  EXPECT_EQ(replay_instance_name("/tmp/monday.goxelrec"), "replay-monday");
  EXPECT_EQ(replay_instance_name("a b\xc3\xbc.rec"), "replay-a-b--");
  const std::string longest = replay_instance_name(std::string(200, 'x'));
  EXPECT_TRUE(shm::valid_instance_name(shm::layers_instance(longest)));
}

}  // namespace
}  // namespace goxel_telemetry::cli
