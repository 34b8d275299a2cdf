// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/recording/recording.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "metrics/encoding/checksum.h"
#include "metrics/recording/bytes.h"
#include "tests/metrics/recording/recording_samples.h"

namespace goxel_telemetry::metrics::recording {
namespace {

void expect_beginning(const std::vector<Entry>& read, const std::vector<Entry>& written) {
  ASSERT_LE(read.size(), written.size());
  for (std::size_t i = 0; i < read.size(); ++i) ASSERT_TRUE(same(read[i], written[i])) << i;
}

TEST(Recording, GivesBackEveryEntryInOrder) {
  for (unsigned seed = 0; seed < 30; ++seed) {
    const std::vector<Entry> entries = some_entries(seed, seed * seed);
    const ReadBack back = read_all(write(entries, 1 + seed * 7).bytes);
    EXPECT_EQ(back.outcome, Outcome::end);
    EXPECT_EQ(back.entries.size(), entries.size());
    expect_beginning(back.entries, entries);
  }
}

TEST(Recording, KeepsSegmentsApart) {
  for (unsigned seed = 0; seed < 30; ++seed) {
    const std::vector<Entry> entries = some_entries(seed, seed * seed);
    const std::vector<Segment> segments = some_segments(seed, entries.size());
    const ReadBack back = read_all(write(entries, 1 + seed * 7, segments).bytes);
    EXPECT_EQ(back.outcome, Outcome::end);
    EXPECT_EQ(back.entries.size(), entries.size());
    expect_beginning(back.entries, entries);
    EXPECT_EQ(back.segments, segments);
  }
}

TEST(Recording, CutAnywhereGivesItsWholeChunksAndSaysSo) {
  const std::vector<Entry> entries = some_entries(1, 120);
  constexpr std::size_t kInAChunk = 20;
  const Written written = write(entries, kInAChunk);
  ASSERT_GT(written.edges.size(), 5u);
  for (std::size_t size = 0; size < written.bytes.size(); ++size) {
    const ReadBack back = read_all(std::span(written.bytes).first(size));
    ASSERT_EQ(back.outcome, size < kMagic.size() ? Outcome::foreign : Outcome::cut) << size;
    const auto whole = std::upper_bound(written.edges.begin(), written.edges.end(), size);
    const auto chunks = static_cast<std::size_t>(whole - written.edges.begin());
    const std::size_t expected =
        chunks < 2 ? 0 : std::min((chunks - 1) * kInAChunk, entries.size());
    ASSERT_EQ(back.entries.size(), expected) << size;
    expect_beginning(back.entries, entries);
  }
}

TEST(Recording, AnyChangedByteIsNoticedAndNothingWrongComesBeforeIt) {
  const std::vector<Entry> entries = some_entries(2, 60);
  const Bytes good = write(entries, 25).bytes;
  for (std::size_t i = 0; i < good.size(); ++i) {
    Bytes bytes = good;
    bytes[i] ^= static_cast<std::uint8_t>(1u << (i % 8));
    const ReadBack back = read_all(bytes);
    ASSERT_NE(back.outcome, Outcome::end) << i;
    expect_beginning(back.entries, entries);
  }
}

// A file with valid checksums, as a program that means harm could write it.
Bytes with_one_chunk(const Bytes& content) {
  Bytes bytes(kMagic.begin(), kMagic.end());
  bytes.push_back(kVersion);
  bytes.resize(bytes.size() + kChunkHeadBytes);
  store_32(&bytes[bytes.size() - 8], static_cast<std::uint32_t>(content.size()));
  store_32(&bytes[bytes.size() - 4], crc32(content));
  bytes.insert(bytes.end(), content.begin(), content.end());
  return bytes;
}

TEST(Recording, InvalidContentWithAGoodChecksumIsRefused) {
  const std::vector<Bytes> contents = {
      {kRecordTag},                                   // a record that ends at once
      {kRecordTag, 0xff, 0xff, 0x03, 0, 0, 0, 0, 0},  // a lane that no segment has
      {kNameTag},                                     // an entry without a length
      {kNameTag, 100, 0},                             // one that is longer than its chunk
      {kNameTag, 3, 9, 1, 56},                        // a name that is too long
      {kNameTag, 3, 9, 4, 0},                         // of a kind that there is not
      {kLostTag, 11, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01},
      {kEndTag, 1, 7},     // an end that counts other records
      {kEndTag, 2, 0, 7},  // of the outer layers
      {kOfOuterLayersTag, 0},
      {kOfOuterLayersTag, 4, kLostTag, 1, 5},                       // longer than its chunk
      {kOfOuterLayersTag, 2, kLostTag, 1, 5},                       // cuts its entry off
      {kOfOuterLayersTag, 3, kEndTag, 1, 0},                        // an end of its own
      {kOfOuterLayersTag, 5, kOfOuterLayersTag, 3, kLostTag, 1, 5}  // one within another
  };
  for (const Bytes& content : contents) {
    EXPECT_EQ(read_all(with_one_chunk(content)).outcome, Outcome::damaged)
        << testing::PrintToString(content);
  }
}

TEST(Recording, ChunkLengthsAreNotBelieved) {
  for (const std::uint32_t size :
       {0u, static_cast<std::uint32_t>(kMostChunkBytes) + 1, UINT32_MAX}) {
    Bytes bytes = with_one_chunk({});
    store_32(&bytes[kMagic.size() + 1], size);
    EXPECT_EQ(read_all(bytes).outcome, Outcome::damaged) << size;
  }
}

TEST(Recording, EntriesAndMembersThatALaterWriterAddsAreSkipped) {
  const Bytes content = {
      100, 2, 1,   2,          // an entry of a kind unknown today
      4,   3, 5,   77, 78,     // Lost, with two more members
      7,   3, 100, 1,  9,      // unknown, of the outer layers
      7,   4, 4,   1,  6,  8,  // Lost of the outer layers, with another member
      6,   3, 0,   0,  99,     // End, with another
  };
  const ReadBack back = read_all(with_one_chunk(content));
  EXPECT_EQ(back.outcome, Outcome::end);
  ASSERT_EQ(back.entries.size(), 2u);
  EXPECT_EQ(std::get<Lost>(back.entries[0]).records, 5u);
  EXPECT_EQ(std::get<Lost>(back.entries[1]).records, 6u);
  EXPECT_EQ(back.segments[1], Segment::outer_layers);
}

TEST(Recording, OtherFilesAndOtherVersionsAreDistinguished) {
  Bytes bytes = write({}, 1).bytes;
  EXPECT_EQ(read_all(bytes).outcome, Outcome::end);
  bytes[kMagic.size()] = kVersion + 1;
  EXPECT_EQ(read_all(bytes).outcome, Outcome::unknown_version);
  EXPECT_EQ(read_all(Bytes{'{', '}', '\n'}).outcome, Outcome::foreign);
  EXPECT_EQ(read_all({}).outcome, Outcome::foreign);
}

TEST(Recording, ManyRequestsInFlightFitAChunk) {
  Moment moment;
  for (std::size_t i = 0; i < kMostInflight + 5; ++i) {
    moment.inflight.push_back(
        shm::InflightEntry::from_words({UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX,
                                        shm::kTicksAtLeast, UINT64_MAX, UINT64_MAX}));
  }
  const ReadBack back = read_all(write({1, Entry(moment)}, 1).bytes);
  ASSERT_EQ(back.outcome, Outcome::end);
  EXPECT_EQ(std::get<Moment>(back.entries.at(0)).inflight.size(), kMostInflight);
}

// 20,000 requests a second from 8 threads, as the stand-in daemon's: what a recording of them
// takes.
TEST(Recording, AnOrdinaryRecordTakesTwentyBytes) {
  std::mt19937_64 random(3);
  std::vector<Entry> entries;
  for (std::uint64_t i = 0; i < 10'000; ++i) {
    LaneRecord lane;
    lane.lane = static_cast<std::uint32_t>(random() % 8);
    shm::Record& record = lane.record;
    record.start_ticks = 1'000'000'000'000 + i * 50'000 + random() % 100'000;
    record.duration_ticks = (60'000 + random() % 200'000) & shm::kTicksAtLeast;
    record.operation = static_cast<std::uint16_t>(9 + random() % 60);
    record.layer = 6;
    record.stack = 8;
    record.protocol = 2;
    record.worker = static_cast<std::uint16_t>(lane.lane);
    record.receive_ticks = (random() % 3 == 0 ? random() % 5'000 : 0) & shm::kTicksAtLeast;
    record.send_ticks = (3'000 + random() % 5'000) & shm::kTicksAtLeast;
    record.bytes_in = static_cast<std::uint32_t>(90 + random() % 100);
    record.bytes_out = static_cast<std::uint32_t>(100 + random() % 400);
    entries.emplace_back(lane);
  }
  const auto bytes = static_cast<double>(write(entries, SIZE_MAX).bytes.size());
  EXPECT_LT(bytes / 10'000, 20);
}

// What was made of some_entries(1, 100): if those change, the files stay and are compared by other
// means. The first writers of version 1 knew nothing of outer layers.
// What the same random bits were when a record had eight bits each for protocol and status, and none
// for an error.
std::vector<Entry> as_of_version_one(std::vector<Entry> entries) {
  for (Entry& entry : entries) {
    if (auto* const one = std::get_if<LaneRecord>(&entry)) {
      const std::uint64_t bits = one->record.words()[5] >> 48;
      one->record.protocol = static_cast<std::uint8_t>(bits);
      one->record.status = static_cast<std::uint8_t>(bits >> 8);
      one->record.error = 0;
    } else if (auto* const name = std::get_if<Name>(&entry)) {
      name->target_us = 0;
    } else if (auto* const moment = std::get_if<Moment>(&entry)) {
      moment->cost_sums = {};
    }
  }
  return entries;
}

TEST(Recording, VersionOneIsStillRead) {
  const std::vector<Entry> entries = as_of_version_one(some_entries(1, 100));
  for (const std::string name : {"recording-version-1", "recording-version-1-layers"}) {
    std::ifstream file(DATA_FOLDER "/" + name + ".goxelrec", std::ios::binary);
    const Bytes bytes{std::istreambuf_iterator<char>(file), {}};
    const ReadBack back = read_all(bytes);
    EXPECT_EQ(back.outcome, Outcome::end) << name;
    EXPECT_EQ(back.entries.size(), entries.size());
    expect_beginning(back.entries, entries);
    EXPECT_EQ(back.segments, name == "recording-version-1"
                                 ? std::vector(entries.size(), Segment::daemon)
                                 : some_segments(1, entries.size()));
  }
}

}  // namespace
}  // namespace goxel_telemetry::metrics::recording
