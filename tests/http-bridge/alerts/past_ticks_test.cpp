// SPDX-License-Identifier: GPL-3.0-or-later
#include "http-bridge/alerts/past_ticks.h"

#include <gmock/gmock.h>

#include <fstream>
#include <utility>
#include <vector>

#include "shm/segment.h"
#include "tests/metrics/history/history_fixture.h"

namespace goxel_telemetry::http_bridge {
namespace {

using metrics::kThen;
using metrics::Tick;
using testing::AllOf;
using testing::ElementsAre;
using testing::Field;
using testing::IsEmpty;
using testing::SizeIs;

constexpr std::uint64_t kEnd = 1'000'000;       // the first tick that is not in the past
constexpr std::uint64_t kBegan = kThen + 3600;  // when it began: its hour is that from kThen on

class PastTicksTest : public metrics::HistoryTest {
 protected:
  struct Visited {
    Tick daemon;
    Tick outer;
  };
  void visit(const std::string& instance = "goxel") {
    visited_.clear();
    visit_past_ticks(file_, instance, kEnd, kBegan, 99, [&](const Tick& daemon, const Tick& outer) {
      visited_.push_back({daemon, outer});
    });
  }
  static std::vector<std::pair<std::string, std::uint64_t>> counts(const Tick& tick) {
    std::vector<std::pair<std::string, std::uint64_t>> counts;
    for (const metrics::OperationTick& one : tick.operations)
      counts.emplace_back(one.key.operation, one.tally.outcomes.all());
    return counts;
  }
  static std::uint64_t number_at(std::uint64_t second) {
    return kEnd - (kBegan - second) / metrics::kTickSeconds;
  }

