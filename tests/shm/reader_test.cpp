// SPDX-License-Identifier: GPL-3.0-or-later
// A reader of a whole segment, and its producer, in one thread.
#include "shm/reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "shm/inflight.h"
#include "tests/shm/self_checking_record.h"
#include "tests/shm/test_segment.h"
#include "tests/shm/without_proc.h"

namespace goxel_telemetry::shm {
namespace {

using testing::ElementsAre;

class SegmentReader : public testing::Test {
 protected:
  SegmentReader() {
    auto mapping = std::make_unique<MemoryMapping>(bytes_of_new_segment());
    parts_ = std::make_unique<Parts>(mapping->bytes());
    header().state.store(static_cast<std::uint64_t>(Lifecycle::live));
    reader_ = Reader::attach(std::move(mapping));
  }
  void SetUp() override { ASSERT_NE(reader_, nullptr); }

  Header& header() { return parts_->header(); }
  void publish(std::uint32_t lane, std::uint64_t count) {
    Producer producer = parts_->producer(lane);
    for (std::uint64_t i = 0; i < count; ++i) {
      producer.publish(record_of(lane, parts_->lane(lane).head.load()));
    }
  }
  // (lane, sequence) of what a sweep delivers, each checked to be whole.
  std::vector<std::pair<std::uint32_t, std::uint64_t>> sweep() {
    std::vector<std::pair<std::uint32_t, std::uint64_t>> got;
    result_ = reader_->sweep([&](const Record& record, std::uint32_t lane) {
      EXPECT_TRUE(is_record_of(record, lane, sequence_of(record)));
      got.emplace_back(lane, sequence_of(record));
    });
    EXPECT_EQ(result_.records, got.size());
    return got;
  }

