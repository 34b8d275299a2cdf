// SPDX-License-Identifier: GPL-3.0-or-later
// Segments that no producer of ours would make. Each is a good one with one lie in it.
#include <gtest/gtest.h>

#include "shm/reader.h"
#include "tests/shm/self_checking_record.h"
#include "tests/shm/test_segment.h"

namespace goxel_telemetry::shm {
namespace {

class HostileSegment : public testing::Test {
 protected:
  Header& header() { return parts_.header(); }
  Lane& lane(std::uint32_t index) { return parts_.lane(index); }

  OpenOutcome check() {
    Geometry geometry;
    return check_layout(mapping_.bytes(), geometry);
  }
  bool attaches() {
    return Reader::attach(std::make_unique<MemoryMapping>(mapping_.bytes())) != nullptr;
  }

  void expect_refused() {
    EXPECT_EQ(check(), OpenOutcome::not_a_segment);
    EXPECT_FALSE(attaches());
  }

  MemoryMapping mapping_{bytes_of_new_segment()};
  Parts parts_{mapping_.bytes()};
};

TEST_F(HostileSegment, IsAGoodOneBeforeTheLie) {
  EXPECT_EQ(check(), OpenOutcome::opened);
  EXPECT_TRUE(attaches());
}

TEST_F(HostileSegment, WithoutMagicIsNotReady) {
  header().magic.store(0);
  EXPECT_EQ(check(), OpenOutcome::not_ready);
  EXPECT_FALSE(attaches());
}

TEST_F(HostileSegment, WithAnotherMagicIsRefused) {
  header().magic.store(kMagic + 1);
  expect_refused();
}

TEST_F(HostileSegment, OfAnotherMajorVersionIsUnknown) {
  header().layout_major = kLayoutMajor + 1;
  EXPECT_EQ(check(), OpenOutcome::unknown_version);
  EXPECT_FALSE(attaches());
}

TEST_F(HostileSegment, OfANewerMinorVersionIsRead) {
  header().layout_minor = kLayoutMinor + 1;
  EXPECT_TRUE(attaches());
}

TEST_F(HostileSegment, ShorterThanAHeaderIsRefused) {
  Geometry geometry;
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, sizeof(Header) - 1}) {
    EXPECT_EQ(check_layout(mapping_.bytes().first(size), geometry), OpenOutcome::not_a_segment);
  }
}

TEST_F(HostileSegment, HeaderAloneIsEnoughToTellItsVersion) {
  header().layout_major = kLayoutMajor + 1;
  Geometry geometry;
  EXPECT_EQ(check_layout(mapping_.bytes().first(sizeof(Header)), geometry),
            OpenOutcome::unknown_version);
}

TEST_F(HostileSegment, CutAnywhereBeforeTheLastSlotIsRefused) {
  const std::uint64_t end = lane(3).slots_offset + 4 * sizeof(Slot);
  for (std::size_t size = 0; size < end; size += 32) {
    EXPECT_EQ(Reader::attach(std::make_unique<MemoryMapping>(mapping_.bytes().first(size))),
              nullptr)
        << size;
  }
}

TEST_F(HostileSegment, PartsOutsideAreRefused) {
  const std::uint64_t size = mapping_.bytes().size();
  for (std::uint64_t Header::*offset :
       {&Header::catalog_offset, &Header::inflight_offset, &Header::collection_points_offset,
        &Header::lanes_offset, &Header::totals_offset}) {
    const std::uint64_t good = header().*offset;
    for (const std::uint64_t bad :
         {std::uint64_t{0}, std::uint64_t{64}, good + 1, size, size + 64, ~std::uint64_t{63}}) {
      header().*offset = bad;
      expect_refused();
    }
    header().*offset = good;
  }
}

TEST_F(HostileSegment, CountsThatDoNotFitAreRefused) {
  for (std::uint32_t Header::*count : {&Header::catalog_capacity, &Header::inflight_capacity,
                                       &Header::collection_points_capacity, &Header::lane_count}) {
    const std::uint32_t good = header().*count;
    for (const std::uint32_t bad : {UINT32_MAX, std::uint32_t{1} << 26, std::uint32_t{200}}) {
      header().*count = bad;
      expect_refused();
    }
    header().*count = good;
  }
}

TEST_F(HostileSegment, MayHaveNoCollectionPointsAndNoTargets) {
  header().collection_points_offset = 0;
  header().collection_points_capacity = 0;
  const auto reader = Reader::attach(std::make_unique<MemoryMapping>(mapping_.bytes()));
  ASSERT_NE(reader, nullptr);
  EXPECT_TRUE(reader->collection_points().empty());
  EXPECT_EQ(reader->gauges()[Gauge::target_latency_ns], 0u);
}

