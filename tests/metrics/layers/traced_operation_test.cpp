// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/layers/traced_operation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace goxel_telemetry::metrics {
namespace {

using testing::ElementsAre;
using testing::SizeIs;

constexpr std::uint64_t kMs = 1'000'000;
constexpr std::uint64_t kAhead = 1'000'000'000'000;

// In milliseconds.
TracedSpan span(Layer layer, std::uint64_t start, std::uint64_t end, const char* name = "add") {
  TracedSpan one;
  one.layer = layer;
  one.operation = name;
  one.stack = "4-layer";
  one.status = "ok";
  one.start_ns = start * kMs;
  one.duration_ns = (end - start) * kMs;
  return one;
}

// "layer depth own-time-in-ms" of each span.
std::vector<std::string> drawn(const TracedOperation& operation) {
  std::vector<std::string> lines;
  for (const TracedSpan& one : operation.spans) {
    lines.push_back(std::string(kLayerNames[static_cast<std::size_t>(one.layer)]) + ' ' +
                    std::to_string(one.depth) + ' ' + std::to_string(one.own_ns / kMs));
  }
  return lines;
}

TEST(TracedOperations, EachSpanStandsBelowTheOneThatItLiesIn) {
  const auto operations = traced_operations(
      7,
      {span(Layer::daemon, 30, 40), span(Layer::ts_client, 20, 60), span(Layer::daemon, 50, 55),
       span(Layer::mcp_client, 0, 100, "tool"), span(Layer::mcp_server, 10, 90)},
      kAhead);
  ASSERT_THAT(operations, SizeIs(1));
  const TracedOperation& one = operations[0];
  EXPECT_THAT(drawn(one), ElementsAre("mcp-client 0 20", "mcp-server 1 40", "ts-client 2 25",
                                      "daemon 3 10", "daemon 3 5"));
  EXPECT_EQ(one.operation, "tool");
  EXPECT_EQ(one.trace_id, 7u);
  EXPECT_EQ(one.start_ns, 0u);
  EXPECT_EQ(one.start_realtime_ns, kAhead);
  EXPECT_EQ(one.duration_ns, 100 * kMs);
  EXPECT_EQ(one.layers, 0b1111);
}

TEST(TracedOperations, WhatLiesInNoneStandsAtTheEdge) {
  const auto operations = traced_operations(
      7, {span(Layer::mcp_client, 10, 50), span(Layer::daemon, 5, 30), span(Layer::daemon, 20, 25)},
      0);
  ASSERT_THAT(operations, SizeIs(1));
  EXPECT_THAT(drawn(operations[0]), ElementsAre("daemon 0 25", "mcp-client 0 35", "daemon 1 5"));
  EXPECT_EQ(operations[0].start_ns, 5 * kMs);
  EXPECT_EQ(operations[0].duration_ns, 45 * kMs);
}

TEST(TracedOperations, SpansBesideEachOtherCountOnceWhereTheyOverlap) {
  const auto operations =
      traced_operations(7,
                        {span(Layer::mcp_server, 0, 100), span(Layer::daemon, 10, 40),
                         span(Layer::daemon, 30, 60), span(Layer::daemon, 30, 35)},
                        0);
  EXPECT_THAT(drawn(operations.at(0)),
              ElementsAre("mcp-server 0 50", "daemon 1 30", "daemon 1 30", "daemon 1 5"));
}

TEST(TracedOperations, ThoseThatDoNotOverlapAreSeveralAndEqualOnesCountOnce) {
  const auto operations = traced_operations(
      7, {span(Layer::daemon, 60, 70), span(Layer::daemon, 10, 20), span(Layer::daemon, 60, 70)},
      0);
  ASSERT_THAT(operations, SizeIs(2));
  EXPECT_EQ(operations[0].start_ns, 10 * kMs);
  EXPECT_THAT(operations[1].spans, SizeIs(1));
}

TEST(TracedOperations, ALittleSticksOutOfTheSpanThatItLiesIn) {
  TracedSpan inner = span(Layer::daemon, 0, 10);
  inner.start_ns += 10 * kMs - kClockSlackNs;
  TracedSpan outer = span(Layer::mcp_client, 10, 30);
  auto operations = traced_operations(7, {inner, outer}, 0);
  EXPECT_THAT(drawn(operations.at(0)), ElementsAre("mcp-client 0 10", "daemon 1 10"));
  inner.start_ns -= 1;
  operations = traced_operations(7, {inner, outer}, 0);
  EXPECT_EQ(operations.at(0).spans.at(1).depth, 0u);
}

TEST(TracedOperations, TooManySpansAreCutAndCounted) {
  std::vector<TracedSpan> spans = {span(Layer::mcp_client, 0, 10'000)};
  for (std::uint64_t i = 0; i < 500; ++i) spans.push_back(span(Layer::daemon, 10 * i, 10 * i + 5));
  const auto operations = traced_operations(7, spans, 0);
  ASSERT_THAT(operations, SizeIs(1));
  EXPECT_THAT(operations[0].spans, SizeIs(kMostTracedSpans));
  EXPECT_EQ(operations[0].spans_left_out, 501 - kMostTracedSpans);
  EXPECT_EQ(operations[0].duration_ns, 10'000 * kMs);
}

TEST(TracedOperations, OfNothingThereAreNone) {
  EXPECT_TRUE(traced_operations(7, {}, 0).empty());
}

}  // namespace
}  // namespace goxel_telemetry::metrics
