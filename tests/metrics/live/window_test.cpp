// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/live/window.h"

#include <gmock/gmock.h>

#include <random>
#include <vector>

namespace goxel_telemetry::metrics {
namespace {

using testing::Each;
using testing::ElementsAre;

// A clock that stands at second 10,000, and one record a call.
class WindowTest : public testing::Test {
 protected:
  WindowTest() { windows_.advance(now_); }

  void pass(std::uint64_t seconds) {
    for (std::uint64_t i = 0; i < seconds; ++i) windows_.advance(++now_);
  }
  void jump(std::int64_t seconds) {
    now_ = static_cast<std::uint64_t>(static_cast<std::int64_t>(now_) + seconds);
    windows_.advance(now_);
  }
  void record(std::uint64_t second, std::uint64_t duration_ns = 1'000) {
    Measurement measurement;
    measurement.duration_ns = duration_ns;
    windows_.add(second, measurement);
  }

  // Records in the last second, 1, 5 and 15 minutes.
  std::vector<std::uint64_t> counts() {
    std::vector<std::uint64_t> counts;
    for (const Tally& tally : windows_.totals()) {
      EXPECT_EQ(tally.outcomes.all(), tally.latency.count());
      counts.push_back(tally.outcomes.all());
    }
    return counts;
  }