TEST_F(HostileSegment, MayHaveNoTotals) {
  header().totals_offset = UINT64_MAX;
  header().totals_capacity = 0;
  const auto reader = Reader::attach(std::make_unique<MemoryMapping>(mapping_.bytes()));
  ASSERT_NE(reader, nullptr);
  const OperationTotals totals = reader->operation_totals();
  EXPECT_TRUE(totals.operations.empty());
  EXPECT_EQ(totals.places, std::vector<std::uint64_t>(4, 0));
}

TEST_F(HostileSegment, MoreTotalsThanFitAreRefused) {
  for (const std::uint16_t bad : {std::uint16_t{UINT16_MAX}, std::uint16_t{kMaxOperationTotals + 1},
                                  std::uint16_t{kMaxOperationTotals}, std::uint16_t{40}}) {
    header().totals_capacity = bad;
    expect_refused();
  }
}

// The copies have 4 entries.
TEST_F(HostileSegment, TotalsThatNoProducerWroteAreNone) {
  const auto expect_none = [&](std::uint64_t first, std::uint64_t second, std::uint64_t entries) {
    const std::uint64_t sequences[] = {first, second};
    for (std::uint32_t index = 0; index < kTotalsCopies; ++index) {
      const auto copy = parts_.totals(index);
      copy.head.sequence = sequences[index];
      copy.head.entries = entries;
    }
    const auto attached = Reader::attach(std::make_unique<MemoryMapping>(mapping_.bytes()));
    ASSERT_NE(attached, nullptr);
    const OperationTotals totals = attached->operation_totals();
    EXPECT_EQ(totals.version, 0u) << first << ' ' << second << ' ' << entries;
    EXPECT_TRUE(totals.operations.empty());
    EXPECT_EQ(totals.places, std::vector<std::uint64_t>(4, 0));
  };
  expect_none(0, 2, 5);
  expect_none(0, 2, UINT64_MAX);
  expect_none(3, 1, 1);
  expect_none(UINT64_MAX, UINT64_MAX, 1);
  expect_none(2, 0, 1);  // in the wrong copy
}

TEST_F(HostileSegment, LanesOutsideAreRefused) {
  const std::uint64_t size = mapping_.bytes().size();
  const std::uint64_t good = lane(1).slots_offset;
  for (const std::uint64_t bad : {good + 8, size, size - 64, size + 64, ~std::uint64_t{63}}) {
    lane(1).slots_offset = bad;
    EXPECT_FALSE(attaches()) << bad;
  }
}

TEST_F(HostileSegment, CapacitiesThatAreNoPowerOfTwoOrDoNotFitAreRefused) {
  for (const std::uint64_t bad :
       {std::uint64_t{0}, std::uint64_t{3}, std::uint64_t{12}, std::uint64_t{1} << 20,
        std::uint64_t{1} << 58, std::uint64_t{1} << 63, UINT64_MAX}) {
    lane(0).capacity = bad;
    EXPECT_FALSE(attaches()) << bad;
  }
}

// Each lane by itself fits; all together they would have a sweep deliver the same bytes over and
// over: work that grows with the square of the segment's size.
TEST_F(HostileSegment, LanesThatShareTheirSlotsAreRefused) {
  for (std::uint32_t index = 0; index < header().lane_count; ++index) {
    lane(index).slots_offset = 0;
    lane(index).capacity = 64;
  }
  EXPECT_FALSE(attaches());
}

TEST_F(HostileSegment, OfMoreRequestsInFlightOrSlotsThanAnyProducerMakesIsRefused) {
  // As large as these counts ask for, so that only the limits can refuse it.
  std::vector<std::byte> large(std::size_t{130} << 20);
  std::memcpy(large.data(), mapping_.bytes().data(), mapping_.bytes().size());
  const Parts parts(large);
  parts.header().inflight_offset = std::uint64_t{1} << 20;
  parts.lane(0).slots_offset = std::uint64_t{2} << 20;
  const auto attaches_with = [&](std::uint32_t inflight, std::uint64_t slots) {
    parts.header().inflight_capacity = inflight;
    parts.lane(0).capacity = slots;
    return Reader::attach(std::make_unique<MemoryMapping>(large)) != nullptr;
  };
  EXPECT_TRUE(attaches_with(16384, std::uint64_t{1} << 20));
  EXPECT_FALSE(attaches_with(16385, std::uint64_t{1} << 20));
  EXPECT_FALSE(attaches_with(16384, std::uint64_t{1} << 21));
}

TEST_F(HostileSegment, OldestRecordIsLookedForOnlyAmongTheFirstDamagedSlots) {
  SegmentOptions options = small_options("");
  options.tiers = {{1, 128}};
  for (const std::uint64_t damaged : {std::uint64_t{63}, std::uint64_t{64}}) {
    auto mapping = std::make_unique<MemoryMapping>(bytes_of_new_segment(options));
    const Parts parts(mapping->bytes());
    Producer producer = parts.producer(0);
    for (std::uint64_t i = 0; i < 100; ++i) producer.publish(record_of(0, i));
    for (std::uint64_t i = 0; i < damaged; ++i) parts.slots(0)[i].stamp.store(1);
    const auto reader = Reader::attach(std::move(mapping));
    ASSERT_NE(reader, nullptr);
    const auto oldest = reader->oldest(0);
    EXPECT_EQ(oldest.has_value(), damaged == 63);
    if (oldest) {
      EXPECT_EQ(oldest->sequence, 63u);
    }
  }
}

