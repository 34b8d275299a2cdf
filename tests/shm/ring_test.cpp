// SPDX-License-Identifier: GPL-3.0-or-later
// One lane without threads: every state that a race can leave a ring in, made by hand.
#include <gtest/gtest.h>

#include "tests/shm/lane_fixture.h"

namespace goxel_telemetry::shm {
namespace {

using Ring = LaneFixture;

TEST_F(Ring, IsEmptyBeforeTheFirstRecord) {
  expect_empty();
}

TEST_F(Ring, DeliversEachRecordOnceAndInOrder) {
  publish(3);
  for (std::uint64_t sequence = 0; sequence < 3; ++sequence) expect_record(sequence);
  expect_empty();
  publish(1);
  expect_record(3);
  expect_empty();
}

TEST_F(Ring, DeliversAcrossTheWrap) {
  for (std::uint64_t sequence = 0; sequence < 3 * kCapacity; ++sequence) {
    publish(1);
    expect_record(sequence);
  }
  expect_empty();
}

TEST_F(Ring, AFullRingLosesNothing) {
  publish(kCapacity);
  for (std::uint64_t sequence = 0; sequence < kCapacity; ++sequence) expect_record(sequence);
  expect_empty();
}

// The slot of the oldest record is the one that is written next: it may be torn at any moment, so a
// reader that was lapped goes on with the one after it.
TEST_F(Ring, LappedReaderResumesAtOldestWholeRecord) {
  publish(2);
  expect_record(0);
  publish(2 * kCapacity);  // 18 in all: the slots hold 10 to 17
  expect_lost(10);         // 1 to 10
  for (std::uint64_t sequence = 11; sequence < 18; ++sequence) expect_record(sequence);
  expect_empty();
}

TEST_F(Ring, ReaderThatSeesFromTheHeadThatItWasLappedCountsTheSame) {
  publish(5 * kCapacity + 3);
  expect_lost(4 * kCapacity + 4);
  expect_record(4 * kCapacity + 4);
}

TEST_F(Ring, LossesAndRecordsAddUpToTheHead) {
  std::uint64_t seen = 0;
  for (std::uint64_t burst = 1; burst < 40; ++burst) {
    publish(burst);
    Record record{};
    std::uint64_t lost = 0;
    for (auto outcome = reader_.next(record, lost); outcome != LaneReader::Outcome::empty;
         outcome = reader_.next(record, lost)) {
      if (outcome == LaneReader::Outcome::record) {
        EXPECT_TRUE(is_record_of(record, 0, seen));
        ++seen;
      } else {
        seen += lost;
      }
    }
    EXPECT_EQ(seen, lane_.head.load());
    EXPECT_EQ(seen, reader_.sequence());
  }
}

// The producer was stopped between the mark and the last word.
TEST_F(Ring, TornSlotIsNotDelivered) {
  publish(1);
  expect_record(0);
  publish(kCapacity);
  slot_of(1).stamp.store(2 * (kCapacity + 1) + 1);
  slot_of(1).words[0].store(~std::uint64_t{0});
  expect_lost(1);
  expect_record(2);
}

// The slot of the oldest record is the next to be written: that record was nobody's.
TEST_F(Ring, WhatIsOverwrittenBetweenAttachingAndTheFirstReadIsNotLost) {
  publish(3 * kCapacity);
  reader_.attach();
  EXPECT_EQ(reader_.before(), 2 * kCapacity);
  slot_of(2 * kCapacity).stamp.store(2 * (3 * kCapacity) + 1);
  expect_lost(0);
  expect_record(2 * kCapacity + 1);
  EXPECT_EQ(reader_.before(), 2 * kCapacity + 1);
}

TEST_F(Ring, WhatWasPublishedSinceAttachingIsLostAndWhatWasPublishedEarlierIsNot) {
  publish(kCapacity);
  reader_.attach();
  publish(kCapacity + 3);  // the slots hold 11 to 18; 8, 9, 10 and 11 are this reader's to lose
  expect_lost(4);
  EXPECT_EQ(reader_.before(), kCapacity);
  for (std::uint64_t sequence = 12; sequence < 19; ++sequence) expect_record(sequence);
  expect_empty();
  EXPECT_EQ(reader_.reached(), 19u);
  publish(kCapacity + 1);  // 19 to 27; 19 and 20 are gone or may be at any moment
  expect_lost(2);
  EXPECT_EQ(reader_.before(), kCapacity) << "that was long ago";
}

// Not a lap: nobody can have read it.
TEST_F(Ring, UnreadableRecordFromBeforeAttachingIsLost) {
  publish(5);
  reader_.attach();
  slot_of(1).stamp.store(0);
  expect_record(0);
  expect_lost(1);
  expect_record(2);
  EXPECT_EQ(reader_.before(), 0u);
}

TEST_F(Ring, DeadProducersTornSlotIsOneLossAndTheNextWriterGoesOnThere) {
  publish(kCapacity);
  slot_of(kCapacity).stamp.store(2 * kCapacity + 1);  // died inside of it: the head stays
  expect_lost(1);
  for (std::uint64_t sequence = 1; sequence < kCapacity; ++sequence) expect_record(sequence);
  expect_empty();
  producer_ = Producer(lane_, slots_);
  publish(2);
  expect_record(kCapacity);
  expect_record(kCapacity + 1);
}

TEST_F(Ring, WholeRecordOfALaterLapIsNotTakenForTheExpectedOne) {
  publish(kCapacity);
  expect_record(0);
  // The producer went on behind our back, and its head is not visible to us yet.
  write_stamped(slot_of(1), 2 * (kCapacity + 1) + 1, 2 * (kCapacity + 1) + 2,
                record_of(0, kCapacity + 1).words());
  expect_lost(1);
  expect_record(2);
}

TEST_F(Ring, SlotThatWasNeverWrittenIsALossAndNoEndlessLoop) {
  lane_.head.store(3);  // a head that promises what is not there
  for (int i = 0; i < 3; ++i) expect_lost(1);
  expect_empty();
}

TEST_F(Ring, HeadThatGoesBackIsFollowedAndNothingCountsAsLost) {
  publish(5);
  for (std::uint64_t sequence = 0; sequence < 5; ++sequence) expect_record(sequence);
  start_at(0);
  expect_empty();
  publish(1);
  expect_record(0);
}

TEST_F(Ring, HeadThatGoesBackDuringASweepEndsIt) {
  publish(6);
  expect_record(0);
  lane_.head.store(0);
  slot_of(1).stamp.store(0);
  expect_lost(1);
  expect_empty();
}

TEST_F(Ring, AttachedReaderGetsAllThatIsStillThere) {
  publish(3 * kCapacity);
  reader_.attach();
  for (std::uint64_t sequence = 2 * kCapacity; sequence < 3 * kCapacity; ++sequence) {
    expect_record(sequence);
  }
  expect_empty();
}

TEST_F(Ring, RewoundReaderGetsAllThatIsStillThere) {
  publish(6);
  for (std::uint64_t sequence = 0; sequence < 6; ++sequence) expect_record(sequence);
  publish(4);
  reader_.rewind();
  for (std::uint64_t sequence = 2; sequence < 10; ++sequence) expect_record(sequence);
  expect_empty();
  EXPECT_EQ(reader_.before(), 0u);
}

TEST_F(Ring, WhatWasReadBeforeARewindCannotBeLost) {
  publish(6);
  for (std::uint64_t sequence = 0; sequence < 6; ++sequence) expect_record(sequence);
  reader_.rewind();
  publish(kCapacity);  // 14 in all: 0 to 6 are gone or may be at any moment
  EXPECT_EQ(reader_.reached(), 6u);
  expect_lost(1);
  expect_record(7);
}

TEST_F(Ring, ReaderAtTheEndGetsOnlyWhatComes) {
  publish(5);
  reader_.skip_to_end();
  expect_empty();
  publish(1);
  expect_record(5);
  EXPECT_EQ(reader_.before(), 5u);
}

TEST_F(Ring, WriterThatTakesALaneOverGoesOnWithItsSequence) {
  publish(3);
  producer_ = Producer(lane_, slots_);
  publish(1);
  for (std::uint64_t sequence = 0; sequence < 4; ++sequence) expect_record(sequence);
}

TEST_F(Ring, SequencesBeyond32BitsAreDelivered) {
  start_at((std::uint64_t{1} << 40) - 2);
  reader_.skip_to_end();
  publish(4);
  for (std::uint64_t i = 0; i < 4; ++i) expect_record((std::uint64_t{1} << 40) - 2 + i);
}

// Only a hostile segment gets there.
TEST_F(Ring, SequencesAtTheEndOfTheirRangeDoNotLoop) {
  lane_.head.store(UINT64_MAX);
  Record record{};
  std::uint64_t lost = 0;
  int outcomes = 0;
  while (reader_.next(record, lost) != LaneReader::Outcome::empty) {
    ASSERT_LE(++outcomes, static_cast<int>(2 * kCapacity));
  }
}

TEST_F(Ring, EmptyOutcomeLeavesTheCallersRecordAlone) {
  Record record = record_of(7, 7);
  std::uint64_t lost = 0;
  EXPECT_EQ(reader_.next(record, lost), LaneReader::Outcome::empty);
  EXPECT_TRUE(is_record_of(record, 7, 7));
}

}  // namespace
}  // namespace goxel_telemetry::shm
