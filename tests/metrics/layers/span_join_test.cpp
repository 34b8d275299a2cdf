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
  void add(std::uint64_t trace, Layer layer, std::uint64_t start_ms, std::uint64_t end_ms,
           std::uint8_t stack = 0) {
    join_.add(trace, {kStart + start_ms * kMs, kStart + end_ms * kMs, 1, layer, stack}, now_);
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
  SpanJoin join_{[this](const JoinedOperation& operation, std::uint64_t, std::span<const Span>) {
    joined_.push_back(operation);
  }};
  std::uint64_t now_ = kStart;
};

TEST_F(Join, WaitsForWhatComesLateAndThenJoins) {
  at(20);
  add(7, Layer::daemon, 2, 4);
  at(4'000);
  EXPECT_TRUE(joined_.empty());
  add(7, Layer::mcp_client, 0, 10);
  at(5'000);
  EXPECT_TRUE(joined_.empty());
  at(5'100);
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

// Each of a millisecond, in the middle of the last hundred before `end_ms`.
class Hurry : public Join {
 protected:
  void whole(std::uint64_t trace, std::uint64_t end_ms, std::uint8_t stack = 0) {
    add(trace, Layer::daemon, end_ms - 60, end_ms - 40, stack);
    add(trace, Layer::mcp_server, end_ms - 80, end_ms - 20, stack);
    add(trace, Layer::mcp_client, end_ms - 100, end_ms, stack);
  }
  // One has waited, so that it is known what is whole.
  void know(std::uint8_t stack = 0) {
    at(100);
    whole(1, 100, stack);
    at(6'000);
    ASSERT_EQ(counters().operations, 1u);
    ASSERT_EQ(counters().at_once, 0u);
  }
};

TEST_F(Hurry, WhatIsAllThereIsJoinedAtOnceWhenItIsKnownWhatAllIs) {
  know();
  whole(2, 6'000);
  at(6'200);
  EXPECT_EQ(counters().operations, 1u) << "it may have been made again by another process";
  at(6'350);
  EXPECT_EQ(counters().operations, 2u);
  EXPECT_EQ(counters().at_once, 1u);
  EXPECT_EQ(counters().held, 0u);
  expect_all_accounted_for();
}

TEST_F(Hurry, WhatIsNotAllThereWaitsAndIsJoinedWhenTheRestComes) {
  know();
  add(2, Layer::daemon, 6'000, 6'010);
  add(2, Layer::mcp_client, 5'980, 6'030);
  at(8'000);
  EXPECT_EQ(counters().operations, 1u);
  add(2, Layer::mcp_server, 5'990, 6'020);
  at(8'100);
  ASSERT_EQ(counters().operations, 2u);
  EXPECT_EQ(joined_[1].time_ns, (std::array<std::uint64_t, 4>{50 * kMs, 30 * kMs, 0, 10 * kMs}));
  EXPECT_EQ(counters().late, 0u);
}

TEST_F(Hurry, EachStackHasItsOwnWhole) {
  know(3);
  whole(2, 6'000, 4);
  at(7'000);
  EXPECT_EQ(counters().operations, 1u);
  at(12'000);
  EXPECT_EQ(counters().operations, 2u);
  EXPECT_EQ(counters().at_once, 0u);
}

// An inner layer may take part in some operations only. Those without it cannot be told from those whose
// span of it is still to come.
TEST_F(Hurry, WithoutALayerThatReportsNothingIsWhole) {
  know();
  const auto without = [&](std::uint64_t trace, std::uint64_t at_ms) {
    add(trace, Layer::daemon, at_ms - 10, at_ms - 5);
    add(trace, Layer::mcp_server, at_ms - 15, at_ms);
  };
  without(2, 6'000);
  at(11'500);
  EXPECT_EQ(counters().operations, 2u);
  without(3, 11'500);
  at(13'000);
  EXPECT_EQ(counters().operations, 2u) << "clients report";
  at(70'000);
  EXPECT_EQ(counters().operations, 3u);
  without(4, 70'000);
  at(70'400);
  EXPECT_EQ(counters().operations, 4u) << "no client has reported for more than a minute";
}

TEST_F(Hurry, AfterOneThatComesLateAllWaitAgain) {
  know();
  whole(2, 6'000);
  at(6'400);
  ASSERT_EQ(counters().at_once, 1u);
  add(2, Layer::mcp_server, 5'910, 5'930);
  EXPECT_EQ(counters().late, 1u);
  at(6'450);
  whole(3, 6'450);
  at(7'000);
  EXPECT_EQ(counters().operations, 2u);
  at(12'000);
  EXPECT_EQ(counters().operations, 3u);
  whole(4, 12'000);
  at(12'400);
  EXPECT_EQ(counters().at_once, 2u) << "the third has shown what is whole";
  expect_all_accounted_for();
}

TEST_F(Hurry, WhatMadeRoomShowsNothing) {
  at(100);
  whole(1, 100);
  for (std::uint64_t i = 0; i < SpanJoin::kMostHeld; ++i) add(100 + i, Layer::daemon, 90, 100, 9);
  ASSERT_EQ(counters().operations, 1u);
  at(200);
  whole(2, 200);
  at(600);
  EXPECT_EQ(counters().at_once, 0u);
}

// As in a session whose calls are all in one trace: the larger it is, the more seldom it is sorted.
TEST_F(Hurry, OperationsOfOneTraceAreJoinedAtOnceToo) {
  know();
  for (std::uint64_t i = 0; i < 50; ++i) {
    whole(7, 6'000 + i * 110);
    at(6'000 + i * 110);
    EXPECT_LE(counters().held, 12u);
  }
  at(12'000);
  EXPECT_EQ(counters().at_once, 50u);
  EXPECT_EQ(counters().late, 0u);
}

std::vector<JoinedOperation> sorted(std::vector<JoinedOperation> operations) {
  std::sort(operations.begin(), operations.end(), [](const auto& a, const auto& b) {
    return std::tie(a.end_ns, a.layers, a.time_ns, a.there_ns) <
           std::tie(b.end_ns, b.layers, b.time_ns, b.there_ns);
  });
  return operations;
}

struct Arrival {
  std::uint64_t at_ms;
  std::uint64_t trace;
  Span span;
};

// 2,000 operations within 20 s, of few traces, some with two calls of the daemon one after the other; each arrives
// when it ends.
class Orders : public testing::Test {
 protected:
  // `without`: for each operation, a layer that it lacks; kLayerCount: none.
  template <class Without>
  void make(Without without) {
    for (int i = 0; i < 2000; ++i) {
      const std::uint64_t trace = 1 + below(300);
      std::uint64_t start = below(20'000);
      std::uint64_t end = start + 12 + below(30);
      const auto arrives = [&](std::uint64_t from, std::uint64_t to, Layer layer) {
        arrivals_.push_back({to, trace, {kStart + from * kMs, kStart + to * kMs, 1, layer}});
      };
      const std::size_t lacks = without();
      for (std::size_t layer = 0; layer < kLayerCount; ++layer, ++start, --end) {
        if (layer == lacks) continue;
        if (layer + 1 == kLayerCount && below(3) == 0) {
          arrives(start, start + 2, Layer::daemon);
          arrives(end - 2, end, Layer::daemon);
          break;
        }
        arrives(start, end, static_cast<Layer>(layer));
        if (below(20) == 0) arrives(start, end, static_cast<Layer>(layer));
      }
    }
    std::map<std::uint64_t, std::vector<Span>> traces;
    for (const Arrival& arrival : arrivals_) traces[arrival.trace].push_back(arrival.span);
    JoinedSpans joined;
    for (auto& [trace, spans] : traces) join_spans(spans, joined, fates_);
    expected_ = sorted(joined.operations);
    ASSERT_GT(expected_.size(), 1000u);
  }

  // What is joined of them, when they come in this order, and that it is what is expected.
  JoinCounters join(std::vector<Arrival> order) {
    std::stable_sort(order.begin(), order.end(),
                     [](const auto& a, const auto& b) { return a.at_ms < b.at_ms; });
    std::vector<JoinedOperation> got;
    SpanJoin join([&](const JoinedOperation& operation, std::uint64_t, std::span<const Span>) {
      got.push_back(operation);
    });
    std::uint64_t swept_ms = 0;
    for (const Arrival& arrival : order) {
      for (; swept_ms < arrival.at_ms; swept_ms += 50) join.advance(kStart + swept_ms * kMs);
      join.add(arrival.trace, arrival.span, kStart + arrival.at_ms * kMs);
    }
    join.advance(kStart + 60'000 * kMs);
    EXPECT_EQ(join.counters().held, 0u);
    EXPECT_EQ(sorted(got), expected_);
    EXPECT_EQ(join.counters().fates, fates_);
    EXPECT_EQ(join.counters().late, 0u);
    return join.counters();
  }

  std::uint64_t below(std::uint64_t n) { return random_() % n; }

  std::mt19937 random_{7};
  std::vector<Arrival> arrivals_;
  std::vector<JoinedOperation> expected_;
  SpanFates fates_;
};

// Property: what is joined depends on which spans come, not on the order in which they do, as long
// as none comes more than kPatienceNs late and it is not known what is whole. It is what join_spans(),
// which span_chain_test.cpp compares with its definition, makes of each whole trace.
TEST_F(Orders, WhateverTheOrderOfArrivalEachTraceIsJoinedAsAWhole) {
  make([this] { return below(kLayerCount); });
  for (const std::uint64_t latest_ms : {1, 100, 1'000, 4'900, 4'900}) {
    SCOPED_TRACE(latest_ms);
    std::vector<Arrival> order = arrivals_;
    for (Arrival& arrival : order) arrival.at_ms += below(latest_ms);
    EXPECT_EQ(join(order).at_once, 0u) << "each layer reports, and each operation lacks one";
  }
}

// Property: nor where operations are joined at once. The daemon's spans come as they end; each process outside of it
// reports whenever it comes to it, what has ended by then and in one piece.
TEST_F(Orders, HoweverLateProcessesReportEachTraceIsJoinedAsAWholeAndMostAtOnce) {
  make([this] { return below(10) == 0 ? below(kLayerCount) : kLayerCount; });
  for (const std::uint64_t latest_ms : {50, 400, 4'900, 4'900}) {
    SCOPED_TRACE(latest_ms);
    std::array<std::vector<std::uint64_t>, kLayerCount> reports_ms;
    for (auto& reports : reports_ms) {
      for (std::uint64_t at_ms = 0; at_ms < 25'000;) {
        at_ms += 1 + below(latest_ms);
        reports.push_back(at_ms);
      }
    }
    std::vector<Arrival> order = arrivals_;
    for (Arrival& arrival : order) {
      if (arrival.span.layer == Layer::daemon) continue;
      const auto& reports = reports_ms[static_cast<std::size_t>(arrival.span.layer)];
      arrival.at_ms = *std::lower_bound(reports.begin(), reports.end(), arrival.at_ms);
    }
    const JoinCounters counters = join(order);
    if (latest_ms <= 400) {
      EXPECT_GT(counters.at_once, counters.operations / 2);
    }
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
