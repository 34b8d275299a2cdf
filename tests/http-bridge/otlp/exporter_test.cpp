// SPDX-License-Identifier: GPL-3.0-or-later
// Without a collector: nothing listens where spans are sent.
#include "http-bridge/otlp/exporter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "shm/clock.h"

namespace goxel_telemetry::http_bridge::otlp {
namespace {

using metrics::Layer;
using metrics::Span;

class ExporterTest : public testing::Test {
 protected:
  // An operation of two layers that ended so long ago.
  void take(std::uint64_t trace_id, std::uint64_t ago_ns = 0) {
    const std::uint64_t now_ns = shm::monotonic_ns();
    metrics::JoinedOperation operation;
    operation.name = name_;
    operation.layers = metrics::set_of(Layer::mcp_client) | metrics::set_of(Layer::daemon);
    operation.end_ns = now_ns - ago_ns;
    const std::vector<Span> spans = {
        {operation.end_ns - 2'000, operation.end_ns, name_, Layer::mcp_client},
        {operation.end_ns - 1'000, operation.end_ns, name_, Layer::daemon}};
    // A sweep each millisecond, so that no second has too many.
    const std::uint64_t sweep_ns = now_ns + ++taken_ * 1'000'000;
    exporter_.take(daemon_, {operation, trace_id, spans, names_, {sweep_ns, sweep_ns}});
  }

  std::uint64_t taken_ = 0;
  metrics::Follower daemon_{"otlp-test"};
  metrics::ChainTable names_;
  const std::uint32_t name_ = names_.number_of("2-layer", "add");
  Exporter exporter_{
      {.url = "http://127.0.0.1:1/v1/traces", .headers_file = "", .ca_file = "", .share = 1}, {}};
};

TEST_F(ExporterTest, AQueueThatIsFullDropsWhatCameFirstAndCountsIt) {
  constexpr std::uint64_t kMost =
      Exporter::kMostQueuedSpans + Exporter::kMostSpans;  // and a request under way
  while (exporter_.counts().queue_full == 0) {
    take(taken_ + 1);
    ASSERT_LE(taken_, kMost);
  }
  const ExportCounts counts = exporter_.counts();
  EXPECT_LE(counts.waiting, kMost);
  EXPECT_EQ(counts.waiting + counts.queue_full, 2 * taken_);
  EXPECT_EQ(counts.dropped(), counts.queue_full);
  EXPECT_EQ(counts.sent, 0u);
}

TEST_F(ExporterTest, WhatEndedBeforeTheBridgeBeganIsSentOnlyIfItWasReportedToIt) {
  constexpr std::uint64_t kSecond = 1'000'000'000;
  documents::SpanBatch batch;
  batch.spans.resize(1);
  batch.spans[0].trace_id = 2;
  batch.spans[0].trace_id_high = 3;
  exporter_.learn(batch);
  take(1, 60 * kSecond);
  EXPECT_EQ(exporter_.counts().waiting, 0u);
  take(2, 60 * kSecond);
  EXPECT_EQ(exporter_.counts().waiting, 2u);
  take(1);
  EXPECT_EQ(exporter_.counts().waiting, 4u);
}

TEST(OtlpTraceIds, AreWholeWhereTheyWereReportedAndTheNewestAreKnown) {
  TraceIds ids;
  documents::SpanBatch batch;
  batch.spans.resize(1);
  for (std::uint64_t low = 0; low <= TraceIds::kMost; ++low) {
    batch.spans[0].trace_id = low;
    batch.spans[0].trace_id_high = low + 1;
    ids.learn(batch);
    ids.learn(batch);
  }
  EXPECT_EQ(ids.high_of(0), 0u);
  EXPECT_EQ(ids.high_of(1), 2u);
  EXPECT_EQ(ids.high_of(TraceIds::kMost), TraceIds::kMost + 1);
  batch.spans[0].trace_id = UINT64_MAX;
  ids.learn(batch);
  EXPECT_EQ(ids.high_of(1), 0u);
  EXPECT_EQ(ids.high_of(2), 3u);
}

}  // namespace
}  // namespace goxel_telemetry::http_bridge::otlp
