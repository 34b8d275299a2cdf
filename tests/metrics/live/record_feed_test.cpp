// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/live/record_feed.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace goxel_telemetry::metrics {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// Of each record all that a record can have, to be told from the others by its trace id.
NamedRecord record_of(const std::string& operation, std::uint64_t number,
                      shm::Status status = shm::Status::ok) {
  NamedRecord record;
  record.start_ns = 1'000 * number;
  record.start_realtime_ns = 1'000'000 + record.start_ns;
  record.duration_ns = 500;
  record.receive_ns = 1;
  record.wait_ns = 2;
  record.send_ns = 3;
  record.trace_id = number;
  record.status = status;
  record.operation = operation;
  record.protocol = "mcp";
  record.layer = number % 2 == 0 ? "daemon" : "mcp-client";
  record.stack = "2-layer";
  record.lane = 4;
  record.worker = 5;
  record.bytes_in = 6;
  record.bytes_out = 7;
  return record;
}

std::vector<std::uint64_t> numbers(const RecordFeed::Passage& passage) {
  std::vector<std::uint64_t> all;
  for (const NamedRecord& record : passage.records) all.push_back(record.trace_id);
  return all;
}

TEST(RecordFeed, ReaderGoesOnWhereItWasAndGetsEachRecordOnce) {
  RecordFeed feed(16);
  const RecordFilter any;
  for (std::uint64_t i = 0; i < 5; ++i) feed.add(record_of("a", i));
  const auto first = feed.read(0, any, 3);
  EXPECT_THAT(numbers(first), ElementsAre(0, 1, 2));
  EXPECT_EQ(first.missed, 0u);
  const auto second = feed.read(first.end, any, 3);
  EXPECT_THAT(numbers(second), ElementsAre(3, 4));
  EXPECT_EQ(second.end, feed.end());
  EXPECT_THAT(feed.read(second.end, any, 3).records, IsEmpty());
  feed.add(record_of("a", 5));
  EXPECT_THAT(numbers(feed.read(second.end, any, 3)), ElementsAre(5));
}

TEST(RecordFeed, RecordsAreKeptAsTheyWere) {
  RecordFeed feed(4);
  const NamedRecord in = record_of("a", 2, shm::Status::error);
  feed.add(in);
  const NamedRecord out = feed.read(0, {}, 1).records.at(0);
  EXPECT_EQ(out.start_ns, in.start_ns);
  EXPECT_EQ(out.start_realtime_ns, in.start_realtime_ns);
  EXPECT_EQ(out.duration_ns, in.duration_ns);
  EXPECT_EQ(out.receive_ns, in.receive_ns);
  EXPECT_EQ(out.wait_ns, in.wait_ns);
  EXPECT_EQ(out.send_ns, in.send_ns);
  EXPECT_EQ(out.trace_id, in.trace_id);
  EXPECT_EQ(out.status, in.status);
  EXPECT_EQ(out.operation, in.operation);
  EXPECT_EQ(out.protocol, in.protocol);
  EXPECT_EQ(out.layer, in.layer);
  EXPECT_EQ(out.stack, in.stack);
  EXPECT_EQ(out.lane, in.lane);
  EXPECT_EQ(out.worker, in.worker);
  EXPECT_EQ(out.bytes_in, in.bytes_in);
  EXPECT_EQ(out.bytes_out, in.bytes_out);
}

TEST(RecordFeed, WhoComesTooLateIsToldHowManyAreMissing) {
  RecordFeed feed(4);
  for (std::uint64_t i = 0; i < 10; ++i) feed.add(record_of("a", i));
  EXPECT_EQ(feed.begin(), 6u);
  const auto passage = feed.read(1, {}, 2);
  EXPECT_THAT(numbers(passage), ElementsAre(6, 7));
  EXPECT_EQ(passage.missed, 5u);
  EXPECT_EQ(feed.read(passage.end, {}, 9).missed, 0u);
}

TEST(RecordFeed, LostRecordsAreMissedWhereTheyWereLost) {
  RecordFeed feed(16);
  feed.add(record_of("a", 0));
  feed.skip(0);
  feed.skip(70);
  feed.add(record_of("a", 1));
  const auto before = feed.read(0, {}, 1);
  EXPECT_EQ(before.missed, 0u);
  const auto after = feed.read(before.end, {}, 9);
  EXPECT_THAT(numbers(after), ElementsAre(1));
  EXPECT_EQ(after.missed, 70u);
  EXPECT_EQ(feed.read(0, {.operation = "other"}, 9).missed, 70u)
      << "nobody knows what they would have been";
  EXPECT_EQ(feed.before_last(2, {}), 0u) << "what was lost is no record";
}

TEST(RecordFeed, FilterAsksForAllThatItNames) {
  RecordFeed feed(16);
  feed.add(record_of("a", 0));
  feed.add(record_of("b", 1, shm::Status::error));
  feed.add(record_of("a", 2, shm::Status::error));
  feed.add(record_of("a", 3));
  const auto found = [&feed](const RecordFilter& filter) {
    return numbers(feed.read(0, filter, 9));
  };
  EXPECT_THAT(found({.operation = "a"}), ElementsAre(0, 2, 3));
  EXPECT_THAT(found({.layer = "daemon"}), ElementsAre(0, 2));
  EXPECT_THAT(found({.stack = "4-layer"}), IsEmpty());
  EXPECT_THAT(found({.status = shm::Status::error}), ElementsAre(1, 2));
  EXPECT_THAT(found({.operation = "a", .layer = "daemon", .status = shm::Status::ok}),
              ElementsAre(0));
  EXPECT_EQ(feed.read(0, {.operation = "none"}, 9).end, feed.end())
      << "they are not looked at again";
}

TEST(RecordFeed, LastOnesAreThoseThatTheFilterLetsThrough) {
  RecordFeed feed(8);
  for (std::uint64_t i = 0; i < 12; ++i) feed.add(record_of(i % 3 == 0 ? "a" : "b", i));
  EXPECT_THAT(numbers(feed.read(feed.before_last(2, {.operation = "a"}), {.operation = "a"}, 9)),
              ElementsAre(6, 9));
  EXPECT_EQ(feed.before_last(100, {}), feed.begin());
  EXPECT_EQ(feed.before_last(0, {}), feed.end());
}

TEST(RecordFeed, PlaceOfATimeHasAllThatEndedSince) {
  RecordFeed feed(8);
  EXPECT_EQ(feed.since(0), 0u);
  for (std::uint64_t i = 0; i < 5; ++i) feed.add(record_of("a", i));
  feed.skip(3);
  EXPECT_EQ(feed.since(0), 0u);
  EXPECT_EQ(feed.since(1'000'000 + 2'500), 2u) << "it ended then";
  EXPECT_EQ(feed.since(1'000'000 + 2'501), 3u);
  EXPECT_EQ(feed.since(9'000'000), feed.end());
}

}  // namespace
}  // namespace goxel_telemetry::metrics