TEST_F(HostileSegment, OfTooManyLanesOrNamesIsRefused) {
  SegmentOptions options = small_options("");
  options.tiers = {{4097, 1}};
  EXPECT_EQ(create_segment(options).outcome, CreateOutcome::bad_options);
  // As large as these counts ask for, so that only the limits can refuse it.
  std::vector<std::byte> large(std::size_t{9} << 20);
  std::memcpy(large.data(), mapping_.bytes().data(), mapping_.bytes().size());
  const auto attaches_large = [&] {
    return Reader::attach(std::make_unique<MemoryMapping>(large)) != nullptr;
  };
  const Parts parts(large);
  EXPECT_TRUE(attaches_large());
  parts.header().catalog_capacity = 65'537;
  EXPECT_FALSE(attaches_large());
  parts.header().catalog_capacity = 16;
  parts.header().collection_points_capacity = 1025;
  EXPECT_FALSE(attaches_large());
  parts.header().collection_points_capacity = 3;
  parts.header().lanes_offset = std::uint64_t{1} << 20;
  parts.header().lane_count = 4097;
  for (std::uint32_t index = 0; index < 4097; ++index) {
    parts.lane(index).slots_offset = std::uint64_t{2} << 20;
    parts.lane(index).capacity = 1;
  }
  EXPECT_FALSE(attaches_large());
}

// The header may change after it was checked.
TEST_F(HostileSegment, HeaderThatChangesAfterwardsMovesNothing) {
  auto mapping = std::make_unique<MemoryMapping>(mapping_.bytes());
  const Parts parts(mapping->bytes());
  const std::unique_ptr<Reader> reader = Reader::attach(std::move(mapping));
  ASSERT_NE(reader, nullptr);
  for (std::uint32_t index = 0; index < 4; ++index) {
    parts.lane(index).capacity = std::uint64_t{1} << 60;
    parts.lane(index).slots_offset = ~std::uint64_t{63};
    parts.lane(index).head.store(UINT64_MAX);
  }
  parts.header().catalog_offset = parts.header().inflight_offset = ~std::uint64_t{63};
  parts.header().lane_count = parts.header().catalog_capacity = UINT32_MAX;
  parts.header().inflight_capacity = UINT32_MAX;
  parts.header().collection_points_offset = ~std::uint64_t{63};
  parts.header().collection_points_capacity = UINT32_MAX;
  const Sweep sweep = reader->sweep([](const Record&, std::uint32_t) {});
  EXPECT_EQ(sweep.records, 0u);
  EXPECT_EQ(reader->lane_count(), 4u);
  EXPECT_EQ(reader->name(20), "");
  EXPECT_TRUE(reader->inflight().empty());
  EXPECT_TRUE(reader->collection_points().empty());
  reader->totals();
}

TEST_F(HostileSegment, TextsWithoutAnEndEndWithTheirField) {
  std::memset(header().instance, 'i', sizeof header().instance);
  std::memset(header().host_name, 'h', sizeof header().host_name);
  std::memset(header().host_version, 'v', sizeof header().host_version);
  std::memset(header().producer_version, 'p', sizeof header().producer_version);
  const auto reader = Reader::attach(std::make_unique<MemoryMapping>(mapping_.bytes()));
  ASSERT_NE(reader, nullptr);
  EXPECT_EQ(reader->producer().instance, std::string(64, 'i'));
  EXPECT_EQ(reader->producer().host_name, std::string(64, 'h'));
  EXPECT_EQ(reader->producer().host_version, std::string(32, 'v'));
  EXPECT_EQ(reader->producer().producer_version, std::string(32, 'p'));
}

TEST_F(HostileSegment, OfEveryInflightStampIsListedWithinItsCapacity) {
  for (const std::uint64_t stamp :
       {std::uint64_t{2}, std::uint64_t{3}, UINT64_MAX, UINT64_MAX - 1}) {
    for (InflightLine& line : parts_.inflight()) line.stamp.store(stamp);
    for (CollectionPointLine& line : parts_.collection_points()) line.stamp.store(stamp);
    const auto reader = Reader::attach(std::make_unique<MemoryMapping>(mapping_.bytes()));
    ASSERT_NE(reader, nullptr);
    EXPECT_EQ(reader->inflight().size(), stamp % 4 == 2 ? 4u : 0u);
    EXPECT_EQ(reader->collection_points().size(), stamp % 4 == 2 ? 3u : 0u);
  }
}

}  // namespace
}  // namespace goxel_telemetry::shm
