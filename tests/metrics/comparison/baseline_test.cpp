// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/comparison/baseline.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <random>

#include "metrics/comparison/baseline_store.h"
#include "metrics/comparison/comparison.h"
#include "metrics/encoding/checksum.h"

namespace goxel_telemetry::metrics {
namespace {

using Bytes = std::vector<std::uint8_t>;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::uint64_t kBegin = 1'764'000'000;

// Twenty seconds in which one operation is called every second, and another every third.
Baseline sample() {
  ObservationBuilder builder(kBegin, kBegin + 20);
  for (std::uint64_t second = 0; second < 20; ++second) {
    Tally tally;
    for (std::uint64_t i = 0; i < 5; ++i) {
      Measurement m;
      m.duration_ns = 100'000 + 1'000 * i * second;
      m.send_ns = 10;
      m.bytes_in = 100;
      m.bytes_out = 50;
      m.status = i == 4 && second % 4 == 0 ? shm::Status::unanswered : shm::Status::ok;
      tally.add(m);
    }
    builder.add({"2-layer", "mcp", "daemon", "goxel_fill"}, kBegin + second, tally);
    if (second % 3 == 0) {
      builder.add({"4-layer", "jsonrpc", "daemon", "goxel.fill"}, kBegin + second, tally);
    }
  }
  builder.observed(kBegin * 1'000'000'000 + 500'000'000, (kBegin + 20) * 1'000'000'000);
  return {"before", "live, instance \"goxel\"", 1'764'000'021'000'000'000,
          std::move(builder).finish()};
}

void expect_same(const Baseline& a, const Baseline& b) {
  EXPECT_EQ(a.name, b.name);
  EXPECT_EQ(a.source, b.source);
  EXPECT_EQ(a.saved_realtime_ns, b.saved_realtime_ns);
  const Observation& of_a = a.observation;
  const Observation& of_b = b.observation;
  EXPECT_EQ(of_a.begin_seconds, of_b.begin_seconds);
  EXPECT_EQ(of_a.block_seconds, of_b.block_seconds);
  EXPECT_EQ(of_a.observed_ns, of_b.observed_ns);
  ASSERT_EQ(of_a.operations.size(), of_b.operations.size());
  for (const auto& [key, series] : of_a.operations) {
    ASSERT_TRUE(of_b.operations.contains(key)) << key.operation;
    const auto& other = of_b.operations.at(key).packed();
    ASSERT_EQ(series.packed().size(), other.size());
    for (const auto& [block, packed] : series.packed()) {
      EXPECT_EQ(packed.outcomes, other.at(block).outcomes) << block;
      EXPECT_EQ(packed.tally, other.at(block).tally) << block;
    }
  }
}

Bytes with_checksum(Bytes bytes) {
  const std::uint32_t sum = crc32(bytes);
  for (unsigned shift = 0; shift < 32; shift += 8) {
    bytes.push_back(static_cast<std::uint8_t>(sum >> shift));
  }
  return bytes;
}

TEST(BaselineFormat, GivesBackWhatWentIn) {
  const Baseline before = sample();
  Baseline after;
  ASSERT_EQ(decode_baseline(encode_baseline(before), after), BaselineReading::done);
  expect_same(before, after);
  EXPECT_EQ(after.name, "before");
  EXPECT_EQ(after.source, "live, instance \"goxel\"");
  EXPECT_EQ(after.saved_realtime_ns, 1'764'000'021'000'000'000u);
  EXPECT_EQ(after.observation.observed_seconds(), 19.5);
  const Tally total =
      after.observation.operations.at({"2-layer", "mcp", "daemon", "goxel_fill"}).total();
  EXPECT_EQ(total.outcomes.all(), 100u);
  EXPECT_EQ(total.outcomes.unanswered, 5u);
  EXPECT_EQ(total.latency.count(), 95u);
  EXPECT_EQ(total.bytes_in, 10'000u);
}

TEST(BaselineFormat, FilesOfVersion1AreReadForever) {
  const std::string path = DATA_FOLDER "/version-1.baseline";
  Baseline read;
  const StoreResult result = read_baseline_file(path, read);
  ASSERT_TRUE(result.done()) << result.message;
  expect_same(read, sample());
}

TEST(BaselineFormat, EveryTruncationIsRefused) {
  const Bytes whole = encode_baseline(sample());
  for (std::size_t size = 0; size < whole.size(); ++size) {
    Baseline read;
    ASSERT_NE(decode_baseline(std::span(whole).first(size), read), BaselineReading::done) << size;
    ASSERT_EQ(read.name, "");
  }
}

// As many as a reader keeps apart: 512, and 64 that are the others of something.
TEST(BaselineFormat, HasNoMoreOperationsThanAReaderKeepsApart) {
  const auto read_with = [](int operations) {
    ObservationBuilder builder(kBegin, kBegin + 1);
    Tally one;
    one.add({});
    for (int i = 0; i < operations; ++i) {
      builder.add({"2-layer", "mcp", "daemon", "operation_" + std::to_string(i)}, kBegin, one);
    }
    Baseline read;
    return decode_baseline(encode_baseline({"many", "", 0, std::move(builder).finish()}), read);
  };
  EXPECT_EQ(read_with(576), BaselineReading::done);
  EXPECT_EQ(read_with(577), BaselineReading::damaged);
}

TEST(BaselineFormat, EveryFlippedBitIsNoticed) {
  const Bytes whole = encode_baseline(sample());
  for (std::size_t i = 0; i < whole.size(); ++i) {
    Bytes bytes = whole;
    bytes[i] ^= 0x10;
    Baseline read;
    ASSERT_NE(decode_baseline(bytes, read), BaselineReading::done) << i;
  }
}

TEST(BaselineFormat, SaysWhatKindOfWrongItIs) {
  Baseline read;
  EXPECT_EQ(decode_baseline(Bytes(100, 'x'), read), BaselineReading::foreign);
  EXPECT_EQ(decode_baseline({}, read), BaselineReading::foreign);
  const Bytes whole = encode_baseline(sample());
  EXPECT_EQ(decode_baseline(std::span(whole).first(12), read), BaselineReading::foreign)
      << "no room for a version";
  EXPECT_EQ(decode_baseline(std::span(whole).first(13), read), BaselineReading::damaged);
  Bytes bytes = encode_baseline(sample());
  bytes[8] = 2;
  EXPECT_EQ(decode_baseline(bytes, read), BaselineReading::newer);
  bytes[8] = 0;
  EXPECT_EQ(decode_baseline(bytes, read), BaselineReading::damaged);
}

// Whatever has a right checksum and is taken can be compared: nothing in it overflows or crashes.
TEST(BaselineFormat, MutatedBytesAreRefusedOrHarmless) {
  const Bytes whole = encode_baseline(sample());
  const Bytes content(whole.begin(), whole.end() - 4);
  const Observation valid = sample().observation;
  std::mt19937_64 random(1);
  int taken = 0;
  for (int round = 0; round < 4'000; ++round) {
    Bytes bytes = content;
    for (std::uint64_t i = 0; i <= random() % 3; ++i) {
      const std::size_t at = 9 + random() % (bytes.size() - 9);
      switch (random() % 3) {
        case 0:
          bytes[at] = static_cast<std::uint8_t>(random());
          break;
        case 1:
          bytes[at] = random() % 2 == 0 ? 0xFF : 0x00;
          break;
        default:
          bytes.erase(bytes.begin() + static_cast<std::ptrdiff_t>(at));
      }
    }
    Baseline read;
    if (decode_baseline(with_checksum(std::move(bytes)), read) != BaselineReading::done) continue;
    ++taken;
    ASSERT_TRUE(valid_baseline_name(read.name));
    const Comparison comparison = compare(valid, read.observation, {});
    ASSERT_GE(comparison.operations.size(), 2u);
  }
  EXPECT_GT(taken, 100);
}

TEST(BaselineName, IsAFilesNameWithoutTricks) {
  for (const char* name : {"before", "2026-11-25", "v1.2_rc", "a", "-"}) {
    EXPECT_TRUE(valid_baseline_name(name)) << name;
  }
  for (const char* name :
       {"", ".", "..", ".hidden", "a/b", "../x", "a b", "live", "a:b", "ä", "a\n"}) {
    EXPECT_FALSE(valid_baseline_name(name)) << name;
  }
  EXPECT_TRUE(valid_baseline_name(std::string(63, 'a')));
  EXPECT_FALSE(valid_baseline_name(std::string(64, 'a')));
}

class BaselineFolder : public testing::Test {
 protected:
  BaselineFolder() {
    std::string name = testing::TempDir() + "baselines.XXXXXX";
    folder_ = mkdtemp(name.data());
  }
  ~BaselineFolder() override { std::filesystem::remove_all(folder_); }

  std::string file(const std::string& name) const { return folder_ + '/' + name; }
  std::vector<std::string> files() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
      names.push_back(entry.path().filename());
    }
    return names;
  }

