// SPDX-License-Identifier: GPL-3.0-or-later
// The totals that the plugin's thread keeps of each operation, as a reader finds them.
#include <gmock/gmock.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <random>
#include <thread>

#include "plugin/fold.h"
#include "shm/reader.h"
#include "tests/shm/child.h"
#include "tests/shm/test_segment.h"

namespace goxel_telemetry::plugin {
namespace {

using shm::OperationTotals;
using shm::Status;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;
using ByStatus = std::array<std::uint64_t, shm::kStatusCount>;

shm::SegmentOptions options_of(const std::string& instance) {
  shm::SegmentOptions options = shm::small_options(instance);
  options.operation_totals = Fold::kOperations;
  return options;
}

shm::Record record_of(std::uint16_t operation, Status status = Status::ok) {
  shm::Record record{};
  record.operation = operation;
  record.layer = shm::names::kDaemon;
  record.stack = shm::names::kTwoLayer;
  record.protocol = static_cast<std::uint8_t>(shm::Protocol::mcp);
  record.status = static_cast<std::uint8_t>(status);
  record.bytes_in = 10;
  record.bytes_out = 3;
  return record;
}

// A segment, and the threads that write to it.
class Written {
 public:
  explicit Written(const shm::Created& created) : parts(created.mapping->bytes()) {
    EXPECT_EQ(created.outcome, shm::CreateOutcome::created) << created.message;
    for (std::uint32_t lane = 0; lane < parts.lanes().size(); ++lane) {
      lanes_.push_back(parts.producer(lane));
    }
  }
  void publish(std::uint32_t lane, const shm::Record& record, int times = 1) {
    for (int i = 0; i < times; ++i) {
      shm::LaneCounters& counters = lanes_[lane].counters();
      shm::add(counters.records[record.status], 1);
      shm::add(counters.bytes_in, record.bytes_in);
      shm::add(counters.bytes_out, record.bytes_out);
      lanes_[lane].publish(record);
    }
  }
  const shm::Parts parts;

 private:
  std::vector<shm::Producer> lanes_;
};

class FoldTest : public testing::Test {
 protected:
  static OperationTotals read(const shm::TestInstance& instance) {
    const auto reader = shm::Reader::open(instance.name());
    return reader == nullptr ? OperationTotals{} : reader->operation_totals();
  }
  OperationTotals read() const { return read(instance_); }
  static ByStatus of(const OperationTotals& totals, std::uint16_t operation) {
    for (const OperationTotals::Operation& one : totals.operations) {
      if (one.ids.operation == operation) return one.records;
    }
    return {};
  }
  static std::uint64_t sum(const OperationTotals& totals) {
    std::uint64_t sum = 0;
    for (const OperationTotals::Operation& one : totals.operations) {
      for (const std::uint64_t records : one.records) sum += records;
    }
    return sum;
  }

