// SPDX-License-Identifier: GPL-3.0-or-later
// A viewer that is open all day, by a clock and by requests of our own: "fill" takes 1 ms in mcp-server and 2 ms in the daemon
// that is inside of it, "ping" 1 ms in the daemon, each ten times a second, until something happens.
#include "viewer-qt/models/slowdown.h"

#include <gtest/gtest.h>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "metrics/comparison/added_time.h"
#include "metrics/text/format.h"

namespace goxel_telemetry::viewer {
namespace {

using metrics::kNsPerSecond;
using metrics::OperationKey;

constexpr std::uint64_t kOpened = 1'780'000'000;  // Unix seconds

const OperationKey kOuter{"4-layer", "mcp", "mcp-server", "fill"};
const OperationKey kFill{"4-layer", "jsonrpc", "daemon", "fill"};
const OperationKey kPing{"4-layer", "jsonrpc", "daemon", "ping"};

class SlowdownTest : public testing::Test {
 protected:
  struct Event {
    OperationKey key;
    std::uint64_t from;  // seconds after kOpened
    std::uint64_t to;
    double factor;  // of its own time; 0: no requests
  };

  double milliseconds(const OperationKey& key, std::uint64_t second) const {
    double ms = key == kFill ? 2 : 1;
    for (const Event& event : events_) {
      if (event.key == key && second >= kOpened + event.from && second < kOpened + event.to)
        ms *= event.factor;
    }
    return key == kOuter ? ms + milliseconds(kFill, second) : ms;
  }
  const metrics::Tally& tally(const OperationKey& key, std::uint64_t second) const {
    metrics::Tally& tally = tallies_[{key, second}];
    const double ms = milliseconds(key, second);
    if (ms == 0 || tally.outcomes.all() != 0) return tally;
    std::minstd_rand random(static_cast<std::uint32_t>(second));
    for (int i = 0; i < 10; ++i) {
      metrics::Measurement request;
      request.duration_ns =
          static_cast<std::uint64_t>(ms * std::uniform_real_distribution<>(0.8e6, 1.2e6)(random));
      tally.add(request);
    }
    return tally;
  }
  metrics::Observation seen(const metrics::TimeStretch& stretch) const {
    const std::uint64_t begin = stretch.begin_ns / kNsPerSecond;
    const std::uint64_t end = stretch.end_ns / kNsPerSecond;
    metrics::ObservationBuilder builder(begin, end);
    builder.observed(begin * kNsPerSecond, end * kNsPerSecond);
    for (const OperationKey& key : {kOuter, kFill, kPing}) {
      for (std::uint64_t second = begin; second < end; ++second) {
        builder.add(key, second, tally(key, second));
      }
    }
    return std::move(builder).finish();
  }
  void look_at(std::uint64_t second) {
    const std::uint64_t now = (kOpened + second) * kNsPerSecond;
    if (!watch_.is_due(now)) return;
    watch_.look(now, [this](const metrics::TimeStretch& before, const metrics::TimeStretch& after,
                            const Selection& selection, double level) {
      auto changes = std::make_shared<Changes>();
      changes->before = before;
      changes->after = after;
      metrics::AddedTimeOptions options;
      options.level = level;
      options.operation = selection.operation;
      options.stack = selection.stack;
      options.layer = selection.layer;
      changes->found = metrics::added_time(seen(before), seen(after), options);
      return changes;
    });
  }
  // Each minute.
  void watch_until(std::uint64_t second) {
    for (; at_ <= second; at_ += 60) look_at(at_);
  }
  // "fill/mcp-server"; empty: nothing holds.
  std::string holding() const { return name_of(watch_.holding()); }
  static std::string name_of(const SlowdownPointer& slowdown) {
    if (slowdown == nullptr) return {};
    return slowdown->what().operation + '/' + slowdown->what().layer;
  }

