// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/tally/tally_codec.h"

#include <gmock/gmock.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <random>

namespace goxel_telemetry::metrics {
namespace {

bool same(const Tally& a, const Tally& b) {
  return a.outcomes == b.outcomes && a.bytes_in == b.bytes_in && a.bytes_out == b.bytes_out &&
         a.receive_ns == b.receive_ns && a.wait_ns == b.wait_ns && a.send_ns == b.send_ns &&
         a.latency == b.latency;
}

Tally tally_of(std::size_t records, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::lognormal_distribution<double> duration(std::log(150'000.0), 1.0);
  Tally tally;
  for (std::size_t i = 0; i < records; ++i) {
    Measurement m;
    m.duration_ns = static_cast<std::uint64_t>(duration(random));
    m.receive_ns = random() % 1'000;
    m.wait_ns = random() % 100;
    m.send_ns = random() % 10'000;
    m.status = static_cast<shm::Status>(random() % 50 == 0 ? random() % shm::kStatusCount : 0);
    m.bytes_in = 100;
    m.bytes_out = 70;
    tally.add(m);
  }
  return tally;
}

TEST(TallyCodec, GivesBackExactlyWhatWentIn) {
  std::vector<Tally> tallies;
  for (std::size_t records : {0, 1, 2, 10, 100, 3'000, 100'000}) {
    tallies.push_back(tally_of(records, records));
  }
  Tally extreme;
  Measurement m;
  for (const std::uint64_t duration :
       {std::uint64_t{0}, std::uint64_t{1}, Histogram::kHighest, UINT64_MAX, UINT64_MAX}) {
    m.duration_ns = m.receive_ns = m.wait_ns = m.send_ns = duration;
    extreme.add(m);
  }
  tallies.push_back(extreme);
  Tally out_of_range;
  out_of_range.add(m);
  tallies.push_back(out_of_range);
  Tally unanswered;
  m.status = shm::Status::unanswered;
  unanswered.add(m);
  tallies.push_back(unanswered);
  Tally many = tally_of(1'000, 5);
  for (int doubled = 0; doubled < 45; ++doubled) many.merge(Tally(many));
  tallies.push_back(many);

  Tally all;
  Tally all_decoded;
  for (const Tally& tally : tallies) {
    Tally decoded;
    ASSERT_TRUE(merge_encoded_tally(decoded, encode_tally(tally)));
    EXPECT_TRUE(same(decoded, tally)) << tally.outcomes.all();
    all.merge(tally);
    ASSERT_TRUE(merge_encoded_tally(all_decoded, encode_tally(tally)));
  }
  EXPECT_TRUE(same(all, all_decoded));
}

TEST(TallyCodec, IsSmallerThanTheHistogramAlone) {
  for (const std::size_t records : {10, 100, 1'000, 10'000, 100'000}) {
    const Tally tally = tally_of(records, 3);
    const std::size_t plain = tally.latency.encode().size();
    RecordProperty("bytes_" + std::to_string(records),
                   std::to_string(encode_tally(tally).size()) + " of " + std::to_string(plain));
    EXPECT_LT(encode_tally(tally).size(), records < 100 ? plain + 20 : plain * 2 / 3) << records;
  }
}

// Behind the bytes there is no memory at all.
TEST(TallyCodec, ReadsNothingBehindItsBytes) {
  const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  void* const pages =
      mmap(nullptr, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(pages, MAP_FAILED);
  auto* const end = static_cast<std::uint8_t*>(pages) + page;
  ASSERT_EQ(mprotect(end, page, PROT_NONE), 0);
  const std::vector<std::uint8_t> bytes = encode_tally(tally_of(100, 1));
  for (std::size_t size = 0; size <= bytes.size(); ++size) {
    std::copy_n(bytes.begin(), size, end - size);
    Tally tally;
    EXPECT_EQ(merge_encoded_tally(tally, {end - size, size}), size == bytes.size()) << size;
  }
  munmap(pages, 2 * page);
}

TEST(TallyCodec, RefusesWhatIsCutOrLonger) {
  const std::vector<std::uint8_t> bytes = encode_tally(tally_of(100, 1));
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    Tally tally;
    EXPECT_FALSE(merge_encoded_tally(tally, std::span(bytes).first(size))) << size;
    EXPECT_EQ(tally.latency.count(), 0u);
  }
  std::vector<std::uint8_t> longer = bytes;
  longer.push_back(0);
  Tally tally;
  EXPECT_FALSE(merge_encoded_tally(tally, longer));
}

TEST(TallyCodec, AnyBytesAreATallyOrRefusedAndThenChangeNothing) {
  std::mt19937_64 random(7);
  const std::vector<std::uint8_t> valid = encode_tally(tally_of(50, 2));
  const Tally before = tally_of(20, 4);
  for (int round = 0; round < 20'000; ++round) {
    std::vector<std::uint8_t> bytes = valid;
    if (round % 2 == 0) {
      for (std::uint64_t i = random() % 3 + 1; i > 0; --i) {
        bytes[random() % bytes.size()] = static_cast<std::uint8_t>(random());
      }
    } else {
      bytes.resize(random() % 64);
      for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random() >> 3);
      if (bytes.size() > 1) {
        bytes[0] = 1;
        bytes[1] &= 0x1F;
      }
    }
    Tally tally = before;
    if (merge_encoded_tally(tally, bytes)) {
      Tally decoded;
      ASSERT_TRUE(merge_encoded_tally(decoded, bytes));
      Tally again;
      ASSERT_TRUE(merge_encoded_tally(again, encode_tally(decoded)));
      EXPECT_TRUE(same(decoded, again));
    } else {
      EXPECT_TRUE(same(tally, before));
    }
  }
}

}  // namespace
}  // namespace goxel_telemetry::metrics
