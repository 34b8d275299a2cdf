// SPDX-License-Identifier: GPL-3.0-or-later
#include "http-bridge/otlp/sampling.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "metrics/time.h"

namespace goxel_telemetry::http_bridge::otlp {
namespace {

using metrics::kNsPerSecond;
using testing::ElementsAre;
using testing::IsEmpty;
using Choice = Sampling::Choice;

constexpr std::uint64_t kMs = 1'000'000;
constexpr std::uint64_t kNeverInShare = 1;  // as a random number it is nearly the smallest

class SamplingTest : public testing::Test {
 protected:
  struct Asked {
    std::uint64_t second = 100;  // in which it ended
    std::uint64_t ms = 1;
    std::uint64_t trace_id = kNeverInShare;
    bool failed = false;
    std::size_t spans = 4;
    std::uint32_t name = 1;
  };
  // Considers it at the end of its second, and holds it if that is wanted.
  Choice ask(const Asked& asked) {
    const Considered considered{
        instance_,      asked.name,  asked.trace_id, asked.second * kNsPerSecond,
        asked.ms * kMs, asked.spans, asked.failed};
    const Choice choice = sampling_.choose(considered, asked.second * kNsPerSecond);
    if (choice == Choice::hold) {
      Operation copy;
      copy.traced.duration_ns = asked.ms * kMs;
      copy.traced.spans.resize(asked.spans);
      sampling_.hold(considered, std::move(copy));
    }
    return choice;
  }
  std::vector<std::uint64_t> released_ms(std::uint64_t now_second) {
    std::vector<std::uint64_t> all;
    for (const Operation& one : sampling_.release(now_second * kNsPerSecond).operations) {
      all.push_back(one.traced.duration_ns / kMs);
    }
    return all;
  }

  const std::string instance_ = "goxel";
  Sampling sampling_{0.01};
};

TEST(SamplingShare, IsThatOfOpenTelemetryByTheLast56BitsOfTheTraceId) {
  // The specification's examples: a quarter has the threshold 0xc0000000000000.
  EXPECT_FALSE(is_in_share(0xFFBF'FFFF'FFFF'FFFF, 0.25));
  EXPECT_TRUE(is_in_share(0x00C0'0000'0000'0000, 0.25));
  EXPECT_TRUE(is_in_share(0, 1));
  EXPECT_FALSE(is_in_share(UINT64_MAX, 0));
}

TEST(SamplingShare, ASmallerShareIsAPartOfALargerOneAndAsLargeAsItSays) {
  std::mt19937_64 random(7);
  int in_hundredth = 0;
  constexpr int kTraces = 100'000;
  for (int i = 0; i < kTraces; ++i) {
    const std::uint64_t trace_id = random();
    if (!is_in_share(trace_id, 0.01)) continue;
    ++in_hundredth;
    EXPECT_TRUE(is_in_share(trace_id, 0.02));
  }
  EXPECT_NEAR(in_hundredth, kTraces / 100, 150);  // five standard deviations
}

TEST_F(SamplingTest, AllThatFailedAndTheShareAreSentAtOnce) {
  EXPECT_EQ(ask({.failed = true}), Choice::send);
  EXPECT_EQ(ask({.trace_id = UINT64_MAX}), Choice::send);
  EXPECT_EQ(ask({}), Choice::hold);
}

TEST_F(SamplingTest, OfEachOperationAndSecondTheSlowestAreSentWhenTheSecondIsOver) {
  for (const std::uint64_t ms : {3u, 9u, 1u, 7u}) ask({.ms = ms});
  ask({.ms = 2, .name = 2});
  ask({.second = 101, .ms = 1});
  EXPECT_EQ(ask({.ms = 5}), Choice::leave);
  EXPECT_THAT(released_ms(100 + Sampling::kHeldSeconds), IsEmpty());
  EXPECT_THAT(released_ms(101 + Sampling::kHeldSeconds), ElementsAre(9, 7, 2));
  EXPECT_THAT(released_ms(102 + Sampling::kHeldSeconds), ElementsAre(1));
}

TEST_F(SamplingTest, WhatIsJoinedAfterItsSecondWasOverCountsInTheNextOne) {
  released_ms(110);
  EXPECT_EQ(ask({.second = 90, .ms = 5}), Choice::hold);
  EXPECT_THAT(released_ms(110), IsEmpty());
  EXPECT_THAT(released_ms(111), ElementsAre(5));
}

TEST_F(SamplingTest, ASecondHasRoomForSoManySpans) {
  const Asked failed = {.failed = true, .spans = Sampling::kMostSpansPerSecond / 2};
  EXPECT_EQ(ask(failed), Choice::send);
  EXPECT_EQ(ask(failed), Choice::send);
  EXPECT_EQ(ask({.failed = true, .spans = 1}), Choice::drop);
  EXPECT_EQ(ask({.second = 101, .failed = true, .spans = 1}), Choice::send);
}

TEST_F(SamplingTest, WhatIsHeldIsBounded) {
  std::uint32_t name = 0;
  for (std::size_t held = 0; held + 128 <= Sampling::kMostHeldSpans; held += 128) {
    EXPECT_EQ(ask({.spans = 128, .name = ++name}), Choice::hold);
  }
  EXPECT_EQ(ask({.spans = 128, .name = ++name}), Choice::drop);
  EXPECT_EQ(released_ms(200).size(), Sampling::kMostHeldSpans / 128);
  EXPECT_EQ(ask({.second = 200, .spans = 128, .name = ++name}), Choice::hold);
}

}  // namespace
}  // namespace goxel_telemetry::http_bridge::otlp
