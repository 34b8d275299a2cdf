// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/layers/span_join.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>

namespace goxel_telemetry::metrics {
namespace {

constexpr std::uint64_t kMs = 1'000'000;
constexpr std::uint64_t kSecond = 1'000'000'000;
constexpr std::uint64_t kStart = 1'000 * kSecond;

class Join : public testing::Test {
 protected:
  void add(std::uint64_t trace, Layer layer, std::uint64_t start_ms, std::uint64_t end_ms) {
    join_.add(trace, {kStart + start_ms * kMs, kStart + end_ms * kMs, 1, layer}, now_);
  }
  void at(std::uint64_t ms) {
    now_ = kStart + ms * kMs;
    join_.advance(now_);
  }
  const JoinCounters& counters() const { return join_.counters(); }
  void expect_all_accounted_for() const {
    const JoinCounters& c = join_.counters();
    const SpanFates& f = c.fates;
    EXPECT_EQ(c.spans,
              c.untraced + c.misplaced + c.held + f.joined + f.alone + f.irregular + f.duplicates);
  }

  std::vector<JoinedOperation> joined_;
  SpanJoin join_{[this](const JoinedOperation& operation) { joined_.push_back(operation); }};
  std::uint64_t now_ = kStart;
};

TEST_F(Join, WaitsForWhatComesLateAndThenJoins) {
  at(20);
  add(7, Layer::daemon, 2, 4);
  at(4'000);
  EXPECT_TRUE(joined_.empty());
  add(7, Layer::mcp_client, 0, 10);
  at(5'900);
  EXPECT_TRUE(joined_.empty());  // its second is not over
  at(6'100);
  ASSERT_EQ(joined_.size(), 1u);
  EXPECT_EQ(joined_[0].time_ns[0], 10 * kMs);
  EXPECT_EQ(counters().held, 0u);
  EXPECT_EQ(counters().late, 0u);
  expect_all_accounted_for();
}

// What holds them together is the outer one's end: each inner one ends long before the next begins.
TEST_F(Join, AnOuterCallWithTwoInnerOnesIsOneOperation) {
  at(40);
  add(7, Layer::daemon, 4, 6);
  add(7, Layer::mcp_client, 0, 30);
  add(7, Layer::daemon, 20, 23);
  at(7'000);
  ASSERT_EQ(joined_.size(), 1u);
  EXPECT_EQ(joined_[0].time_ns[0], 30 * kMs);
  EXPECT_EQ(joined_[0].time_ns[3], 5 * kMs);
  EXPECT_EQ(joined_[0].there_ns[0], 4 * kMs);
  EXPECT_EQ(joined_[0].back_ns[0], 7 * kMs);
  EXPECT_EQ(counters().fates, (SpanFates{.joined = 3}));
}

// The first inner one ended six seconds ago, and the outer one just now.
TEST_F(Join, WhatTheOuterCallStillHoldsTogetherWaitsForTheRest) {
  at(8'000);
  add(7, Layer::daemon, 2'001, 2'003);
  add(7, Layer::mcp_client, 2'000, 8'000);
  at(9'000);
  EXPECT_TRUE(joined_.empty());
  add(7, Layer::daemon, 7'000, 7'004);
  at(15'000);
  ASSERT_EQ(joined_.size(), 1u);
  EXPECT_EQ(joined_[0].time_ns[3], 6 * kMs);
  EXPECT_EQ(counters().fates, (SpanFates{.joined = 3}));
}

// Nothing says that an outer call still goes on.
TEST_F(Join, AnOuterCallOfMoreThanThePatienceLacksItsFirstInnerOneAndCountsAsLate) {
  at(20);
  for (const std::uint64_t trace : {7, 8}) add(trace, Layer::daemon, 2, 4);
  at(6'900);
  EXPECT_EQ(counters().fates.alone, 2u);
  add(8, Layer::mcp_client, 4, 6'890);
  add(9, Layer::mcp_client, 0, 6'890);
  add(7, Layer::daemon, 6'800, 6'803);
  EXPECT_EQ(counters().late, 0u) << "none of their time was joined, as far as their traces go";
  add(7, Layer::mcp_client, 0, 6'890);
  EXPECT_EQ(counters().late, 1u);
  at(13'000);
  ASSERT_EQ(joined_.size(), 1u);
  EXPECT_EQ(joined_[0].time_ns[3], 3 * kMs) << "without the first one's 2 ms";
  expect_all_accounted_for();
}

TEST_F(Join, WhatComesTooLateIsAloneAndCounted) {
  at(20);
  add(7, Layer::daemon, 2, 4);
  at(7'000);
  EXPECT_EQ(counters().fates.alone, 1u);
  add(7, Layer::mcp_client, 0, 10);
  at(8'000);
  EXPECT_EQ(counters().fates.alone, 2u);
  EXPECT_EQ(counters().late, 1u);
  expect_all_accounted_for();
}

// A reader that slept, or began late, finds all of them at once.
TEST_F(Join, WhatIsLateTogetherIsJoined) {
  at(60'000);
  add(7, Layer::mcp_client, 0, 10);
  add(7, Layer::daemon, 2, 4);
  at(60'050);
  EXPECT_EQ(joined_.size(), 1u);
  EXPECT_EQ(counters().late, 2u);
}

// A reader's first look takes in what the ring still holds.
TEST_F(Join, WhatIsOldWhenNothingWasJoinedYetIsNotLate) {
  now_ = kStart + 60'000 * kMs;
  add(7, Layer::daemon, 2, 4);
  add(7, Layer::mcp_client, 0, 10);
  at(60'000);
  EXPECT_EQ(joined_.size(), 1u);
  EXPECT_EQ(counters().late, 0u);
}

TEST_F(Join, TracesAreKeptApart) {
  at(20);
  add(7, Layer::mcp_client, 0, 10);
  add(8, Layer::daemon, 2, 4);
  at(7'000);
  EXPECT_TRUE(joined_.empty());
  EXPECT_EQ(counters().fates.alone, 2u);
}

TEST_F(Join, SpansWithoutATraceOrOfTheFutureAreCountedAndNotHeld) {
  at(20);
  add(0, Layer::daemon, 2, 4);
  add(7, Layer::daemon, 2, 1'000);  // published during the sweep
  add(8, Layer::daemon, 2, 5'000);
  EXPECT_EQ(counters().untraced, 1u);
  EXPECT_EQ(counters().misplaced, 1u);
  EXPECT_EQ(counters().held, 1u);
  expect_all_accounted_for();
}

// One trace for a whole session: its operations are joined as they end.
TEST_F(Join, ATraceThatGoesOnIsJoinedOperationByOperation) {
  for (std::uint64_t i = 0; i < 100; ++i) {
    at(i * 200 + 100);
    add(7, Layer::daemon, i * 200 + 20, i * 200 + 40);
    add(7, Layer::mcp_client, i * 200, i * 200 + 60);
    EXPECT_LE(counters().held, 2u * (7 * 5));
  }
  EXPECT_GE(joined_.size(), 65u);
  at(30'000);
  EXPECT_EQ(joined_.size(), 100u);
  EXPECT_EQ(counters().held, 0u);
}

TEST_F(Join, AClockThatGoesBackDoesNoHarm) {
  at(10'000);
  add(7, Layer::mcp_client, 9'000, 9'900);
  at(0);
  add(7, Layer::daemon, 9'100, 9'200);  // of the future now
  EXPECT_EQ(counters().misplaced, 1u);
  add(8, Layer::mcp_client, 0, 10);  // of the time that passes again
  add(8, Layer::daemon, 2, 4);
  at(20'000);
  EXPECT_EQ(counters().fates, (SpanFates{.joined = 2, .alone = 1}));
  EXPECT_EQ(counters().held, 0u);
  expect_all_accounted_for();
}

std::vector<JoinedOperation> sorted(std::vector<JoinedOperation> operations) {
  std::sort(operations.begin(), operations.end(), [](const auto& a, const auto& b) {
    return std::tie(a.end_ns, a.layers, a.time_ns, a.there_ns) <
           std::tie(b.end_ns, b.layers, b.time_ns, b.there_ns);
  });
  return operations;
}

// Property: what is joined depends on which spans come, not on the order in which they do, as long
// as none comes more than kPatienceNs late. It is what join_spans(), which span_chain_test.cpp
// compares with its definition, makes of each whole trace.
TEST_F(Join, WhateverTheOrderOfArrivalEachTraceIsJoinedAsAWhole) {
  struct Arrival {
    std::uint64_t at_ms;
    std::uint64_t trace;
    Span span;
  };
  std::mt19937 random(7);
  const auto below = [&](std::uint64_t n) { return static_cast<std::uint64_t>(random() % n); };
  std::vector<Arrival> arrivals;
  for (int i = 0; i < 2000; ++i) {
    const std::uint64_t trace = 1 + below(300);
    std::uint64_t start = below(20'000);
    std::uint64_t end = start + 12 + below(30);
    const auto arrives = [&](std::uint64_t from, std::uint64_t to, Layer layer) {
      arrivals.push_back({end, trace, {kStart + from * kMs, kStart + to * kMs, 1, layer}});
    };
    for (std::size_t layer = 0; layer < kLayerCount; ++layer) {
      if (layer + 1 == kLayerCount && below(3) == 0) {  // two calls, one after the other
        arrives(start, start + 2, Layer::daemon);
        arrives(end - 2, end, Layer::daemon);
        break;
      }
      if (below(20) != 0) arrives(start, end, static_cast<Layer>(layer));
      if (below(20) == 0) arrives(start, end, static_cast<Layer>(layer));
      ++start;
      --end;
    }
  }
  std::map<std::uint64_t, std::vector<Span>> traces;
  for (const Arrival& arrival : arrivals) traces[arrival.trace].push_back(arrival.span);
  std::vector<JoinedOperation> expected;
  SpanFates fates;
  for (auto& [trace, spans] : traces) join_spans(spans, expected, fates);
  expected = sorted(expected);
  ASSERT_GT(expected.size(), 1000u);

  for (const std::uint64_t latest_ms : {1, 100, 1'000, 4'900, 4'900}) {
    std::vector<Arrival> order = arrivals;
    for (Arrival& arrival : order) arrival.at_ms += below(latest_ms);
    std::stable_sort(order.begin(), order.end(),
                     [](const auto& a, const auto& b) { return a.at_ms < b.at_ms; });
    std::vector<JoinedOperation> got;
    SpanJoin join([&](const JoinedOperation& operation) { got.push_back(operation); });
    std::uint64_t swept_ms = 0;
    for (const Arrival& arrival : order) {
      for (; swept_ms < arrival.at_ms; swept_ms += 50) join.advance(kStart + swept_ms * kMs);
      join.add(arrival.trace, arrival.span, kStart + arrival.at_ms * kMs);
    }
    join.advance(kStart + 60'000 * kMs);
    EXPECT_EQ(join.counters().held, 0u);
    EXPECT_EQ(sorted(got), expected) << latest_ms;
    EXPECT_EQ(join.counters().fates, fates) << latest_ms;
    EXPECT_EQ(join.counters().late, 0u) << latest_ms;
  }
}

// Property: whatever comes, no more than kMostHeld spans are held, and all are accounted for.
TEST_F(Join, MillionsOfSpansWithoutAMatchAreBounded) {
  std::uint64_t trace = 0;
  for (std::uint64_t i = 0; i < 2'000'000; ++i) {
    join_.add(++trace, {kStart, kStart + kMs, 1, Layer::daemon}, kStart);
  }
  EXPECT_EQ(counters().held, SpanJoin::kMostHeld);
  EXPECT_EQ(counters().early, 2'000'000 - SpanJoin::kMostHeld);
  expect_all_accounted_for();
  at(10'000);
  EXPECT_EQ(counters().held, 0u);
  expect_all_accounted_for();
}

TEST_F(Join, MillionsOfSpansOfOneTraceAreBounded) {
  for (std::uint64_t i = 0; i < 1'000'000; ++i) {
    // All overlap with all.
    join_.add(7, {kStart + i, kStart + 3 * kSecond - i, 1, static_cast<Layer>(i % 4)},
              kStart + 3 * kSecond);
  }
  EXPECT_LE(counters().held, SpanJoin::kMostHeld);
  expect_all_accounted_for();
}

}  // namespace
}  // namespace goxel_telemetry::metrics
