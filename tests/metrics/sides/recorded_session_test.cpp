// SPDX-License-Identifier: GPL-3.0-or-later
// A recording as one side of a comparison, made entry by entry. That it is what an observer of the
// same segments saw is tested with the recorder (tests/cli).
#include "metrics/sides/recorded_session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/metrics/recording/recording_samples.h"
#include "tests/metrics/test_segment.h"

namespace goxel_telemetry::metrics {
namespace {

using recording::Entry;
using recording::LaneRecord;
using testing::ElementsAre;
using testing::IsEmpty;

recording::RunBegan run_at(std::uint64_t monotonic_s, std::uint64_t realtime_s) {
  recording::RunBegan run;
  run.created_monotonic_ns = monotonic_s * kSecond;
  run.created_realtime_ns = realtime_s * kSecond;
  run.complete_since_ns = monotonic_s * kSecond;
  return run;
}
recording::Moment moment_at(std::uint64_t monotonic_s, std::uint64_t realtime_s) {
  recording::Moment moment;
  moment.monotonic_ns = monotonic_s * kSecond;
  moment.realtime_ns = realtime_s * kSecond;
  return moment;
}
recording::Name operation_name(std::uint16_t id, const char* text) {
  return {id, shm::NameKind::operation, text};
}
LaneRecord ended_at(std::uint64_t monotonic_s, std::uint16_t operation) {
  return {0, TestSegment::record(operation, monotonic_s * kSecond, 1'000)};
}

Observation observe(const std::vector<Entry>& entries) {
  const recording::Bytes bytes = recording::write(entries, 1).bytes;
  return observe_recording([&bytes] { return recording::reader_of(bytes); });
}
// "operation: block=count block=count".
std::vector<std::string> counts_of(const Observation& seen) {
  std::vector<std::string> counts;
  for (const auto& [key, series] : seen.operations) {
    std::string text = key.operation + ':';
    series.for_each([&text](std::uint32_t block, const Tally& tally) {
      text += ' ' + std::to_string(block) + '=' + std::to_string(tally.outcomes.ok);
    });
    counts.push_back(text);
  }
  return counts;
}

// For 60 s, so that what was counted is handed over a few times.
TEST(RecordedSide, CountsEachRecordInTheSecondInWhichItEnded) {
  std::vector<Entry> entries = {run_at(10, 1'010), operation_name(100, "ping"),
                                operation_name(101, "add")};
  for (std::uint64_t second = 10; second < 70; ++second) {
    entries.emplace_back(ended_at(second, 100));
    if (second % 20 == 0) entries.emplace_back(ended_at(second - 10, 101));  // late
    entries.emplace_back(moment_at(second, second + 1'000));
  }
  entries.emplace_back(moment_at(70, 1'070));
  const Observation seen = observe(entries);
  EXPECT_EQ(seen.begin_seconds, 1'010u);
  EXPECT_EQ(seen.block_seconds, 1u);
  EXPECT_DOUBLE_EQ(seen.observed_seconds(), 60);
  EXPECT_EQ(seen.observed_ns.size(), 61u);
  std::string every_second = "ping:";
  for (int block = 0; block < 60; ++block) every_second += ' ' + std::to_string(block) + "=1";
  EXPECT_THAT(counts_of(seen), ElementsAre("add: 0=1 20=1 40=1", every_second));
}

// The same operation in another layer, stack or protocol is another one; ids are the catalog's.
TEST(RecordedSide, DistinguishesOperationsByAllOfTheirNames) {
  std::vector<Entry> entries = {run_at(10, 1'010), operation_name(100, "ping")};
  const auto name = [&](std::uint16_t id, shm::NameKind kind, const char* text) {
    entries.emplace_back(recording::Name{id, kind, text});
  };
  name(1, shm::NameKind::layer, "daemon");
  name(2, shm::NameKind::layer, "mcp-client");
  name(3, shm::NameKind::stack, "2-layer");
  name(4, shm::NameKind::stack, "4-layer");
  LaneRecord lane = ended_at(11, 100);
  const auto publish = [&](std::uint8_t layer, std::uint8_t stack, shm::Protocol protocol) {
    lane.record.layer = layer;
    lane.record.stack = stack;
    lane.record.protocol = static_cast<std::uint8_t>(protocol);
    entries.emplace_back(lane);
  };
  publish(1, 3, shm::Protocol::mcp);
  publish(2, 3, shm::Protocol::mcp);
  publish(1, 4, shm::Protocol::mcp);
  publish(1, 3, shm::Protocol::json_rpc);
  publish(1, 3, shm::Protocol::mcp);
  std::vector<std::string> names;
  for (const auto& [key, series] : observe(entries).operations) {
    names.push_back(key.stack + ' ' + key.protocol + ' ' + key.layer + ' ' +
                    std::to_string(series.total().outcomes.ok));
  }
  EXPECT_THAT(names, ElementsAre("2-layer jsonrpc daemon 1", "2-layer mcp daemon 2",
                                 "2-layer mcp mcp-client 1", "4-layer mcp daemon 1"));
}

TEST(RecordedSide, OfAnotherRunIdsMeanOtherNames) {
  EXPECT_THAT(counts_of(observe({run_at(10, 1'010), operation_name(100, "before"),
                                 ended_at(11, 100), run_at(12, 1'012), ended_at(13, 100),
                                 operation_name(100, "after"), ended_at(14, 100)})),
              ElementsAre("_OTHER: 3=1", "after: 4=1", "before: 1=1"));
}

TEST(RecordedSide, FollowsAClockThatIsSet) {
  EXPECT_THAT(counts_of(observe({run_at(10, 1'010), operation_name(100, "ping"),
                                 moment_at(10, 1'010), ended_at(11, 100), moment_at(12, 1'022),
                                 ended_at(12, 100), ended_at(14, 100), moment_at(14, 1'024)})),
              ElementsAre("ping: 1=1 12=1 14=1"));
}

TEST(RecordedSide, IsEmptyIfTheDaemonWasNotWatched) {
  EXPECT_THAT(observe({}).observed_ns, IsEmpty());
  EXPECT_THAT(observe({ended_at(11, 100), moment_at(20, 1'020)}).observed_ns, IsEmpty())
      << "no run";
  EXPECT_THAT(observe({run_at(10, 1'010)}).observed_ns, IsEmpty());
  EXPECT_THAT(observe({run_at(10, 1'010), ended_at(10, 100)}).observed_ns, IsEmpty())
      << "for no time at all";
  EXPECT_THAT(observe({run_at(10, 1'010), ended_at(11, 100)}).observed_ns,
              ElementsAre(kSecond, kSecond))
      << "its last second counts as watched, for its record";
}

}  // namespace
}  // namespace goxel_telemetry::metrics