  const shm::TestInstance instance_;
  shm::Created created_ = shm::create_segment(options_of(instance_.name()));
  Written segment_{created_};
  Fold fold_{segment_.parts};
};

TEST_F(FoldTest, ThereAreNoTotalsBeforeTheFirstRecord) {
  fold_.run(segment_.parts);
  const OperationTotals totals = read();
  EXPECT_EQ(totals.version, 0u);
  EXPECT_THAT(totals.places, ElementsAre(0, 0, 0, 0));
  EXPECT_THAT(totals.operations, IsEmpty());
}

TEST_F(FoldTest, EachRecordCountsOnceByOperationAndStatusWhateverItsLane) {
  segment_.publish(0, record_of(9), 4);
  segment_.publish(3, record_of(9), 2);
  segment_.publish(1, record_of(9, Status::error));
  segment_.publish(1, record_of(11, Status::notification));
  fold_.run(segment_.parts);
  segment_.publish(0, record_of(9, Status::cancelled));
  segment_.publish(0, record_of(11, Status::unanswered));
  segment_.publish(0, record_of(11, Status::malformed));
  fold_.run(segment_.parts);

  const OperationTotals totals = read();
  EXPECT_EQ(totals.operations.size(), 2u);
  EXPECT_THAT(of(totals, 9), ElementsAre(6, 1, 0, 0, 1, 0));
  EXPECT_THAT(of(totals, 11), ElementsAre(0, 0, 1, 1, 0, 1));
  EXPECT_THAT(totals.places, ElementsAre(7, 2, 0, 2));
}

TEST_F(FoldTest, LayersProtocolsAndStacksAreKeptApart) {
  shm::Record record = record_of(9);
  segment_.publish(0, record);
  record.layer = shm::names::kMcpServer;
  segment_.publish(0, record);
  record.stack = shm::names::kFourLayer;
  segment_.publish(0, record);
  record.protocol = static_cast<std::uint8_t>(shm::Protocol::json_rpc);
  segment_.publish(0, record, 2);
  fold_.run(segment_.parts);
  std::vector<std::array<int, 4>> found;
  for (const OperationTotals::Operation& one : read().operations) {
    EXPECT_EQ(one.ids.operation, 9u);
    found.push_back(
        {one.ids.layer, one.ids.protocol, one.ids.stack, static_cast<int>(one.records[0])});
  }
  EXPECT_THAT(found,
              UnorderedElementsAre(std::array<int, 4>{6, 2, 8, 1}, std::array<int, 4>{4, 2, 8, 1},
                                   std::array<int, 4>{4, 2, 7, 1}, std::array<int, 4>{4, 1, 7, 2}));
}

TEST_F(FoldTest, AReaderFindsWhatFollowsTheTotalsInTheLanes) {
  segment_.publish(0, record_of(9), 5);
  fold_.run(segment_.parts);
  segment_.publish(0, record_of(11), 3);
  const auto reader = shm::Reader::open(instance_.name());
  const OperationTotals totals = reader->operation_totals();
  std::vector<int> rest;
  const auto collect = [&rest](const shm::Record& record) {
    rest.push_back(static_cast<int>(record.operation));
  };
  EXPECT_TRUE(reader->between(0, totals.places[0], reader->lane_head(0), collect));
  EXPECT_THAT(rest, ElementsAre(11, 11, 11));
  EXPECT_THAT(of(totals, 9), ElementsAre(5, 0, 0, 0, 0, 0));

  // Two more than the lane has slots for.
  segment_.publish(0, record_of(11), 10);
  EXPECT_FALSE(reader->between(0, 0, reader->lane_head(0), collect));
}

TEST_F(FoldTest, WhileNothingHappensNothingIsWritten) {
  segment_.publish(0, record_of(9));
  fold_.run(segment_.parts);
  fold_.run(segment_.parts);
  const auto bytes = created_.mapping->bytes();
  const std::vector<std::byte> before(bytes.begin(), bytes.end());
  for (int i = 0; i < 100; ++i) fold_.run(segment_.parts);
  EXPECT_TRUE(std::equal(before.begin(), before.end(), bytes.begin()));
}

// The lane has 16 slots; one that was lapped goes on with record head - 16 + 1.
TEST_F(FoldTest, WhatWasOverwrittenIsInNoOperationAndCanBeTold) {
  segment_.publish(0, record_of(9), 40);
  segment_.publish(1, record_of(9), 2);
  fold_.run(segment_.parts);
  const OperationTotals totals = read();
  EXPECT_THAT(totals.places, ElementsAre(40, 2, 0, 0));
  EXPECT_THAT(of(totals, 9), ElementsAre(15 + 2, 0, 0, 0, 0, 0));
  EXPECT_EQ(40 + 2 - sum(totals), 25u);
}

TEST_F(FoldTest, AsksToBeCalledSoonWhileALaneIsWrittenFast) {
  segment_.publish(0, record_of(9), 4);
  EXPECT_FALSE(fold_.run(segment_.parts)) << "a quarter of its 16 slots";
  segment_.publish(0, record_of(9), 5);
  EXPECT_TRUE(fold_.run(segment_.parts));
  EXPECT_FALSE(fold_.run(segment_.parts));
}

// The last 64 of the 1,024 entries are for the _OTHER of each stack, protocol and layer.
TEST_F(FoldTest, WhatFindsNoRoomCountsAsOther) {
  for (std::uint16_t operation = 1; operation <= 970; ++operation) {
    segment_.publish(operation % 2, record_of(operation));
    if (operation % 8 == 0) fold_.run(segment_.parts);
  }
  fold_.run(segment_.parts);
  const OperationTotals totals = read();
  EXPECT_EQ(totals.operations.size(), 961u);
  EXPECT_THAT(of(totals, shm::names::kOther), ElementsAre(10, 0, 0, 0, 0, 0));
  EXPECT_EQ(sum(totals), 970u);
}

TEST_F(FoldTest, TheCopyThatIsBeingWrittenIsNotRead) {
  segment_.publish(0, record_of(9), 3);
  fold_.run(segment_.parts);
  const OperationTotals first = read();
  segment_.publish(0, record_of(9), 3);
  fold_.run(segment_.parts);
  const OperationTotals second = read();
  EXPECT_GT(second.version, first.version);
  EXPECT_THAT(of(second, 9), ElementsAre(6, 0, 0, 0, 0, 0));

  // As its writer leaves the newer one that dies in the middle of it.
  for (std::uint32_t index = 0; index < shm::kTotalsCopies; ++index) {
    const auto copy = segment_.parts.totals(index);
    if (copy.head.sequence != second.version) continue;
    copy.head.sequence += 3;
    copy.entries[0].records[0] = 1'000;
    copy.places[0] = 999;
  }
  const OperationTotals left = read();
  EXPECT_EQ(left.version, first.version);
  EXPECT_THAT(left.places, ElementsAre(3, 0, 0, 0));
  EXPECT_THAT(of(left, 9), ElementsAre(3, 0, 0, 0, 0, 0));
}

// Somebody removed the segment: see Recorder.
TEST_F(FoldTest, AnotherSegmentGoesOnWithTheTotals) {
  segment_.publish(0, record_of(9), 3);
  fold_.run(segment_.parts);
  segment_.publish(1, record_of(11, Status::error), 2);  // not counted yet when it is removed
  const shm::TestInstance other;
  const shm::Created made = shm::create_segment(options_of(other.name()));
  Written next(made);
  fold_.run(next.parts);
  OperationTotals totals = read(other);
  EXPECT_THAT(totals.places, ElementsAre(0, 0, 0, 0));
  EXPECT_THAT(of(totals, 9), ElementsAre(3, 0, 0, 0, 0, 0));
  EXPECT_THAT(of(totals, 11), ElementsAre(0, 2, 0, 0, 0, 0));
  EXPECT_THAT(totals.earlier_records, ElementsAre(3, 2, 0, 0, 0, 0));
  EXPECT_EQ(totals.earlier_bytes_in, 50u);
  EXPECT_EQ(totals.earlier_bytes_out, 15u);

  next.publish(2, record_of(9));
  segment_.publish(0, record_of(9));  // by a thread that was interrupted all the while
  fold_.run(next.parts);
  totals = read(other);
  EXPECT_THAT(totals.places, ElementsAre(0, 0, 1, 0));
  EXPECT_THAT(of(totals, 9), ElementsAre(5, 0, 0, 0, 0, 0));
  EXPECT_THAT(totals.earlier_records, ElementsAre(4, 2, 0, 0, 0, 0));
  EXPECT_EQ(sum(totals), 7u);

  // Once more at once, and once more after a while.
  const shm::TestInstance third;
  const shm::Created again = shm::create_segment(options_of(third.name()));
  Written last(again);
  for (int i = 0; i < 100; ++i) fold_.run(last.parts);
  const shm::TestInstance fourth;
  const shm::Created made_last = shm::create_segment(options_of(fourth.name()));
  fold_.run(Written(made_last).parts);
  for (const shm::TestInstance* one : {&third, &fourth}) {
    totals = read(*one);
    EXPECT_THAT(of(totals, 9), ElementsAre(5, 0, 0, 0, 0, 0));
    EXPECT_THAT(totals.earlier_records, ElementsAre(5, 2, 0, 0, 0, 0));
    EXPECT_EQ(sum(totals), 7u);
  }
}

TEST_F(FoldTest, ALaneFarBehindThoseInUseIsFoundAtTheTenthCallAtTheLatestAndWhenItsSegmentIsLeft) {
  const shm::TestInstance instance;
  shm::SegmentOptions options = options_of(instance.name());
  options.tiers = {{40, 4}};
  const shm::Created created = shm::create_segment(options);
  Written segment(created);
  Fold fold(segment.parts);
  segment.publish(0, record_of(9));
  fold.run(segment.parts);
  segment.publish(30, record_of(9));
  for (int i = 0; i < 10; ++i) fold.run(segment.parts);
  EXPECT_THAT(of(read(instance), 9), ElementsAre(2, 0, 0, 0, 0, 0));
  segment.publish(39, record_of(9));
  const shm::TestInstance other;
  options.instance = other.name();
  const shm::Created made = shm::create_segment(options);
  fold.run(Written(made).parts);
  EXPECT_THAT(of(read(other), 9), ElementsAre(3, 0, 0, 0, 0, 0));
}

// Record n of each lane is of operation 9 + n % 7, so the places say what the totals must be.
class FoldInUse : public FoldTest {
 protected:
  static void publish_and_run(Written& segment, Fold& fold, std::uint64_t n) {
    for (std::uint32_t lane = 0; lane < 4; ++lane) {
      segment.publish(lane, record_of(static_cast<std::uint16_t>(9 + n % 7)));
    }
    fold.run(segment.parts);
  }
  static void expect_whole(const OperationTotals& totals) {
    ASSERT_EQ(totals.places.size(), 4u);
    for (std::uint16_t remainder = 0; remainder < 7; ++remainder) {
      std::uint64_t expected = 0;
      for (const std::uint64_t place : totals.places) expected += (place + 6 - remainder) / 7;
      ASSERT_EQ(of(totals, static_cast<std::uint16_t>(9 + remainder))[0], expected);
    }
  }
};

TEST_F(FoldInUse, AReaderSeesWholeTotalsWhileTheyChange) {
  const auto reader = shm::Reader::open(instance_.name());
  std::atomic<bool> stop{false};
  std::thread writer([&] {
    for (std::uint64_t n = 0; !stop; ++n) publish_and_run(segment_, fold_, n);
  });
  std::uint64_t version = 0;
  std::uint64_t changes = 0;
  while (changes < 2'000 && !HasFailure()) {
    const OperationTotals totals = reader->operation_totals();
    if (totals.version == 0) continue;  // none yet, or four times none was whole: it never rests
    expect_whole(totals);
    EXPECT_GE(totals.version, version) << "they go back";
    changes += totals.version != version;
    version = totals.version;
  }
  stop = true;
  writer.join();
}

TEST_F(FoldInUse, AProducerThatIsKilledAtAnyMomentLeavesWholeTotals) {
  std::minstd_rand random(3);
  int with_totals = 0;
  for (int kills = 0; kills < 60; ++kills) {
    const shm::TestInstance instance;
    shm::Child child([&](shm::Child::Pipe& pipe) {
      const shm::Created created = shm::create_segment(options_of(instance.name()));
      Written segment(created);
      Fold fold(segment.parts);
      pipe.tell('r');
      for (std::uint64_t n = 0;; ++n) publish_and_run(segment, fold, n);
    });
    child.hear<char>();
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 3000));
    child.kill();
    const OperationTotals totals = read(instance);
    expect_whole(totals);
    with_totals += totals.version != 0;
    if (HasFailure()) break;
  }
  EXPECT_GT(with_totals, 0);
}

}  // namespace
}  // namespace goxel_telemetry::plugin