  std::uint64_t now_ = 10'000;
  SlidingWindows windows_;
};

TEST_F(WindowTest, TheSecondThatStillRunsIsInNoWindow) {
  record(now_);
  EXPECT_THAT(counts(), ElementsAre(0, 0, 0, 0));
  pass(1);
  EXPECT_THAT(counts(), ElementsAre(1, 1, 1, 1));
}

TEST_F(WindowTest, ARecordLeavesEachWindowInItsTime) {
  record(now_);
  pass(1);
  EXPECT_THAT(counts(), ElementsAre(1, 1, 1, 1));
  pass(1);
  EXPECT_THAT(counts(), ElementsAre(0, 1, 1, 1));
  pass(58);  // 60 seconds ago
  EXPECT_THAT(counts(), ElementsAre(0, 1, 1, 1));
  pass(1);
  EXPECT_THAT(counts(), ElementsAre(0, 0, 1, 1));
  pass(235);  // 296 seconds ago
  EXPECT_THAT(counts(), ElementsAre(0, 0, 1, 1));
  pass(5);
  EXPECT_THAT(counts(), ElementsAre(0, 0, 0, 1));
  pass(585);  // 886 seconds ago
  EXPECT_THAT(counts(), ElementsAre(0, 0, 0, 1));
  pass(15);
  EXPECT_THAT(counts(), ElementsAre(0, 0, 0, 0));
  EXPECT_TRUE(windows_.empty());
}

TEST_F(WindowTest, AnyStretchOfTheLastMinuteIsItsSeconds) {
  const std::uint64_t start = now_;
  // The second i seconds later has i + 1 records of i milliseconds.
  for (std::uint64_t i = 0; i < 60; ++i) {
    for (std::uint64_t n = 0; n <= i; ++n) record(now_, i * 1'000'000);
    pass(1);
  }
  const auto count = [&](std::uint64_t begin, std::uint64_t end) {
    const Tally tally = windows_.between(start + begin, start + end);
    EXPECT_EQ(tally.outcomes.all(), tally.latency.count());
    return tally.outcomes.all();
  };
  EXPECT_EQ(count(0, 60), 60U * 61 / 2);
  EXPECT_EQ(count(0, 1), 1U);
  EXPECT_EQ(count(10, 15), 11U + 12 + 13 + 14 + 15);
  EXPECT_EQ(count(58, 100), 59U + 60) << "up to the last one, which is not packed yet";
  EXPECT_EQ(count(60, 65), 0U);
  EXPECT_EQ(count(10, 10), 0U);
  const Tally tally = windows_.between(start + 10, start + 15);
  EXPECT_EQ(tally.latency.min(), 10'000'000U);
  EXPECT_EQ(tally.latency.max(), 14'000'000U);
  record(start + 12);
  EXPECT_EQ(count(10, 15), 1 + 11U + 12 + 13 + 14 + 15) << "one that came late";
}

// One record a second: each window counts exactly the seconds that begin_of() says, at every
// second.
TEST_F(WindowTest, WindowsMoveByTheSecond) {
  const std::uint64_t start = now_;
  for (int i = 0; i < 2'000; ++i) {
    record(now_);
    pass(1);
    const WindowTallies totals = windows_.totals();
    for (std::size_t w = 0; w < kWindowCount; ++w) {
      const std::uint64_t begin =
          std::max(start, SlidingWindows::begin_of(static_cast<Window>(w), now_));
      ASSERT_EQ(totals[w].outcomes.all(), now_ - begin) << kWindowNames[w] << " at " << now_;
    }
  }
}

TEST_F(WindowTest, FarEdgesAreNeverEarlierThanTheNameSays) {
  for (std::uint64_t now = 10'000; now < 10'100; ++now) {
    EXPECT_EQ(now - SlidingWindows::begin_of(Window::now, now), 1u);
    EXPECT_EQ(now - SlidingWindows::begin_of(Window::one_minute, now), 60u);
    const std::uint64_t five = now - SlidingWindows::begin_of(Window::five_minutes, now);
    EXPECT_TRUE(five >= 296 && five <= 300) << five;
    const std::uint64_t fifteen = now - SlidingWindows::begin_of(Window::fifteen_minutes, now);
    EXPECT_TRUE(fifteen >= 886 && fifteen <= 900) << fifteen;
  }
}

TEST(SlidingWindows, AMachineThatJustStartedHasShortWindows) {
  SlidingWindows windows;
  for (std::uint64_t now = 0; now < 1'000; ++now) {
    windows.advance(now);
    windows.add(now, {});
    const WindowTallies totals = windows.totals();
    for (std::size_t w = 0; w < kWindowCount; ++w) {
      ASSERT_EQ(totals[w].outcomes.all(),
                now - SlidingWindows::begin_of(static_cast<Window>(w), now))
          << kWindowNames[w] << " at " << now;
    }
  }
}

// What each window says equals recording the same records of the same seconds into one histogram.
TEST_F(WindowTest, QuantilesAreThoseOfAllRecordsOfTheWindow) {
  std::mt19937_64 random(1);
  std::vector<std::pair<std::uint64_t, std::uint64_t>> records;
  for (int second = 0; second < 1'000; ++second) {
    for (std::uint64_t i = random() % 20; i > 0; --i) {
      const std::uint64_t duration = 1'000 + random() % (random() % 10'000'000 + 1);
      records.emplace_back(now_, duration);
      record(now_, duration);
    }
    pass(1);
  }
  const WindowTallies totals = windows_.totals();
  for (std::size_t w = 0; w < kWindowCount; ++w) {
    Histogram expected;
    for (const auto& [second, duration] : records) {
      if (second >= SlidingWindows::begin_of(static_cast<Window>(w), now_)) {
        expected.record(duration);
      }
    }
    EXPECT_EQ(totals[w].latency, expected) << kWindowNames[w];
  }
}

TEST_F(WindowTest, AReaderThatSleptFindsEachRecordItsSecond) {
  record(now_);
  jump(400);
  // The backlog arrives in any order.
  for (const unsigned ago : {1u, 399u, 30u, 100u, 61u, 299u, 2u, 1u}) record(now_ - ago);
  EXPECT_THAT(counts(), ElementsAre(2, 4, 7, 9));
  pass(1);
  EXPECT_THAT(counts(), ElementsAre(0, 4, 6, 9));
}

TEST_F(WindowTest, LateRecordsCountInTheSecondTheyBelongTo) {
  pass(100);
  record(now_ - 50, 7'000);
  EXPECT_THAT(counts(), ElementsAre(0, 1, 1, 1));
  record(now_ - 200);
  EXPECT_THAT(counts(), ElementsAre(0, 1, 2, 2));
  record(now_ - 200);
  EXPECT_THAT(counts(), ElementsAre(0, 1, 3, 3)) << "the same second once more";
  pass(10);
  record(now_ - 60, 9'000);
  EXPECT_THAT(counts(), ElementsAre(0, 2, 4, 4));
  EXPECT_EQ(windows_.totals()[1].latency.max(), 9'000u);
  pass(1);
  EXPECT_THAT(counts(), ElementsAre(0, 0, 4, 4));
}

TEST_F(WindowTest, ASecondLongPastIsIgnored) {
  record(now_ - 901);
  record(0);
  EXPECT_TRUE(windows_.empty());
  record(now_ - 886);
  EXPECT_FALSE(windows_.empty());
}

TEST_F(WindowTest, ASecondInTheFutureIsTakenAsNow) {
  record(now_ + 1'000'000);
  record(UINT64_MAX);
  pass(1);
  EXPECT_THAT(counts(), ElementsAre(2, 2, 2, 2));
}

TEST_F(WindowTest, GapsLeaveTheWindowsEmptyBetween) {
  record(now_);
  jump(10);
  EXPECT_THAT(counts(), ElementsAre(0, 1, 1, 1));
  record(now_);
  pass(1);
  EXPECT_THAT(counts(), ElementsAre(1, 2, 2, 2));
  jump(100'000);
  EXPECT_THAT(counts(), ElementsAre(0, 0, 0, 0));
  EXPECT_TRUE(windows_.empty());
}

TEST_F(WindowTest, AClockThatGoesBackForgetsTheFutureAndGoesOn) {
  record(now_ - 30);
  record(now_);
  jump(-20);
  EXPECT_THAT(counts(), ElementsAre(0, 1, 1, 1));
  record(now_);
  pass(1);
  EXPECT_THAT(counts(), ElementsAre(1, 2, 2, 2));
  pass(25);
  EXPECT_THAT(counts(), ElementsAre(0, 2, 2, 2)) << "what was the future stays forgotten";
  jump(-9'000);
  EXPECT_THAT(counts(), ElementsAre(0, 0, 0, 0));
  record(now_);
  pass(1);
  EXPECT_THAT(counts(), ElementsAre(1, 1, 1, 1));
}

// It runs once more: what it holds already stays, and what comes is added.
TEST_F(WindowTest, AClockThatGoesBackKeepsTheSecondThatItGoesBackTo) {
  record(now_ - 20);
  record(now_ - 19);  // of the future then
  jump(-20);
  record(now_);
  pass(1);
  EXPECT_THAT(counts(), ElementsAre(2, 2, 2, 2));
  pass(1);
  EXPECT_THAT(counts(), ElementsAre(0, 2, 2, 2));
}

TEST_F(WindowTest, NothingIsLostWhereSlotsAreMergedWhateverTheJumps) {
  std::mt19937_64 random(2);
  for (int round = 0; round < 200; ++round) {
    SlidingWindows windows;
    std::uint64_t now = 10'000 + random() % 100;
    windows.advance(now);
    std::vector<std::uint64_t> seconds;
    for (int step = 0; step < 100; ++step) {
      const std::uint64_t second = now - std::min<std::uint64_t>(random() % 1'000, now);
      if (second >= SlidingWindows::begin_of(Window::fifteen_minutes, now)) {
        seconds.push_back(second);
      }
      windows.add(second, {});
      if (random() % 3 == 0) windows.totals();  // what it remembers must not grow stale
      now += random() % (step % 10 == 0 ? 300 : 3);
      windows.advance(now);
    }
    const WindowTallies totals = windows.totals();
    for (std::size_t w = 0; w < kWindowCount; ++w) {
      const std::uint64_t begin = SlidingWindows::begin_of(static_cast<Window>(w), now);
      const auto expected = std::count_if(seconds.begin(), seconds.end(),
                                          [&](std::uint64_t s) { return s >= begin && s < now; });
      ASSERT_EQ(totals[w].outcomes.all(), static_cast<std::uint64_t>(expected))
          << kWindowNames[w] << " of round " << round;
    }
  }
}

TEST_F(WindowTest, MemoryIsBoundedAndGivenBack) {
  std::mt19937_64 random(3);
  std::size_t most = 0;
  for (int second = 0; second < 2'000; ++second) {
    for (int i = 0; i < 100; ++i) record(now_, 20'000 + random() % 2'000'000);
    pass(1);
    most = std::max(most, windows_.memory_bytes());
  }
  EXPECT_LT(most, 200'000u);
  EXPECT_GT(most, 10'000u);
  jump(2'000);
  EXPECT_LT(windows_.memory_bytes(), 20'000u);
}

// At 900 seconds, of which the last 300 to 315 are kept.
TEST_F(WindowTest, WhatIsForgottenGivesItsMemoryBackAndTheRestStays) {
  for (int second = 0; second < 900; ++second) {
    record(now_);
    pass(1);
  }
  const std::size_t whole = windows_.memory_bytes();
  const std::uint64_t begin = (now_ - 300) / 15 * 15;
  windows_.forget_before(begin);
  EXPECT_LT(windows_.memory_bytes(), whole);
  EXPECT_THAT(counts(),
              ElementsAre(1, 60, now_ - SlidingWindows::begin_of(Window::five_minutes, now_),
                          now_ - begin));
  record(now_);
  pass(1);
  EXPECT_EQ(counts()[0], 1u);
  windows_.forget_before((now_ / 15 + 1) * 15);
  EXPECT_TRUE(windows_.empty());
  EXPECT_THAT(counts(), Each(0));
}

TEST_F(WindowTest, SumsBesideTheSpanAreThoseOfAnsweredRequests) {
  Measurement answered;
  answered.wait_ns = 10;
  answered.receive_ns = 20;
  answered.send_ns = 30;
  answered.bytes_in = 5;
  Measurement cancelled = answered;
  cancelled.status = shm::Status::cancelled;
  windows_.add(now_, answered);
  windows_.add(now_, cancelled);
  pass(1);
  const Tally tally = windows_.totals()[0];
  EXPECT_EQ(tally.outcomes, (Outcomes{1, 0, 0, 0, 1}));
  EXPECT_TRUE(tally.wait_ns == 10 && tally.receive_ns == 20 && tally.send_ns == 30);
  EXPECT_EQ(tally.bytes_in, 10u);
}

}  // namespace
}  // namespace goxel_telemetry::metrics