  std::unique_ptr<Parts> parts_;
  std::unique_ptr<Reader> reader_;
  Sweep result_;
};

// As if its time were up before it begins.
TEST_F(SegmentReader, SweepWhoseTimeIsUpReadsALittleAndTheNextOneGoesOnThere) {
  SegmentOptions options = small_options("");
  options.tiers = {{2, 1024}};
  auto mapping = std::make_unique<MemoryMapping>(bytes_of_new_segment(options));
  parts_ = std::make_unique<Parts>(mapping->bytes());
  reader_ = Reader::attach(std::move(mapping));
  publish(0, 300);
  publish(1, 300);
  std::vector<std::vector<std::uint64_t>> got(2);
  std::vector<bool> more;
  for (int i = 0; i < 4; ++i) {
    const Sweep sweep = reader_->sweep(
        [&](const Record& record, std::uint32_t lane) { got[lane].push_back(sequence_of(record)); },
        0);
    more.push_back(sweep.more);
    // The lane in which it stopped has its turn first, also when others have more by then.
    if (i == 0) publish(0, 1);
  }
  EXPECT_THAT(more, ElementsAre(true, true, false, false));
  for (const auto& sequences : got) {
    for (std::uint64_t i = 0; i < sequences.size(); ++i) EXPECT_EQ(sequences[i], i);
  }
  EXPECT_EQ(got[0].size(), 301u);
  EXPECT_EQ(got[1].size(), 300u);
}

// A daemon has more lanes than there are records between two looks at the clock.
TEST_F(SegmentReader, SweepWhoseTimeIsUpStillSeesThatNothingIsThere) {
  SegmentOptions options = small_options("");
  options.tiers = {{kRecordsBetweenLooks + 1, 16}};
  auto mapping = std::make_unique<MemoryMapping>(bytes_of_new_segment(options));
  parts_ = std::make_unique<Parts>(mapping->bytes());
  reader_ = Reader::attach(std::move(mapping));
  const auto ignore = [](const Record&, std::uint32_t) {};
  EXPECT_FALSE(reader_->sweep(ignore, 0).more);
  publish(kRecordsBetweenLooks, 1);  // the last lane
  const Sweep sweep = reader_->sweep(ignore, 0);
  EXPECT_FALSE(sweep.more);
  EXPECT_EQ(sweep.records, 1u);
}

TEST_F(SegmentReader, SweepsLaneByLane) {
  publish(2, 1);
  publish(0, 2);
  using Got = std::pair<std::uint32_t, std::uint64_t>;
  EXPECT_THAT(sweep(), ElementsAre(Got(0, 0), Got(0, 1), Got(2, 0)));
  EXPECT_EQ(result_.lost, 0u);
  EXPECT_TRUE(sweep().empty());
  EXPECT_EQ(reader_->lane_sequence(0), 2u);
}

TEST_F(SegmentReader, CountsWhatItMissed) {
  publish(0, 16 + 5);
  EXPECT_EQ(sweep().size(), 15u);
  EXPECT_EQ(result_.lost, 6u);
}

TEST_F(SegmentReader, RewindsAllLanesAndAccountsForARecordOnce) {
  publish(0, 2);
  publish(1, 16 + 5);
  EXPECT_EQ(sweep().size(), 2u + 15u);
  EXPECT_EQ(result_.lost, 6u);
  reader_->rewind();
  EXPECT_EQ(sweep().size(), 2u + 16u);
  EXPECT_EQ(result_.lost, 0u);
  EXPECT_EQ(reader_->reached(), 2u + 21u);
  EXPECT_EQ(reader_->before(), 0u);
}

TEST_F(SegmentReader, LooksAtTheOldestRecordWithoutMoving) {
  EXPECT_FALSE(reader_->oldest(0).has_value());
  publish(0, 16 + 5);
  const auto oldest = reader_->oldest(0);
  ASSERT_TRUE(oldest.has_value());
  EXPECT_EQ(oldest->sequence, 6u);
  EXPECT_TRUE(is_record_of(oldest->record, 0, 6));
  EXPECT_EQ(reader_->lane_sequence(0), 0u);
  EXPECT_EQ(sweep().size(), 15u);
  EXPECT_EQ(result_.lost, 6u);
}

TEST_F(SegmentReader, SweepEndsThoughItsProducerKeepsPublishing) {
  std::uint64_t delivered = 0;
  publish(0, 1);
  reader_->sweep([&](const Record&, std::uint32_t) {
    publish(0, 1);
    ASSERT_LE(++delivered, 1000u);
  });
  EXPECT_EQ(delivered, 16u);
}

TEST_F(SegmentReader, SinkThatThrowsHasHadItsRecord) {
  publish(0, 3);
  EXPECT_THROW(reader_->sweep([](const Record&, std::uint32_t) { throw 1; }), int);
  using Got = std::pair<std::uint32_t, std::uint64_t>;
  EXPECT_THAT(sweep(), ElementsAre(Got(0, 1), Got(0, 2)));
}

TEST_F(SegmentReader, DescribesTheProducer) {
  const ProducerInfo& info = reader_->producer();
  EXPECT_EQ(info.process.pid, static_cast<std::uint32_t>(getpid()));
  EXPECT_EQ(info.process.start_time, this_process().start_time);
  EXPECT_EQ(info.host_name, "test-host");
  EXPECT_EQ(info.host_version, "1.2.3");
  EXPECT_EQ(info.producer_version, GOXEL_TELEMETRY_VERSION);
  EXPECT_EQ(info.segment_bytes, reader_->segment_bytes());
  EXPECT_NE(info.run_id, 0u);
}

TEST_F(SegmentReader, AddsUpAllLanes) {
  publish(0, 3);
  publish(3, 2);
  for (std::uint32_t lane = 0; lane < 4; ++lane) {
    LaneCounters& counters = parts_->lane(lane).counters;
    for (std::size_t status = 0; status < kStatusCount; ++status) {
      add(counters.records[status], status + 1);
    }
    add(counters.bytes_in, 10);
    add(counters.bytes_out, 20);
    add(counters.span_ticks, 30);
    add(counters.own_cost_ticks, 40);
    add(counters.own_cost_samples, 50);
  }
  const Totals totals = reader_->totals();
  EXPECT_EQ(totals.published, 5u);
  EXPECT_THAT(totals.by_status, ElementsAre(4, 8, 12, 16, 20, 24));
  EXPECT_EQ(totals.bytes_in, 40u);
  EXPECT_EQ(totals.bytes_out, 80u);
  EXPECT_EQ(totals.span_ticks, 120u);
  EXPECT_EQ(totals.own_cost_ticks, 160u);
  EXPECT_EQ(totals.own_cost_samples, 200u);
}

TEST_F(SegmentReader, CopiesTheGauges) {
  for (std::size_t i = 0; i < kGaugeCount; ++i) header().gauges.words[i].store(100 + i);
  const GaugeValues values = reader_->gauges();
  EXPECT_EQ(values[Gauge::connections], 100u);
  EXPECT_EQ(values[Gauge::open_descriptors], 101u);
  EXPECT_EQ(values[Gauge::connections_total], 102u);
  EXPECT_EQ(values[Gauge::queue_depth], 103u);
  EXPECT_EQ(values[Gauge::workers_configured], 104u);
  EXPECT_EQ(values[Gauge::unobserved_connections], 105u);
  EXPECT_EQ(values[Gauge::lane_misses], 106u);
  EXPECT_EQ(values[Gauge::inflight_misses], 107u);
  EXPECT_EQ(values[Gauge::contended_calls], 108u);
  EXPECT_EQ(values[Gauge::catalog_overflow], 109u);
  EXPECT_EQ(values[Gauge::target_latency_ns], 110u);
  EXPECT_EQ(values[Gauge::target_milli_operations_per_second], 111u);
  EXPECT_EQ(values[Gauge::target_resident_bytes], 112u);
  EXPECT_EQ(values[Gauge::telemetry_resident_bytes], 113u);
}

TEST_F(SegmentReader, ReadsNames) {
  CatalogWriter writer(header(), parts_->catalog());
  const std::uint16_t id = writer.intern(NameKind::operation, "ping");
  NameKind kind{};
  EXPECT_EQ(reader_->name(id, &kind), "ping");
  EXPECT_EQ(kind, NameKind::operation);
  EXPECT_EQ(reader_->name(id + 1u), "");
  EXPECT_EQ(reader_->name_count(), id + 1u);
}

TEST_F(SegmentReader, ListsRequestsInFlightAndNoHalfWrittenOnes) {
  const std::span<InflightLine> lines = parts_->inflight();
  for (std::uint64_t i = 0; i < 4; ++i) {
    InflightEntry entry{};
    entry.connection = i;
    show(lines[i], entry);
  }
  clear(lines[1]);
  lines[2].stamp.store(lines[2].stamp.load() - 1);  // its writer died in the middle
  const std::vector<InflightEntry> entries = reader_->inflight();
  ASSERT_EQ(entries.size(), 2u);
  EXPECT_EQ(entries[0].connection, 0u);
  EXPECT_EQ(entries[1].connection, 3u);
}

TEST_F(SegmentReader, KeepsTheLastCalibrationOfAProducerThatDiedInsideAnUpdate) {
  store(header().calibration, {10, 20, 30, 40, 50});
  EXPECT_EQ(reader_->calibration().anchor_ns, 20u);
  store(header().calibration, {11, 21, 31, 41, 51});
  header().calibration.sequence.store(5);
  EXPECT_EQ(reader_->calibration().anchor_ns, 20u);
}

// --- liveness ---

TEST_F(SegmentReader, ProducerThatRunsIsLive) {
  EXPECT_EQ(reader_->state(monotonic_ns()), ProducerState::live);
}

constexpr std::uint64_t kBeat = 1'000'000'000'000;
constexpr std::uint64_t kLimit = 3'000'000'000;  // docs/shm-format.md

TEST_F(SegmentReader, ProducerThatProcDoesNotShowIsDeadAfterThreeSecondsWithoutAHeartbeat) {
  header().heartbeat_ns.store(kBeat);
  const WithoutProc hidden;
  EXPECT_EQ(reader_->state(kBeat), ProducerState::live);
  EXPECT_EQ(reader_->state(kBeat + kLimit), ProducerState::live);
  EXPECT_EQ(reader_->state(kBeat + kLimit + 1), ProducerState::dead);
  header().heartbeat_ns.store(kBeat + 1);
  EXPECT_EQ(reader_->state(kBeat + kLimit + 1), ProducerState::live) << "it beats again";
  EXPECT_EQ(reader_->state(kBeat), ProducerState::live) << "read before the beat";
}

// Suspended, stopped, or too busy: alive all the same.
TEST_F(SegmentReader, ProducerThatRunsIsLiveHoweverLongItIsSilent) {
  header().heartbeat_ns.store(kBeat);
  EXPECT_EQ(reader_->state(kBeat + 1000 * kLimit), ProducerState::live);
}

// The producer's clock may run ahead of the reader's or behind it (time namespaces).
TEST_F(SegmentReader, SilenceCountsFromTheLastBeatThatWasSeen) {
  header().heartbeat_ns.store(kBeat);
  EXPECT_EQ(reader_->silent_for_ns(kBeat + 7), 7u) << "by the clock, until it is seen to move";
  EXPECT_EQ(reader_->silent_for_ns(kBeat - 1), 0u);
  header().heartbeat_ns.store(kBeat + 1);
  EXPECT_EQ(reader_->silent_for_ns(5 * kBeat), 0u);
  EXPECT_EQ(reader_->silent_for_ns(5 * kBeat + 100), 100u);
  header().heartbeat_ns.store(kBeat + 2);
  EXPECT_EQ(reader_->silent_for_ns(5 * kBeat + 200), 0u);
}

TEST_F(SegmentReader, ProducerThatSaidSoIsRetiredHoweverLongItIsSilentOrHidden) {
  header().state.store(static_cast<std::uint64_t>(Lifecycle::retired));
  header().heartbeat_ns.store(kBeat);
  const WithoutProc hidden;
  EXPECT_EQ(reader_->state(kBeat), ProducerState::retired);
  EXPECT_EQ(reader_->state(kBeat + 1000 * kLimit), ProducerState::retired);
}

TEST_F(SegmentReader, ProducerThatSaidSoIsRetired) {
  header().state.store(static_cast<std::uint64_t>(Lifecycle::retired));
  EXPECT_EQ(reader_->state(monotonic_ns()), ProducerState::retired);
}

TEST_F(SegmentReader, OverwrittenHeaderIsCorrupt) {
  header().run_id ^= 1;
  EXPECT_EQ(reader_->state(monotonic_ns()), ProducerState::unusable);
  header().run_id ^= 1;
  header().magic.store(0);
  EXPECT_EQ(reader_->state(monotonic_ns()), ProducerState::unusable);
}

// What a truncated segment looks like: the guard puts zeros there.
TEST_F(SegmentReader, AllZerosAreCorruptAndEmpty) {
  publish(0, 5);
  const std::size_t size = reader_->segment_bytes();
  std::memset(static_cast<void*>(&header()), 0, size);
  EXPECT_EQ(reader_->state(monotonic_ns()), ProducerState::unusable);
  EXPECT_TRUE(sweep().empty());
  EXPECT_EQ(reader_->totals().published, 0u);
  EXPECT_TRUE(reader_->inflight().empty());
  EXPECT_EQ(reader_->name(0), "");
}

}  // namespace
}  // namespace goxel_telemetry::shm