  std::vector<Event> events_;
  mutable std::map<std::pair<OperationKey, std::uint64_t>, metrics::Tally> tallies_;
  SlowdownWatch watch_;
  std::uint64_t at_ = 0;
};

TEST_F(SlowdownTest, NothingIsFoundWhereNothingChanges) {
  watch_until(900);
  EXPECT_EQ(watch_.found(), nullptr);
  EXPECT_EQ(holding(), "");
}

TEST_F(SlowdownTest, IsFoundWithinTwoMinutesAndSaysWhatAndSinceWhen) {
  events_ = {{kOuter, 310, 9'000, 1.5}};
  watch_until(300);
  EXPECT_EQ(holding(), "");
  watch_until(420);
  ASSERT_EQ(holding(), "fill/mcp-server");
  EXPECT_EQ(watch_.found(), watch_.holding());
  const Slowdown& slowdown = *watch_.holding();
  const auto since = slowdown.changes->after.begin_ns;
  EXPECT_NEAR(static_cast<double>(since) / kNsPerSecond, kOpened + 310.0, 30);
  EXPECT_EQ(in_words(slowdown).toStdString(),
            "fill in mcp-server takes " +
                metrics::format_duration(*slowdown.what().own_time.shift) + " longer since about " +
                metrics::format_time_of_day(since).substr(0, 8) + ", proven");
}

TEST_F(SlowdownTest, LooksOnceAMinute) {
  look_at(0);
  EXPECT_FALSE(watch_.is_due((kOpened + 59) * kNsPerSecond));
  EXPECT_TRUE(watch_.is_due((kOpened + 60) * kNsPerSecond));
}

TEST_F(SlowdownTest, StaysTheSameAsLongAsItLastsAndGoesWhenItIsOver) {
  events_ = {{kPing, 300, 2'700, 1.5}};
  watch_until(420);
  ASSERT_EQ(holding(), "ping/daemon");
  const SlowdownPointer first = watch_.holding();
  for (std::uint64_t second = 480; second <= 2'700; second += 60) {
    watch_until(second);
    ASSERT_EQ(watch_.holding(), first) << second;
  }
  watch_until(2'820);
  EXPECT_EQ(holding(), "");
  EXPECT_EQ(watch_.found(), first) << "what is read may be read to its end";
}

TEST_F(SlowdownTest, WhatIsOverAtTheFirstLookIsFoundAndDoesNotHold) {
  events_ = {{kFill, 100, 400, 1.5}};
  look_at(430);
  EXPECT_EQ(name_of(watch_.found()), "fill/daemon");
  EXPECT_EQ(holding(), "");
}

TEST_F(SlowdownTest, WhatIsOverIsNotFoundAgainInTheTimeInWhichItWas) {
  events_ = {{kFill, 100, 390, 1.5}};
  watch_until(360);
  ASSERT_EQ(holding(), "fill/daemon");
  watch_until(480);
  for (std::uint64_t second = 540; second <= 1'800; second += 60) {
    ASSERT_EQ(holding(), "") << second;
    watch_until(second);
  }
}

// As in a machine that slept.
TEST_F(SlowdownTest, WhatBeganWhileNobodyLookedForMinutesIsFoundByALongerGlance) {
  events_ = {{kPing, 200, 9'000, 1.5}};
  look_at(0);
  look_at(600);
  EXPECT_EQ(holding(), "ping/daemon");
}

TEST_F(SlowdownTest, WhatGetsSlowerOnceMoreIsNewsAgain) {
  events_ = {{kPing, 300, 600, 1.5}, {kPing, 1'500, 9'000, 1.5}};
  watch_until(540);
  const SlowdownPointer first = watch_.holding();
  ASSERT_EQ(name_of(first), "ping/daemon");
  watch_until(1'440);
  ASSERT_EQ(holding(), "");
  watch_until(1'680);
  EXPECT_EQ(holding(), "ping/daemon");
  EXPECT_NE(watch_.holding(), first);
}

TEST_F(SlowdownTest, TheNextOneIsNamedAndTheOthersAreCounted) {
  events_ = {{kOuter, 300, 9'000, 2}, {kPing, 600, 9'000, 1.5}};
  watch_until(540);
  ASSERT_EQ(holding(), "fill/mcp-server");
  watch_until(720);
  EXPECT_EQ(holding(), "ping/daemon") << "which added less, but is new";
  const SlowdownPointer second = watch_.holding();
  watch_until(1'500);
  EXPECT_EQ(watch_.holding(), second) << "both are known";
}

TEST_F(SlowdownTest, OthersThatGotSlowerWithItAreCounted) {
  events_ = {{kOuter, 300, 9'000, 2}, {kPing, 300, 9'000, 1.5}};
  watch_until(420);
  ASSERT_NE(watch_.holding(), nullptr);
  EXPECT_TRUE(in_words(*watch_.holding()).endsWith(", proven; 1 more got slower"))
      << in_words(*watch_.holding()).toStdString();
}

TEST_F(SlowdownTest, WhereNoRequestsComeAnyMoreItHoldsForAQuarterOfAnHour) {
  events_ = {{kPing, 300, 600, 1.5}, {kPing, 600, 9'000, 0}};
  watch_until(600);
  ASSERT_EQ(holding(), "ping/daemon");
  watch_until(1'440);
  EXPECT_EQ(holding(), "ping/daemon");
  watch_until(1'620);
  EXPECT_EQ(holding(), "");
}

}  // namespace
}  // namespace goxel_telemetry::viewer