  std::string folder_;
};

TEST_F(BaselineFolder, KeepsListsAndForgets) {
  BaselineStore store(file("not/there/yet"));
  std::vector<std::string> names;
  EXPECT_TRUE(store.names(names).done());
  EXPECT_THAT(names, IsEmpty());

  Baseline baseline = sample();
  EXPECT_TRUE(store.save(baseline, IfThere::refuse).done());
  baseline.name = "after";
  EXPECT_TRUE(store.save(baseline, IfThere::refuse).done());
  EXPECT_TRUE(store.names(names).done());
  EXPECT_THAT(names, ElementsAre("after", "before"));

  Baseline read;
  ASSERT_TRUE(store.load("after", read).done());
  expect_same(read, baseline);
  EXPECT_TRUE(store.remove("after").done());
  EXPECT_EQ(store.load("after", read).outcome, StoreOutcome::unknown);
  EXPECT_THAT(store.remove("after").message, HasSubstr("no baseline \"after\""));
}

TEST_F(BaselineFolder, AnExistingOneIsReplacedOnlyWhenAsked) {
  BaselineStore store(folder_);
  Baseline baseline = sample();
  EXPECT_TRUE(store.save(baseline, IfThere::refuse).done());
  baseline.source = "another";
  const StoreResult refused = store.save(baseline, IfThere::refuse);
  EXPECT_EQ(refused.outcome, StoreOutcome::exists);
  EXPECT_THAT(refused.message, HasSubstr("already a baseline \"before\""));
  Baseline read;
  ASSERT_TRUE(store.load("before", read).done());
  expect_same(read, sample());
  EXPECT_TRUE(store.save(baseline, IfThere::replace).done());
  ASSERT_TRUE(store.load("before", read).done());
  EXPECT_EQ(read.source, "another");
  EXPECT_THAT(files(), ElementsAre("before.baseline"));  // and nothing unfinished beside it
}

TEST_F(BaselineFolder, WhatIsNoBaselineIsNotListedAndNotRead) {
  std::ofstream(file("notes.txt")) << "x";
  std::ofstream(file("half.baseline")) << "GOXLBASE\x01";
  std::ofstream(file(".hidden.baseline")) << "x";
  mkdir(file("folder.baseline").c_str(), 0777);
  mkfifo(file("pipe.baseline").c_str(), 0666);
  const BaselineStore store(folder_);
  std::vector<std::string> names;
  EXPECT_TRUE(store.names(names).done());
  EXPECT_THAT(names, ElementsAre("folder", "half", "pipe"));  // a look at them says what is wrong
  Baseline read;
  for (const std::string& name : names) {
    EXPECT_EQ(store.load(name, read).outcome, StoreOutcome::invalid) << name;
  }
  EXPECT_THAT(read_baseline_file(file("notes.txt"), read).message, HasSubstr("is not a baseline"));
}

TEST_F(BaselineFolder, AHugeFileIsRefusedUnread) {
  std::ofstream(file("huge.baseline")) << "GOXLBASE";
  ASSERT_EQ(truncate(file("huge.baseline").c_str(), off_t{1} << 40), 0);
  Baseline read;
  EXPECT_THAT(read_baseline_file(file("huge.baseline"), read).message,
              HasSubstr("larger than any baseline"));
}

TEST_F(BaselineFolder, WhatCannotBeWrittenIsAFailureAndLeavesNothing) {
  EXPECT_EQ(write_baseline_file("/dev/full/x", sample(), IfThere::refuse).outcome,
            StoreOutcome::failed);
  EXPECT_EQ(write_baseline_file(file("no/folder"), sample(), IfThere::refuse).outcome,
            StoreOutcome::failed);
  mkdir(file("there").c_str(), 0777);
  EXPECT_EQ(write_baseline_file(file("there"), sample(), IfThere::replace).outcome,
            StoreOutcome::failed);
  EXPECT_THAT(files(), ElementsAre("there"));
}

}  // namespace
}  // namespace goxel_telemetry::metrics