  std::vector<Visited> visited_;
};

TEST_F(PastTicksTest, AreTheHourBeforeInItsOrderWithoutWhatIsEmpty) {
  record(key("fill"), kThen, 1'000);
  record(key("fill"), kThen + 4, 3'000);
  record(key("render"), kThen + 4, 2'000);
  record(key("fill"), kThen + 5, 5'000);
  record(key("fill"), kThen + 1801, 1'000);
  record(key("fill"), kBegan - 1, 7'000);
  record(key("fill"), kBegan, 1'000);
  commit(kBegan);
  visit();
  ASSERT_THAT(visited_, SizeIs(4));
  EXPECT_EQ(visited_[0].daemon.number, kEnd - 720);
  EXPECT_THAT(counts(visited_[0].daemon),
              ElementsAre(std::pair("fill", 2), std::pair("render", 1)));
  const metrics::OperationTick& fill = visited_[0].daemon.operations[0];
  EXPECT_EQ(fill.key, key("fill"));
  EXPECT_EQ(fill.tally.latency.min(), 1'000U);
  EXPECT_EQ(fill.tally.latency.max(), 3'000U);
  EXPECT_EQ(visited_[1].daemon.number, kEnd - 719);
  EXPECT_THAT(counts(visited_[1].daemon), ElementsAre(std::pair("fill", 1)));
  EXPECT_EQ(visited_[2].daemon.number, number_at(kThen + 1800));
  EXPECT_EQ(visited_[3].daemon.number, kEnd - 1);
  EXPECT_EQ(visited_[3].daemon.operations[0].tally.latency.max(), 7'000U)
      << "tick `end` itself is not of the past";
  for (const Visited& tick : visited_) {
    EXPECT_EQ(tick.daemon.daemon_began_ns, 99U);
    EXPECT_EQ(tick.outer.number, tick.daemon.number);
    EXPECT_THAT(tick.outer.operations, IsEmpty());
  }
}

TEST_F(PastTicksTest, WhatIsOlderThanAnHourIsLeftOut) {
  record(key("fill"), kThen - 1, 1'000);
  record(key("fill"), kThen + 700, 1'000);
  commit(kThen + 800);
  visit();
  ASSERT_THAT(visited_, SizeIs(1));
  EXPECT_EQ(visited_[0].daemon.number, number_at(kThen + 700));
}

// Ticks need not begin with a second that is a multiple of five.
TEST_F(PastTicksTest, EverySecondIsInOneTick) {
  std::uint64_t recorded = 0;
  for (std::uint64_t second = kThen + 1; second < kBegan; second += 7, ++recorded)
    record(key("fill"), second, 1'000);
  commit(kBegan);
  std::uint64_t sum = 0;
  std::uint64_t last = 0;
  visit_past_ticks(file_, "goxel", kEnd, kBegan + 3, 0, [&](const Tick& daemon, const Tick&) {
    EXPECT_GT(daemon.number, last);
    EXPECT_LT(daemon.number, kEnd);
    last = daemon.number;
    for (const auto& [name, count] : counts(daemon)) sum += count;
  });
  // The first second lies before the hour.
  EXPECT_EQ(sum, recorded - 1);
}

TEST_F(PastTicksTest, TheDaemonAndItsOuterLayersAreApart) {
  record(key("fill"), kThen + 10, 1'000);
  commit(kBegan);
  record(key("fill", "mcp-client"), kThen + 10, 9'000);
  record(key("fill", "mcp-server"), kThen + 11, 8'000);
  record(key("save", "mcp-server"), kThen + 25, 8'000);
  ASSERT_TRUE(writer().commit({{shm::layers_instance("goxel"), delta()}}, kBegan).done());
  visit();
  ASSERT_THAT(visited_, SizeIs(2));
  EXPECT_THAT(counts(visited_[0].daemon), ElementsAre(std::pair("fill", 1)));
  EXPECT_EQ(visited_[0].daemon.operations[0].key.layer, "daemon");
  EXPECT_THAT(counts(visited_[0].outer), ElementsAre(std::pair("fill", 1), std::pair("fill", 1)));
  EXPECT_THAT(visited_[1].daemon.operations, IsEmpty());
  EXPECT_THAT(counts(visited_[1].outer), ElementsAre(std::pair("save", 1)));
  EXPECT_EQ(visited_[1].outer.number, visited_[1].daemon.number);
}

TEST_F(PastTicksTest, AreThoseOfOneInstance) {
  record(key("fill"), kThen + 10, 1'000);
  commit(kBegan);
  record(key("render"), kThen + 20, 1'000);
  ASSERT_TRUE(writer().commit({{"other", delta()}}, kBegan).done());
  visit();
  ASSERT_THAT(visited_, SizeIs(1));
  EXPECT_THAT(counts(visited_[0].daemon), ElementsAre(std::pair("fill", 1)));
  visit("other");
  ASSERT_THAT(visited_, SizeIs(1));
  EXPECT_THAT(counts(visited_[0].daemon), ElementsAre(std::pair("render", 1)));
  visit("third");
  EXPECT_THAT(visited_, IsEmpty());
}

TEST_F(PastTicksTest, WithoutAHistoryThereAreNone) {
  visit();
  EXPECT_THAT(visited_, IsEmpty());
  EXPECT_FALSE(std::filesystem::exists(file_));
  std::ofstream(file_) << "this is no history, but long enough to look at: "
                       << std::string(9000, 'x');
  visit();
  EXPECT_THAT(visited_, IsEmpty());
}

// Anything may be in it, but what is made of it is in order.
TEST_F(PastTicksTest, OfADamagedHistoryWhatCanBeReadIsRead) {
  for (std::uint64_t second = kThen; second < kBegan; second += 3) {
    record(key("fill"), second, 1'000 + second);
    record(key("render"), second, 1'000 + 2 * second);
  }
  commit(kBegan);
  writer().end();
  writer_.reset();
  std::vector<char> whole;
  {
    std::ifstream in(file_, std::ios::binary);
    whole.assign(std::istreambuf_iterator<char>(in), {});
  }
  ASSERT_GT(whole.size(), 50'000U);
  std::size_t fewer = 0;
  for (std::size_t at = 0; at + 4096 <= whole.size(); at += 3 * 4096) {
    std::vector<char> damaged = whole;
    for (std::size_t i = at; i < at + 4096; ++i) damaged[i] = static_cast<char>(i * 37);
    std::ofstream(file_, std::ios::binary).write(damaged.data(), std::ssize(damaged));
    visit();
    EXPECT_LE(visited_.size(), 720U);
    fewer += visited_.size() < 720;
    std::uint64_t last = 0;
    for (const Visited& tick : visited_) {
      EXPECT_GT(tick.daemon.number, last);
      EXPECT_GE(tick.daemon.number, kEnd - 720);
      EXPECT_LT(tick.daemon.number, kEnd);
      last = tick.daemon.number;
    }
  }
  EXPECT_GT(fewer, 0U) << "the damage was met";
}

}  // namespace
}  // namespace goxel_telemetry::http_bridge
