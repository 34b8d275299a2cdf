// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/live/record_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <string>
#include <tuple>
#include <vector>

namespace goxel_telemetry::metrics {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr std::uint64_t kMs = 1'000'000;
constexpr std::uint64_t kAhead = 1'700'000'000 * kNsPerSecond;  // CLOCK_REALTIME of CLOCK_MONOTONIC

// A record of an operation of the 4-layer stack's daemon that ended `second` seconds after kAhead, a multiple of the
// slots' width.
NamedRecord record_of(const std::string& operation, double second, std::uint64_t duration_ns,
                      shm::Status status = shm::Status::ok) {
  NamedRecord record;
  const auto end_ns = static_cast<std::uint64_t>(second * static_cast<double>(kNsPerSecond));
  record.start_ns = end_ns - duration_ns;
  record.start_realtime_ns = kAhead + record.start_ns;
  record.duration_ns = duration_ns;
  record.operation = operation;
  record.protocol = "jsonrpc";
  record.layer = "daemon";
  record.stack = "4-layer";
  record.status = status;
  return record;
}

Time at(double second) {
  const auto ns = static_cast<std::uint64_t>(second * static_cast<double>(kNsPerSecond));
  return {ns, kAhead + ns};
}

TimeStretch range(std::uint64_t begin, std::uint64_t end) {
  return {kAhead + begin * kNsPerSecond, kAhead + end * kNsPerSecond};
}

// "add 5": the operation and the milliseconds.
std::vector<std::string> lines(const FoundRecords& found) {
  std::vector<std::string> all;
  for (const FoundRecord& one : found.records) {
    all.push_back(one.record.operation + ' ' + std::to_string(one.record.duration_ns / kMs));
  }
  return all;
}

class RecordLogTest : public testing::Test {
 protected:
  static constexpr std::uint64_t kSecond = 3'000;

  void add(const std::string& operation, double second, std::uint64_t ms,
           shm::Status status = shm::Status::ok) {
    log_.advance(at(second));
    log_.add(record_of(operation, second, ms * kMs, status));
  }

