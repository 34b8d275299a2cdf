// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/layers/trace_search.h"

#include <gtest/gtest.h>

namespace goxel_telemetry::metrics {
namespace {

constexpr Time kNow = {1'000, 5'000};

NamedRecord record_of(const char* layer, std::uint64_t start_ns, std::uint64_t duration_ns) {
  NamedRecord record;
  record.layer = layer;
  record.operation = "add";
  record.stack = "4-layer";
  record.status = shm::Status::cancelled;
  record.start_ns = start_ns;
  record.duration_ns = duration_ns;
  return record;
}

TEST(TracedSpan, HasWhatTheRecordSays) {
  const auto span = traced_span(record_of("mcp-server", 900, 50), kNow);
  ASSERT_TRUE(span);
  EXPECT_EQ(span->layer, Layer::mcp_server);
  EXPECT_EQ(span->operation, "add");
  EXPECT_EQ(span->stack, "4-layer");
  EXPECT_EQ(span->status, "cancelled");
  EXPECT_EQ(span->start_ns, 900u);
  EXPECT_EQ(span->duration_ns, 50u);
}

TEST(TracedSpan, EndsNowAtTheLatestAndDoesNotBeginLater) {
  EXPECT_EQ(traced_span(record_of("daemon", 900, UINT64_MAX), kNow)->duration_ns, 100u);
  EXPECT_EQ(traced_span(record_of("daemon", 1'000, 7), kNow)->duration_ns, 0u);
  EXPECT_FALSE(traced_span(record_of("daemon", 1'001, 7), kNow));
}

TEST(TracedSpan, IsOfAKnownLayer) {
  EXPECT_FALSE(traced_span(record_of("proxy", 900, 50), kNow));
}

}  // namespace
}  // namespace goxel_telemetry::metrics
