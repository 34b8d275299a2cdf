// SPDX-License-Identifier: GPL-3.0-or-later
// What a comparison makes of a recording is what it makes of the segments that were recorded.
#include "metrics/sides/recorded_session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "cli/recording/session_recorder.h"
#include "metrics/sides/live_observer.h"
#include "tests/cli/daemon_process.h"
#include "tests/metrics/recording/recording_samples.h"
#include "tests/metrics/test_segment.h"

namespace goxel_telemetry::cli {
namespace {

namespace recording = metrics::recording;
using metrics::kSecond;
using metrics::Observation;
using metrics::TestSegment;
using testing::ElementsAre;

Observation observe(const recording::Bytes& bytes) {
  return metrics::observe_recording([&bytes] { return recording::reader_of(bytes); });
}

// Block by block, of each operation.
std::map<std::string, std::vector<std::string>> blocks_of(const Observation& observation) {
  std::map<std::string, std::vector<std::string>> all;
  for (const auto& [key, series] : observation.operations) {
    auto& blocks = all[key.stack + '/' + key.protocol + '/' + key.layer + '/' + key.operation];
    series.for_each([&blocks](std::uint32_t block, const metrics::Tally& tally) {
      blocks.push_back(std::to_string(block) + ": " + std::to_string(tally.outcomes.ok) + " ok, " +
                       std::to_string(tally.outcomes.error) + " errors, to " +
                       std::to_string(tally.latency.max()) + " ns, " +
                       std::to_string(tally.bytes_in) + " bytes");
    });
  }
  return all;
}

class RecordedSession : public testing::Test {
 protected:
  ~RecordedSession() override {
    remove_segment_of(instance_);
    remove_segment_of(outer_instance_);
  }
  void pass(std::uint64_t ns) {
    now_.monotonic_ns += ns;
    now_.realtime_ns += ns;
  }

  const std::string instance_ = metrics::unique_instance();
  const std::string outer_instance_ = shm::layers_instance(instance_);
  recording::Bytes bytes_;
  recording::Writer writer_{[this](std::span<const std::uint8_t> bytes) {
    bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
  }};
  metrics::Time now_ = metrics::Time::now();
};

TEST_F(RecordedSession, IsWhatAnObserverOfBothSegmentsSaw) {
  TestSegment daemon(instance_);
  TestSegment outer(outer_instance_);
  metrics::LiveObserver observer(instance_);
  SessionRecorder recorder(instance_, writer_, Backlog::taken);
  const std::uint16_t nameless = 400;  // of a name that came late
  for (std::uint64_t i = 1; i <= 300; ++i) {
    pass(kSecond / 10);
    daemon.publish(i < 150 ? "goxel.fill" : "ping", now_.monotonic_ns, 1'000 * i,
                   i % 7 == 0 ? shm::Status::error : shm::Status::ok);
    daemon.publish(TestSegment::record(nameless, now_.monotonic_ns, 5));
    shm::Record outside = TestSegment::record(outer.operation("goxel.fill"), now_.monotonic_ns, 9);
    outside.layer = shm::names::kMcpClient;
    outer.publish(outside);
    recorder.sweep(now_);
    observer.sweep(now_);
  }
  recorder.finish(now_);
  writer_.finish();
  const Observation recorded = observe(bytes_);
  const Observation live = observer.finish();
  EXPECT_EQ(blocks_of(recorded), blocks_of(live));
  EXPECT_EQ(recorded.operations.size(), 4u);
  EXPECT_EQ(recorded.begin_seconds, live.begin_seconds);
  EXPECT_EQ(recorded.block_seconds, live.block_seconds);
  EXPECT_NEAR(recorded.observed_seconds(), live.observed_seconds(), 1e-3);
}

TEST_F(RecordedSession, GoesOnWithOtherIdsAfterARestart) {
  auto first = std::make_unique<TestSegment>(instance_);
  SessionRecorder recorder(instance_, writer_, Backlog::taken);
  recorder.sweep(now_);
  first->publish("before", now_.monotonic_ns, 1);
  first->publish("gone", now_.monotonic_ns, 1);
  const std::uint16_t gone = first->operation("gone");
  first->retire();
  pass(kSecond);
  recorder.sweep(now_);
  TestSegment second(instance_);
  second.publish("after", now_.monotonic_ns, 2);
  second.publish(TestSegment::record(gone, now_.monotonic_ns, 2));  // has no name any more
  pass(kSecond);
  recorder.sweep(now_);
  recorder.finish(now_);
  writer_.finish();
  std::vector<std::string> names;
  for (const auto& [key, series] : observe(bytes_).operations) names.push_back(key.operation);
  EXPECT_THAT(names, ElementsAre("_OTHER", "after", "before", "gone"));
}

// The clock was set since the daemon began.
TEST(RecordedTimes, AreThoseOfTheFirstMomentUntilItComes) {
  recording::RunBegan run;
  run.created_monotonic_ns = 5 * kSecond;
  run.created_realtime_ns = 100 * kSecond;
  run.complete_since_ns = 10 * kSecond;
  recording::Moment moment;
  moment.monotonic_ns = 20 * kSecond;
  moment.realtime_ns = 1'020 * kSecond;
  const std::vector<recording::Entry> entries = {
      run, recording::LaneRecord{0, TestSegment::record(0, 15 * kSecond, 1)}, moment};
  const Observation observation = observe(recording::write(entries, 1).bytes);
  EXPECT_EQ(observation.begin_seconds, 1'010u);
  EXPECT_EQ(observation.observed_seconds(), 10);
  ASSERT_EQ(blocks_of(observation).size(), 1u);
  EXPECT_THAT(blocks_of(observation).begin()->second,
              ElementsAre("5: 1 ok, 0 errors, to 1 ns, 100 bytes"));
}

// Time and numbers at their limits, and names that never came.
TEST(RecordedInvalidValues, AreBoundedAndHarmless) {
  for (unsigned seed = 0; seed < 20; ++seed) {
    const std::vector<recording::Entry> entries = recording::some_entries(seed, 400);
    const Observation observation = observe(
        recording::write(entries, 50, recording::some_segments(seed, entries.size())).bytes);
    EXPECT_LE(observation.observed_ns.size(), Observation::kMostBlocks);
  }
  EXPECT_TRUE(observe({}).operations.empty());
  EXPECT_TRUE(observe(recording::write({}, 1).bytes).operations.empty());
}

}  // namespace
}  // namespace goxel_telemetry::cli