  RecordLog log_{{.recent = 4, .slowest = 100'000}};
};

TEST_F(RecordLogTest, TheSlowestComeFirstAndAllThatMatchAreCounted) {
  for (const std::uint64_t ms : {30, 10, 40, 20}) add("add", kSecond, ms);
  const FoundRecords found = log_.find({.most = 3});
  EXPECT_THAT(lines(found), ElementsAre("add 40", "add 30", "add 20"));
  EXPECT_EQ(found.matched, 4u);
  EXPECT_EQ(found.complete_from_ns, 0u) << "nothing is gone";
  EXPECT_EQ(found.widest_slot_seconds, 0u);
}

TEST_F(RecordLogTest, EquallySlowOnesTheNewestFirst) {
  add("first", kSecond, 10);
  add("second", kSecond + 1, 10);
  add("third", kSecond + 1, 10);
  EXPECT_THAT(lines(log_.find({})), ElementsAre("third 10", "second 10", "first 10"));
}

TEST_F(RecordLogTest, OrTheNewestFirstAndOfThoseTheSlowest) {
  add("add", kSecond + 1, 10);
  add("add", kSecond + 2, 5);
  add("add", kSecond + 2, 6);
  add("add", kSecond, 40);
  EXPECT_THAT(lines(log_.find({.order = RecordQuery::Order::newest_first, .most = 3})),
              ElementsAre("add 6", "add 5", "add 10"));
}

TEST_F(RecordLogTest, NoneAreFoundIfNoneAreAskedFor) {
  add("add", kSecond, 10);
  const FoundRecords found = log_.find({.most = 0});
  EXPECT_THAT(found.records, IsEmpty());
  EXPECT_EQ(found.matched, 1u);
  EXPECT_THAT(lines(log_.find({.most = SIZE_MAX})), ElementsAre("add 10"));
}

// A record that takes 2 s ends in the range and began before it: charts show it where it ended.
TEST_F(RecordLogTest, ARangeHasTheRecordsThatEndedInIt) {
  add("before", kSecond, 10);
  add("began before", kSecond + 1, 2'000);
  add("after", kSecond + 2, 10);
  EXPECT_THAT(lines(log_.find({.range = range(kSecond + 1, kSecond + 2)})),
              ElementsAre("began before 2000"));
}

TEST_F(RecordLogTest, FindsByNameStatusAndDurations) {
  add("add", kSecond, 10);
  add("add", kSecond, 20, shm::Status::error);
  add("save", kSecond, 30);
  add("save", kSecond, 40, shm::Status::unanswered);
  EXPECT_THAT(
      lines(log_.find({.operation =
                           [](const OperationKey& key) {
                             return key == OperationKey{"4-layer", "jsonrpc", "daemon", "add"};
                           }})),
      ElementsAre("add 20", "add 10"));
  EXPECT_THAT(
      lines(log_.find({.status = [](shm::Status s) { return s == shm::Status::unanswered; }})),
      ElementsAre("save 40"));
  EXPECT_THAT(lines(log_.find({.low_ns = 20 * kMs, .high_ns = 30 * kMs})),
              ElementsAre("save 30", "add 20"));
}

TEST_F(RecordLogTest, ARecordComesBackAsItWas) {
  NamedRecord record = record_of("tool", kSecond, 7, shm::Status::error);
  record.protocol = "mcp";
  record.stack = "2-layer";
  record.layer = "mcp-server";
  record.receive_ns = 11;
  record.wait_ns = 12;
  record.send_ns = 13;
  record.trace_id = 14;
  record.error = shm::error_code(-32601);
  record.lane = 15;
  record.worker = 16;
  record.bytes_in = UINT32_MAX;
  record.bytes_out = 18;
  log_.advance(at(kSecond));
  log_.add(record);
  const FoundRecords found = log_.find({});
  ASSERT_THAT(found.records, SizeIs(1));
  const NamedRecord& back = found.records[0].record;
  EXPECT_EQ(back.start_ns, record.start_ns);
  EXPECT_EQ(back.start_realtime_ns, record.start_realtime_ns);
  EXPECT_EQ(back.duration_ns, 7u);
  EXPECT_EQ(std::tie(back.receive_ns, back.wait_ns, back.send_ns, back.trace_id, back.lane,
                     back.worker, back.bytes_in, back.bytes_out),
            std::tie(record.receive_ns, record.wait_ns, record.send_ns, record.trace_id,
                     record.lane, record.worker, record.bytes_in, record.bytes_out));
  EXPECT_EQ(
      std::tie(back.stack, back.protocol, back.layer, back.operation, back.status, back.error),
      std::tie(record.stack, record.protocol, record.layer, record.operation, record.status,
               record.error));
}

TEST_F(RecordLogTest, StretchesThatAreTooLongForItAreThatLongOrMore) {
  constexpr std::uint64_t kMost = (std::uint64_t{1} << 48) - 1;
  NamedRecord record = record_of("add", kSecond, 1);
  record.start_realtime_ns = 5;
  record.duration_ns = record.receive_ns = record.wait_ns = record.send_ns = kMost + 6;
  record.lane = UINT32_MAX;
  log_.advance(at(kSecond));
  log_.add(record);
  const FoundRecords found = log_.find({});
  ASSERT_THAT(found.records, SizeIs(1));
  const NamedRecord& back = found.records[0].record;
  EXPECT_EQ(back.duration_ns, kMost);
  EXPECT_EQ(back.receive_ns, kMost);
  EXPECT_EQ(back.wait_ns, kMost);
  EXPECT_EQ(back.send_ns, kMost);
  EXPECT_EQ(back.lane, 0xFFFFu);
}

// Four are recent. Of "add" six ended in one slot: the two slowest of them, and the one that failed, are gone from the
// recent ones.
TEST_F(RecordLogTest, OfWhatIsNoLongerRecentTheSlowestOfEachSlotStay) {
  add("add", kSecond, 60);
  add("add", kSecond + 1, 1, shm::Status::error);
  add("add", kSecond + 2, 50);
  add("add", kSecond + 3, 5);
  add("add", kSecond + 3, 2);
  for (const std::uint64_t ms : {6, 7, 8, 9}) add("add", kSecond + 4, ms);
  const FoundRecords found = log_.find({});
  EXPECT_THAT(lines(found),
              ElementsAre("add 60", "add 50", "add 9", "add 8", "add 7", "add 6", "add 1"));
  EXPECT_EQ(found.matched, 7u);
  EXPECT_EQ(found.complete_from_ns, kAhead + (kSecond + 3) * kNsPerSecond + 1);
  EXPECT_EQ(found.widest_slot_seconds, RecordLog::kSlotSeconds);
  EXPECT_EQ(log_.find({.range = range(kSecond + 4, kSecond + 5)}).widest_slot_seconds, 0u)
      << "all of that time is known";
}

TEST_F(RecordLogTest, SlotsAreOfFifteenSecondsAndOfEachOperation) {
  const std::uint64_t begin = kSecond / 15 * 15 + 15 - kAhead / kNsPerSecond % 15;
  for (std::uint64_t i = 0; i < 7; ++i) add("add", static_cast<double>(begin), 10 + i);
  for (std::uint64_t i = 0; i < 7; ++i) add("save", static_cast<double>(begin) + 14.9, 10 + i);
  for (std::uint64_t i = 0; i < 7; ++i) add("add", static_cast<double>(begin) + 15, 10 + i);
  const auto count = [&](std::uint64_t from, std::uint64_t to) {
    return log_.find({.range = range(from, to)}).matched;
  };
  EXPECT_EQ(count(begin, begin + 14), RecordLog::kOfEach);
  EXPECT_EQ(count(begin + 14, begin + 15), RecordLog::kOfEach);
  EXPECT_EQ(count(begin + 15, begin + 16), RecordLog::kOfEach);
}

TEST_F(RecordLogTest, OfEquallySlowOnesInASlotTheFirstStay) {
  for (std::uint64_t i = 0; i < 20; ++i) {
    log_.advance(at(kSecond));
    NamedRecord record = record_of("add", kSecond, 10 * kMs);
    record.bytes_in = static_cast<std::uint32_t>(i);
    log_.add(record);
  }
  std::vector<std::uint32_t> sizes;
  for (const FoundRecord& one : log_.find({}).records) sizes.push_back(one.record.bytes_in);
  EXPECT_THAT(sizes, ElementsAre(19, 18, 17, 16, 4, 3, 2, 1, 0)) << "recent ones, and the slot's";
}

TEST_F(RecordLogTest, ASpikeOfHoursAgoStillHasItsSlowestRecord) {
  RecordLog log({.recent = 1'000, .slowest = 10'000});
  for (std::uint64_t second = 100'000; second < 100'000 + 23 * 3'600; second += 5) {
    log.advance(at(static_cast<double>(second)));
    for (int i = 0; i < 3; ++i) {
      log.add(record_of("op" + std::to_string(second / 5 % 7), static_cast<double>(second), kMs));
    }
    if (second == 105'000) log.add(record_of("spike", static_cast<double>(second), 900 * kMs));
  }
  const FoundRecords found = log.find({.range = range(104'940, 105'060), .most = 1});
  EXPECT_THAT(lines(found), ElementsAre("spike 900"));
  EXPECT_GT(found.complete_from_ns, kAhead + 105'060 * kNsPerSecond);
}

TEST_F(RecordLogTest, AfterADayTheyAreGivenUp) {
  add("old", kSecond, 50);
  for (int i = 0; i < 4; ++i) add("new", kSecond + 60, 1);
  const double day = static_cast<double>(RecordLog::kKeptSeconds);
  log_.advance(at(kSecond + day - 15));
  EXPECT_THAT(lines(log_.find({.most = 1})), ElementsAre("old 50"));
  log_.advance(at(kSecond + day + 15));
  EXPECT_THAT(lines(log_.find({.most = 1})), ElementsAre("new 1")) << "among the recent ones";
  EXPECT_EQ(log_.slowest_kept(), 4u);
  log_.advance(at(kSecond + 2 * day));
  EXPECT_EQ(log_.slowest_kept(), 0u);
  EXPECT_EQ(log_.find({}).matched, 4u) << "recent ones stay, however old";
}

// What is a day old when it comes is a recent record, and no more than that.
TEST_F(RecordLogTest, WhatComesADayLateIsKeptAsARecentOneOnly) {
  log_.advance(at(kSecond + 90'000));
  log_.add(record_of("late", kSecond, 50 * kMs));
  EXPECT_THAT(lines(log_.find({})), ElementsAre("late 50"));
  EXPECT_EQ(log_.slowest_kept(), 0u);
}

// Lanes are read one after the other: times go back and forth.
TEST_F(RecordLogTest, RecordsMayComeInAnyOrderOfTime) {
  log_.advance(at(kSecond + 600));
  for (std::uint64_t lane = 0; lane < 3; ++lane) {
    for (std::uint64_t second = kSecond; second < kSecond + 600; second += 15) {
      log_.add(record_of("add", static_cast<double>(second), (lane + 1) * kMs));
    }
  }
  // 40 slots with one record of each lane.
  EXPECT_EQ(log_.slowest_kept(), 120u);
  EXPECT_THAT(lines(log_.find({.range = range(kSecond + 30, kSecond + 31)})),
              ElementsAre("add 3", "add 2", "add 1"));
}

TEST_F(RecordLogTest, AClockThatGoesBackHidesNothing) {
  add("before", kSecond + 3'600, 50);
  for (std::uint64_t i = 0; i < 4; ++i) add("after", kSecond + static_cast<double>(i), 10 + i);
  const FoundRecords found = log_.find({});
  EXPECT_THAT(lines(found),
              ElementsAre("before 50", "after 13", "after 12", "after 11", "after 10"));
  EXPECT_EQ(found.complete_from_ns, kAhead + (kSecond + 3'600) * kNsPerSecond + 1)
      << "of the hour that comes twice only the slowest ones are known";
}

TEST_F(RecordLogTest, WhatEndsInTheFutureIsRefused) {
  log_.advance(at(kSecond));
  log_.add(record_of("in this sweep", kSecond + 0.05, kMs));
  log_.add(record_of("damaged", kSecond + 61, kMs));
  NamedRecord endless = record_of("endless", kSecond, kMs);
  endless.start_realtime_ns = UINT64_MAX - 5;
  log_.add(endless);
  EXPECT_THAT(lines(log_.find({})), ElementsAre("in this sweep 1"));
  EXPECT_EQ(log_.refused(), 2u);
}

TEST_F(RecordLogTest, BeyondTheMostNamesAnOperationIsTheOtherOfItsLayer) {
  log_.advance(at(kSecond));
  for (std::size_t i = 0; i < RecordNames::kMost; ++i) {
    log_.add(record_of("op" + std::to_string(i), kSecond, kMs));
  }
  log_.add(record_of("op0", kSecond, 9 * kMs));
  log_.add(record_of("late", kSecond, 8 * kMs));
  NamedRecord outer = record_of("late", kSecond, 7 * kMs);
  outer.layer = "mcp-client";
  log_.add(outer);
  const FoundRecords found = log_.find({.most = 3});
  EXPECT_THAT(lines(found), ElementsAre("op0 9", "_OTHER 8", "_OTHER 7"));
  EXPECT_EQ(found.records[1].record.layer, "daemon");
  EXPECT_EQ(found.records[2].record.layer, "mcp-client");
  // No number of layers costs more.
  for (int i = 0; i < 200; ++i) {
    outer.layer = "layer" + std::to_string(i);
    outer.duration_ns = 10 * kMs;
    log_.add(outer);
  }
  EXPECT_THAT(lines(log_.find({.most = 1})), ElementsAre("_OTHER 10"));
  EXPECT_EQ(log_.find({.most = 1}).records[0].record.layer, "") << "there was no room for its own";
}

// 64 operations for six hours would be 460,000 records at five for each slot.
TEST_F(RecordLogTest, BeyondTheMostOldSlotsAreJoinedAndKeepTheirSlowest) {
  RecordLog log({.recent = 100, .slowest = 20'000});
  constexpr std::uint64_t kBegin = 100'005;
  constexpr std::uint64_t kEnd = kBegin + 6 * 3'600;
  for (std::uint64_t second = kBegin; second < kEnd; second += 15) {
    log.advance(at(static_cast<double>(second)));
    for (int i = 0; i < 64; ++i) {
      for (std::uint64_t ms = 1; ms <= 5; ++ms) {
        log.add(record_of("op" + std::to_string(i), static_cast<double>(second), ms * kMs));
      }
    }
    if (second == kBegin + 300) log.add(record_of("op7", static_cast<double>(second), 77 * kMs));
    ASSERT_LE(log.slowest_kept(), 20'000u);
  }
  EXPECT_GT(log.slowest_kept(), 18'000u) << "no more is given up than must be";
  EXPECT_THAT(lines(log.find({.most = 1})), ElementsAre("op7 77"));
  const auto widest = [&](std::uint64_t begin, std::uint64_t end) {
    return log.find({.range = range(begin, end), .most = 0}).widest_slot_seconds;
  };
  EXPECT_EQ(widest(kEnd - 120, kEnd), 15u) << "recent slots stay as they are";
  EXPECT_GT(widest(kBegin, kBegin + 60), widest(kEnd - 3'600, kEnd - 3'540)) << "older, wider";
  EXPECT_LT(widest(kBegin, kBegin + 60), 2'400u)
      << "about as wide as a few hundredths of their age";
}

TEST_F(RecordLogTest, FindsTheRecordsOfATrace) {
  const auto traced = [&](const std::string& operation, double second, std::uint64_t trace_id) {
    NamedRecord record = record_of(operation, second, kMs);
    record.trace_id = trace_id;
    log_.advance(at(second));
    log_.add(record);
  };
  traced("outer", kSecond, 7);
  traced("none", kSecond, 0);
  for (int i = 0; i < 4; ++i) traced("other", kSecond + 20, 8);
  traced("inner", kSecond + 21, 7);
  const auto names = [&](std::uint64_t trace_id, std::size_t most) {
    std::vector<std::string> all;
    for (const NamedRecord& one : log_.of_trace(trace_id, most)) all.push_back(one.operation);
    return all;
  };
  EXPECT_THAT(names(7, 10), ElementsAre("inner", "outer"));
  EXPECT_THAT(names(7, 1), ElementsAre("inner"));
  EXPECT_THAT(names(0, 10), IsEmpty());
}

// Does what the header says, in the plainest way: keeps all, and sorts.
class NaiveLog {
 public:
  explicit NaiveLog(std::size_t recent) : recent_(recent) {}
  void add(const NamedRecord& record) { all_.push_back(record); }

  FoundRecords find(const RecordQuery& query) const {
    using Order = std::tuple<std::uint64_t, std::uint64_t, std::uint64_t>;
    std::map<std::tuple<std::uint64_t, OperationKey, bool>, std::vector<std::uint64_t>> slots;
    for (std::uint64_t i = 0; i < all_.size(); ++i) {
      const bool failed =
          all_[i].status != shm::Status::ok && all_[i].status != shm::Status::notification;
      slots[{end(i) / kNsPerSecond / RecordLog::kSlotSeconds, key(i), failed}].push_back(i);
    }
    std::vector<bool> kept(all_.size());
    for (auto& [slot, numbers] : slots) {
      std::stable_sort(numbers.begin(), numbers.end(), [&](std::uint64_t a, std::uint64_t b) {
        return all_[a].duration_ns > all_[b].duration_ns;
      });
      for (std::size_t i = 0; i < std::min(numbers.size(), RecordLog::kOfEach); ++i) {
        kept[numbers[i]] = true;
      }
    }
    std::vector<std::pair<Order, std::uint64_t>> found;
    FoundRecords answer;
    for (std::uint64_t i = 0; i < all_.size(); ++i) {
      const bool is_recent = i + recent_ >= all_.size();
      if (!is_recent) answer.complete_from_ns = std::max(answer.complete_from_ns, end(i) + 1);
      if ((!is_recent && !kept[i]) || end(i) < query.range.begin_ns ||
          end(i) >= query.range.end_ns || all_[i].duration_ns < query.low_ns ||
          all_[i].duration_ns > query.high_ns || !query.operation(key(i)) ||
          !query.status(all_[i].status)) {
        continue;
      }
      const bool slowest = query.order == RecordQuery::Order::slowest_first;
      const std::uint64_t duration = all_[i].duration_ns;
      found.push_back({slowest ? Order(duration, end(i), i) : Order(end(i), duration, i), i});
    }
    std::sort(found.rbegin(), found.rend());
    answer.matched = found.size();
    for (std::size_t i = 0; i < std::min(found.size(), query.most); ++i) {
      answer.records.push_back({found[i].second, all_[found[i].second]});
    }
    return answer;
  }

 private:
  std::uint64_t end(std::uint64_t i) const {
    return all_[i].start_realtime_ns + all_[i].duration_ns;
  }
  OperationKey key(std::uint64_t i) const {
    return {all_[i].stack, all_[i].protocol, all_[i].layer, all_[i].operation};
  }

  std::size_t recent_;
  std::vector<NamedRecord> all_;
};

TEST_F(RecordLogTest, AnswersAsANaiveLogDoes) {
  std::mt19937_64 random(14);
  const auto below = [&](std::uint64_t n) { return random() % n; };
  RecordLog log({.recent = 700, .slowest = 100'000});
  NaiveLog naive(700);
  std::uint64_t second = kSecond;
  for (int step = 0; step < 6'000; ++step) {
    second += below(5) == 0;
    // Few different values, so that many are equal; the odd one comes late.
    NamedRecord record =
        record_of("op" + std::to_string(below(6)),
                  static_cast<double>(second - (below(50) == 0 ? below(300) : 0)),
                  (1 + below(40)) * kMs, static_cast<shm::Status>(below(shm::kStatusCount)));
    record.layer = below(4) == 0 ? "mcp-client" : "daemon";
    log.advance(at(static_cast<double>(second)));
    log.add(record);
    naive.add(record);
    if (step % 60 != 0) continue;
    const std::uint64_t begin = kSecond - 300 + below(second - kSecond + 300);
    const std::uint64_t statuses = below(64);
    const std::string layer = below(2) == 0 ? "daemon" : "mcp-client";
    const std::string operation = "op" + std::to_string(below(6));
    const bool any_operation = below(2) == 0;
    const RecordQuery query{
        .range = range(begin, begin + 1 + below(1'000)),
        .operation =
            [&](const OperationKey& key) {
              return key.layer == layer && (any_operation || key.operation == operation);
            },
        .status = [&](shm::Status s) { return (statuses >> static_cast<int>(s) & 1) != 0; },
        .low_ns = below(20) * kMs,
        .high_ns = (20 + below(20)) * kMs,
        .order =
            below(2) == 0 ? RecordQuery::Order::slowest_first : RecordQuery::Order::newest_first,
        .most = below(50)};
    const FoundRecords found = log.find(query);
    const FoundRecords expected = naive.find(query);
    ASSERT_EQ(found.matched, expected.matched) << step;
    ASSERT_EQ(found.complete_from_ns, expected.complete_from_ns) << step;
    ASSERT_EQ(found.records.size(), expected.records.size()) << step;
    for (std::size_t i = 0; i < found.records.size(); ++i) {
      ASSERT_EQ(found.records[i].number, expected.records[i].number) << step << ' ' << i;
    }
  }
}

// More than are looked at together, in several orders.
TEST_F(RecordLogTest, TheOrderInWhichRecordsComeDoesNotMatter) {
  constexpr std::uint64_t kCount = 20'000;
  for (const std::uint64_t step : {std::uint64_t{1}, kCount - 1, std::uint64_t{7'919}}) {
    RecordLog log({.recent = kCount, .slowest = 1'000});
    log.advance(at(kSecond));
    // Each duration from 1 to kCount once: no step has a factor in common with it.
    for (std::uint64_t i = 0; i < kCount; ++i) {
      log.add(record_of("add", kSecond, 1 + i * step % kCount));
    }
    for (const std::size_t most : {1u, 3u, 1'500u, 19'999u}) {
      const FoundRecords found = log.find({.most = most});
      ASSERT_EQ(found.records.size(), most);
      for (std::size_t i = 0; i < most; ++i) {
        ASSERT_EQ(found.records[i].record.duration_ns, kCount - i) << step;
      }
    }
  }
}

}  // namespace
}  // namespace goxel_telemetry::metrics
