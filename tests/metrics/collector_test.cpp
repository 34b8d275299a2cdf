// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/collector.h"

#include <gmock/gmock.h>

#include "test_segment.h"

namespace goxel_telemetry::metrics {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST_F(CollectorTest, WithoutADaemonItSaysSo) {
  const Snapshot snapshot = look();
  EXPECT_EQ(snapshot.daemon.state, ProducerState::absent);
  EXPECT_THAT(snapshot.daemon.message, HasSubstr(instance_));
  EXPECT_TRUE(snapshot.operations.empty());
}

TEST_F(CollectorTest, RecordsOfTheLastCompleteSecondAreNow) {
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
  EXPECT_EQ(snapshot.daemon.state, ProducerState::live);
  ASSERT_EQ(snapshot.operations.size(), 2u);
  const OperationStats& add = *find(snapshot, "goxel.add_voxel");
  EXPECT_EQ(add.key, (OperationKey{"2-layer", "mcp", "daemon", "goxel.add_voxel"}));
  EXPECT_EQ(add.total, (Outcomes{100, 1, 0, 0, 0}));
  const WindowStats& now = add.window(Window::now);
  EXPECT_EQ(now.outcomes, add.total);
  EXPECT_DOUBLE_EQ(now.covered_seconds, 1);
  EXPECT_DOUBLE_EQ(now.rate_per_second, 101);
  EXPECT_EQ(now.latency.count, 101u);
  EXPECT_EQ(now.latency.min_ns, 1'000u);
  EXPECT_EQ(now.latency.max_ns, 100'000u);
  EXPECT_NEAR(static_cast<double>(now.latency.p50_ns), 50'000, 500);
  EXPECT_NEAR(static_cast<double>(now.latency.p99_ns), 99'000, 990);
  const OperationStats& ping = *find(snapshot, "ping");
  EXPECT_EQ(ping.window(Window::now).outcomes.unanswered, 1u);
  EXPECT_EQ(ping.window(Window::now).latency.count, 0u) << "an unanswered request has no latency";
  EXPECT_EQ(snapshot.daemon.window(Window::now).outcomes.all(), 102u);
}

}  // namespace
}  // namespace goxel_telemetry::metrics
