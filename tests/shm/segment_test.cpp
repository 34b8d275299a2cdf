// SPDX-License-Identifier: GPL-3.0-or-later
// Making, finding and reading segments under their real names.
#include "shm/segment.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <grp.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <fstream>

#include "shm/producer.h"
#include "shm/reader.h"
#include "tests/shm/self_checking_record.h"
#include "tests/shm/test_segment.h"

namespace goxel_telemetry::shm {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::Not;

class Segment : public testing::Test {
 protected:
  SegmentOptions options() const { return small_options(instance_.name()); }
  std::unique_ptr<Mapping> create() {
    Created created = create_segment(options());
    EXPECT_EQ(created.outcome, CreateOutcome::created) << created.message;
    return std::move(created.mapping);
  }
  struct stat status() const {
    struct stat status {};
    EXPECT_EQ(stat(instance_.path().c_str(), &status), 0);
    return status;
  }
  // Refused with a sentence that has `part` in it, and nothing is left of it.
  void expect_bad(const SegmentOptions& bad, const char* part) {
    const Created created = create_segment(bad);
    EXPECT_EQ(created.outcome, CreateOutcome::bad_options);
    EXPECT_THAT(created.message, HasSubstr(part));
    EXPECT_EQ(created.message.find('\n'), std::string::npos);
    EXPECT_EQ(created.mapping, nullptr);
    EXPECT_NE(access(instance_.path().c_str(), F_OK), 0);
  }

  TestInstance instance_;
};

TEST_F(Segment, IsLaidOutAsItsOptionsSay) {
  SegmentOptions chosen = options();
  chosen.door = Door::preload;
  chosen.clock_source = ClockSource::tsc;
  chosen.workers_configured = 12;
  const std::uint64_t before = monotonic_ns();
  const std::uint64_t realtime_before = realtime_ns();
  const Created created = create_segment(chosen);
  ASSERT_EQ(created.outcome, CreateOutcome::created) << created.message;
  const std::span<std::byte> bytes = created.mapping->bytes();
  const Parts parts(bytes);
  const Header& header = parts.header();
  EXPECT_EQ(header.magic.load(), kMagic);
  EXPECT_EQ(std::memcmp(&header, "GOXLTELM", 8), 0);
  EXPECT_EQ(header.layout_major, 2u);  // docs/shm-format.md
  EXPECT_EQ(header.layout_minor, 1u);
  EXPECT_NE(header.run_id, 0u);
  EXPECT_GE(header.created_monotonic_ns, before);
  EXPECT_LE(header.created_monotonic_ns, monotonic_ns());
  constexpr std::uint64_t kHour = 3'600'000'000'000;  // the wall clock may be set meanwhile
  EXPECT_GT(header.created_realtime_ns, realtime_before - kHour);
  EXPECT_LT(header.created_realtime_ns, realtime_before + kHour);
  EXPECT_EQ(header.heartbeat_ns.load(), header.created_monotonic_ns);
  EXPECT_STREQ(header.instance, instance_.name().c_str());
  EXPECT_STREQ(header.host_name, "test-host");
  EXPECT_STREQ(header.host_version, "1.2.3");
  EXPECT_STREQ(header.producer_version, GOXEL_TELEMETRY_VERSION);
  EXPECT_EQ(header.header_bytes, sizeof(Header));
  EXPECT_EQ(header.segment_bytes, bytes.size());
  EXPECT_EQ(bytes.size() % 4096, 0u);
  EXPECT_EQ(header.door, Door::preload);
  EXPECT_EQ(header.clock_source, ClockSource::tsc);
  EXPECT_EQ(header.state.load(), static_cast<std::uint64_t>(Lifecycle::starting));
  EXPECT_EQ(header.gauges[Gauge::workers_configured].load(), 12u);
  EXPECT_EQ(header.catalog_offset, sizeof(Header));
  EXPECT_EQ(header.inflight_offset, header.catalog_offset + 16 * 64);
  EXPECT_EQ(header.collection_points_offset, header.inflight_offset + 4 * 64);
  EXPECT_EQ(header.lanes_offset, header.collection_points_offset + 3 * 64);
  ASSERT_EQ(header.lane_count, 4u);
  std::uint64_t slots = header.lanes_offset + 4 * sizeof(Lane);
  for (const auto& [lane, capacity] : {std::pair{0u, 16u}, {1u, 16u}, {2u, 4u}, {3u, 4u}}) {
    EXPECT_EQ(parts.lane(lane).slots_offset, slots);
    EXPECT_EQ(parts.lane(lane).capacity, capacity);
    slots += capacity * sizeof(Slot);
  }
}

// A replayed run began when the recorded one did: on both clocks.
TEST_F(Segment, MayHaveBegunEarlierThanItWasMade) {
  SegmentOptions chosen = options();
  chosen.created_monotonic_ns = 5;
  const std::uint64_t realtime_before = realtime_ns();
  const std::uint64_t before = monotonic_ns();
  const Created created = create_segment(chosen);
  const std::uint64_t after = monotonic_ns();
  const std::uint64_t realtime_after = realtime_ns();
  ASSERT_EQ(created.outcome, CreateOutcome::created) << created.message;
  const Parts parts(created.mapping->bytes());
  const Header& header = parts.header();
  EXPECT_EQ(header.created_monotonic_ns, 5u);
  EXPECT_GE(header.created_realtime_ns, realtime_before - after + 5);
  EXPECT_LE(header.created_realtime_ns, realtime_after - before + 5);
  EXPECT_GE(header.heartbeat_ns.load(), before);
}

TEST_F(Segment, MayBeAsSmallOrLargeAsItsSentencesSay) {
  const auto expect_made = [this](const SegmentOptions& chosen) {
    const Created created = create_segment(chosen);
    ASSERT_EQ(created.outcome, CreateOutcome::created) << created.message;
    EXPECT_EQ(open_segment(instance_.name()).outcome, OpenOutcome::opened);
    remove_segment(instance_.name(), Parts(created.mapping->bytes()).header().run_id);
  };
  SegmentOptions smallest = options();
  smallest.catalog_capacity = 9;
  smallest.inflight_capacity = 1;
  smallest.collection_points = 0;
  smallest.tiers = {{1, 1}};
  expect_made(smallest);
  SegmentOptions largest = options();
  largest.catalog_capacity = 65'536;
  largest.collection_points = 1024;
  largest.tiers = {{4096, 1}};
  expect_made(largest);
  largest.collection_points = 1025;
  expect_bad(largest, "1024 collection points");
  largest.collection_points = 1024;
  largest.tiers = {{4097, 1}};
  expect_bad(largest, "4096 lanes");
}

TEST_F(Segment, ReservesAllOfItsSize) {
  const Created created = create_segment(options());
  ASSERT_EQ(created.outcome, CreateOutcome::created) << created.message;
  EXPECT_EQ(created.mapping->bytes().size(), segment_bytes(options()));
  // Nothing is left to fail later.
  EXPECT_GE(static_cast<std::size_t>(status().st_blocks) * 512, created.mapping->bytes().size());
}

// Bytes of shared memory that are present in this process.
std::uint64_t present_bytes() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    std::uint64_t kib = 0;
    if (word == "RssShmem:" && status >> kib) return kib * 1024;
  }
  return 0;
}

TEST_F(Segment, OnlyThatPartIsPresentThatIsInUse) {
  SegmentOptions chosen;
  chosen.instance = instance_.name();
  chosen.tiers = {{8, 8192}, {280, 1024}};
  const std::uint64_t before = present_bytes();
  const Created created = create_segment(chosen);
  ASSERT_EQ(created.outcome, CreateOutcome::created) << created.message;
  const std::uint64_t made = present_bytes();
  // Tables and lane headers (0.6 MiB), one lane (0.5 MiB), and two pages at most of the 287 others.
  EXPECT_LE(made - before, (std::uint64_t{11} << 20) / 10 + 287 * 8192);

  const ProducerView segment(created.mapping->bytes());
  make_lane_present(segment, 1);
  const std::uint64_t more = present_bytes() - made;
  const std::uint64_t lane = segment.lane(1).capacity * sizeof(Slot);
  EXPECT_LE(more, lane + 4096);
  EXPECT_GE(more, lane - 8192);
  Producer(segment, 1).publish(Record{});
  EXPECT_EQ(present_bytes() - made, more);
}

TEST_F(Segment, HasItsModeWhateverTheUmask) {
  const mode_t old = umask(0077);
  for (const mode_t mode : {0600u, 0640u, 0644u}) {
    SegmentOptions chosen = options();
    chosen.mode = mode;
    Created created = create_segment(chosen);
    ASSERT_EQ(created.outcome, CreateOutcome::created) << created.message;
    EXPECT_EQ(status().st_mode & 07777u, mode);
    Parts(created.mapping->bytes())
        .header()
        .state.store(static_cast<std::uint64_t>(Lifecycle::retired));
  }
  umask(old);
}

TEST_F(Segment, BelongsToItsGroup) {
  if (geteuid() != 0) GTEST_SKIP() << "needs root";
  SegmentOptions chosen = options();
  chosen.group = "daemon";
  const group* const daemon = getgrnam("daemon");
  ASSERT_NE(daemon, nullptr);
  {
    const Created created = create_segment(chosen);
    ASSERT_EQ(created.outcome, CreateOutcome::created) << created.message;
    EXPECT_EQ(status().st_gid, daemon->gr_gid);
    Parts(created.mapping->bytes())
        .header()
        .state.store(static_cast<std::uint64_t>(Lifecycle::retired));
  }
  chosen.group = "4711";
  const Created created = create_segment(chosen);
  ASSERT_EQ(created.outcome, CreateOutcome::created) << created.message;
  EXPECT_EQ(status().st_gid, 4711u);
}

TEST_F(Segment, BadOptionsAreNamedInOneSentence) {
  SegmentOptions bad = options();
  bad.group = "no-such-group";
  expect_bad(bad, "no-such-group");
  for (const std::uint32_t mode : {0u, 0400u, 0200u, 0660u, 0666u, 0755u, 04640u, 010640u}) {
    bad = options();
    bad.mode = mode;
    expect_bad(bad, "segment_mode");
  }
  for (const std::uint64_t slots : {0u, 3u, 1000u, 1u << 21}) {
    bad = options();
    bad.tiers = {{1, slots}};
    expect_bad(bad, "power of two");
  }
  bad = options();
  bad.tiers.clear();
  expect_bad(bad, "lanes");
  bad.tiers = {{0, 8}};
  expect_bad(bad, "lanes");
  bad.tiers = {{UINT32_MAX, 8}, {2, 8}};
  expect_bad(bad, "1 GiB");
  bad.tiers = {{1u << 4, 1u << 20}};
  expect_bad(bad, "1 GiB");
  bad = options();
  bad.catalog_capacity = 8;
  expect_bad(bad, "names");
  bad.catalog_capacity = 65'537;
  expect_bad(bad, "names");
  bad = options();
  for (const std::uint32_t lines : {0u, 16385u}) {
    bad.inflight_capacity = lines;
    expect_bad(bad, "in-flight");
  }
}

TEST_F(Segment, NamesOfInstancesHaveNoPathInThem) {
  for (const std::string& good : {std::string("goxel"), std::string("A"), std::string("azAZ09"),
                                  std::string("a.b-c_9"), std::string(63, 'x')}) {
    EXPECT_TRUE(valid_instance_name(good)) << good;
  }
  for (const std::string& bad :
       {std::string(), std::string(64, 'x'), std::string("a/b"), std::string(".hidden"),
        std::string("a`"), std::string("a{"), std::string("a@"), std::string("a["),
        std::string("a:"), std::string(".."), std::string("a b"), std::string("\xC3\xA4"),
        std::string("a\0b", 3)}) {
    EXPECT_FALSE(valid_instance_name(bad)) << bad;
    SegmentOptions options = small_options(bad);
    EXPECT_EQ(create_segment(options).outcome, CreateOutcome::bad_options) << bad;
    EXPECT_EQ(open_segment(bad).outcome, OpenOutcome::absent) << bad;
  }
}

TEST_F(Segment, TextsThatAreTooLongAreCut) {
  SegmentOptions chosen = options();
  chosen.host_name = std::string(200, 'h');
  chosen.host_version = std::string(200, 'v');
  const Created created = create_segment(chosen);
  ASSERT_EQ(created.outcome, CreateOutcome::created) << created.message;
  const auto reader = Reader::open(instance_.name());
  ASSERT_NE(reader, nullptr);
  EXPECT_EQ(reader->producer().host_name, std::string(63, 'h'));
  EXPECT_EQ(reader->producer().host_version, std::string(31, 'v'));
}

TEST_F(Segment, ReaderSeesWhatTheProducerWrites) {
  const std::unique_ptr<Mapping> mapping = create();
  Producer producer = Parts(mapping->bytes()).producer(1);
  producer.publish(record_of(1, 0));
  const auto reader = Reader::open(instance_.name());
  ASSERT_NE(reader, nullptr);
  producer.publish(record_of(1, 1));
  std::uint64_t expected = 0;
  reader->sweep([&](const Record& record, std::uint32_t lane) {
    EXPECT_EQ(lane, 1u);
    EXPECT_TRUE(is_record_of(record, 1, expected++));
  });
  EXPECT_EQ(expected, 2u);
}

// --- what a reader finds instead of a segment ---

TEST_F(Segment, ThatIsNotThereIsAbsent) {
  Opened why;
  EXPECT_EQ(Reader::open(instance_.name(), &why), nullptr);
  EXPECT_EQ(why.outcome, OpenOutcome::absent);
  EXPECT_THAT(why.message, HasSubstr(instance_.name()));
}

TEST_F(Segment, ReaderIsToldWhetherItIsWhole) {
  const std::unique_ptr<Mapping> mapping = create();
  Opened why;
  EXPECT_NE(Reader::open(instance_.name(), &why), nullptr);
  EXPECT_EQ(why.outcome, OpenOutcome::opened);
  Parts(mapping->bytes()).lane(0).capacity = 3;  // no power of two
  EXPECT_EQ(Reader::open(instance_.name(), &why), nullptr);
  EXPECT_EQ(why.outcome, OpenOutcome::not_a_segment);
  EXPECT_EQ(why.message, "the shared memory of instance \"" + instance_.name() +
                             "\" is not a whole telemetry segment");
}

TEST_F(Segment, WhoseMakingWasCutShortIsNotReady) {
  for (const std::size_t size : {0u, 100u, 4096u}) {
    std::ofstream(instance_.path(), std::ios::binary) << std::string(size, '\0');
    EXPECT_EQ(open_segment(instance_.name()).outcome, OpenOutcome::not_ready) << size;
  }
}

TEST_F(Segment, OfNonsenseIsNotASegment) {
  std::ofstream(instance_.path(), std::ios::binary) << std::string(4096, 'x');
  EXPECT_EQ(open_segment(instance_.name()).outcome, OpenOutcome::not_a_segment);
}

TEST_F(Segment, LargerThanAnyOfOursIsNotMapped) {
  const std::unique_ptr<Mapping> mapping = create();
  ASSERT_EQ(truncate(instance_.path().c_str(), static_cast<off_t>(kMaxSegmentBytes) + 4096), 0);
  EXPECT_EQ(open_segment(instance_.name()).outcome, OpenOutcome::not_a_segment);
}

// Anybody may put one there; opening it the plain way would wait for ever.
TEST_F(Segment, FifoInItsPlaceHoldsNobodyUp) {
  ASSERT_EQ(mkfifo(instance_.path().c_str(), 0644), 0);
  EXPECT_EQ(open_segment(instance_.name()).outcome, OpenOutcome::not_a_segment);
  EXPECT_TRUE(segment_was_replaced(instance_.name(), 1));
  const Created created = create_segment(options());
  EXPECT_EQ(created.outcome, CreateOutcome::not_permitted);
  EXPECT_THAT(created.message, HasSubstr(instance_.path()));
}

TEST_F(Segment, FolderOrLinkInItsPlaceIsRefused) {
  ASSERT_EQ(mkdir(instance_.path().c_str(), 0755), 0);
  EXPECT_EQ(open_segment(instance_.name()).outcome, OpenOutcome::not_a_segment);
  EXPECT_EQ(create_segment(options()).outcome, CreateOutcome::not_permitted);
  ASSERT_EQ(rmdir(instance_.path().c_str()), 0);
  ASSERT_EQ(symlink("/etc/passwd", instance_.path().c_str()), 0);
  EXPECT_EQ(open_segment(instance_.name()).outcome, OpenOutcome::failed);
  EXPECT_EQ(create_segment(options()).outcome, CreateOutcome::not_permitted);
}

// Reading a page that is not there would make it, and fill /dev/shm in the reader's name.
TEST_F(Segment, WithoutAllItsPagesIsRefusedAndCostsNone) {
  create();
  const off_t size = status().st_size;
  const int object = open(instance_.path().c_str(), O_RDWR);
  ASSERT_EQ(fallocate(object, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, size - 4096, 4096), 0);
  const auto pages = status().st_blocks;
  EXPECT_EQ(open_segment(instance_.name()).outcome, OpenOutcome::not_a_segment);
  EXPECT_EQ(status().st_blocks, pages);
  ASSERT_EQ(posix_fallocate(object, 0, size), 0);
  EXPECT_EQ(open_segment(instance_.name()).outcome, OpenOutcome::opened);
  close(object);
}

TEST_F(Segment, KnowsWhetherItsPagesWereTakenAway) {
  create();
  const Opened opened = open_segment(instance_.name());
  ASSERT_EQ(opened.outcome, OpenOutcome::opened);
  EXPECT_TRUE(opened.mapping->is_whole());
  const off_t size = status().st_size;
  const int object = open(instance_.path().c_str(), O_RDWR);
  ASSERT_EQ(fallocate(object, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 4096), 0);
  EXPECT_FALSE(opened.mapping->is_whole());
  ASSERT_EQ(posix_fallocate(object, 0, size), 0);
  EXPECT_TRUE(opened.mapping->is_whole());
  ASSERT_EQ(ftruncate(object, size - 4096), 0);
  EXPECT_FALSE(opened.mapping->is_whole());
  close(object);
}

// --- finding ---

TEST_F(Segment, IsListedWhileItIsThere) {
  EXPECT_THAT(list_instances(), Not(Contains(instance_.name())));
  const std::unique_ptr<Mapping> mapping = create();
  EXPECT_THAT(list_instances(), Contains(instance_.name()));
  remove_segment(instance_.name(), Parts(mapping->bytes()).header().run_id);
  EXPECT_THAT(list_instances(), Not(Contains(instance_.name())));
}

TEST_F(Segment, TheListIsSortedAndHoldsNothingElse) {
  const TestInstance others[3];
  for (const TestInstance& other : others) {
    std::ofstream(other.path()) << "x";
  }
  std::ofstream("/dev/shm/goxel-telemetry.a b") << "x";
  const std::vector<std::string> listed = list_instances();
  unlink("/dev/shm/goxel-telemetry.a b");
  EXPECT_THAT(listed, testing::IsSupersetOf({others[0].name(), others[1].name()}));
  EXPECT_TRUE(std::is_sorted(listed.begin(), listed.end()));
  EXPECT_THAT(listed, Not(Contains("a b")));
}

TEST_F(Segment, IsListedAmongAnyNumberOfFilesThatAreNone) {
  const TestInstance earlier[1001];
  for (const TestInstance& file : earlier) std::ofstream(file.path()).flush();
  const std::unique_ptr<Mapping> mapping = create();
  const TestInstance later[1001];
  for (const TestInstance& file : later) {  // sparse
    std::ofstream(file.path()).flush();
    EXPECT_EQ(truncate(file.path().c_str(), 1 << 20), 0);
  }
  const std::vector<std::string> listed = list_instances();
  EXPECT_THAT(listed, Contains(instance_.name()));
  EXPECT_EQ(listed.size(), 1000u);
}

TEST_F(Segment, LookingForItLeavesNoDescriptorOpen) {
  const auto next_descriptor = [] {
    const int next = dup(STDERR_FILENO);
    close(next);
    return next;
  };
  const int before = next_descriptor();
  list_instances();
  open_segment(instance_.name());
  segment_was_replaced(instance_.name(), 1);
  const std::unique_ptr<Mapping> mapping = create();
  open_segment(instance_.name());
  segment_was_replaced(instance_.name(), 1);
  this_process();
  liveness(this_process());
  EXPECT_EQ(next_descriptor(), before);
}

// --- truncation under a reader ---

TEST_F(Segment, TruncatedUnderItsReaderIsCorruptAndReadsAsZeros) {
  for (const off_t left : {0, 4096}) {
    const TestInstance instance;
    const Created created = create_segment(small_options(instance.name()));
    ASSERT_EQ(created.outcome, CreateOutcome::created) << created.message;
    const Parts parts(created.mapping->bytes());
    for (std::uint64_t i = 0; i < 5; ++i) parts.producer(3).publish(record_of(3, i));
    const auto reader = Reader::open(instance.name());
    ASSERT_NE(reader, nullptr);
    ASSERT_EQ(truncate(instance.path().c_str(), left), 0);
    const Sweep sweep = reader->sweep([](const Record& record, std::uint32_t) {
      EXPECT_TRUE(is_record_of(record, 3, sequence_of(record)));
    });
    EXPECT_LE(sweep.records, 5u);
    reader->totals();
    reader->gauges();
    reader->inflight();
    for (std::uint32_t id = 0; id < 16; ++id) reader->name(id);
    reader->calibration();
    if (left == 0) {
      EXPECT_EQ(reader->state(monotonic_ns()), ProducerState::unusable);
    }
  }
}

TEST_F(Segment, GrownUnderItsReaderIsReadAsBefore) {
  const std::unique_ptr<Mapping> mapping = create();
  const auto reader = Reader::open(instance_.name());
  ASSERT_NE(reader, nullptr);
  ASSERT_EQ(truncate(instance_.path().c_str(), 1 << 20), 0);
  Parts(mapping->bytes()).producer(0).publish(record_of(0, 0));
  EXPECT_EQ(reader->sweep([](const Record&, std::uint32_t) {}).records, 1u);
}

TEST(LayersInstance, BelongsToItsDaemonsInstance) {
  EXPECT_EQ(layers_instance("goxel"), "goxel.layers");
  EXPECT_EQ(daemon_instance("goxel.layers"), "goxel");
  EXPECT_EQ(daemon_instance("goxel"), "goxel");
  EXPECT_EQ(daemon_instance("layers"), "layers");
  EXPECT_EQ(daemon_instance(".layers"), ".layers");  // no instance's name
}

TEST(Targets, AreWhatTheSegmentWasMadeWith) {
  SegmentOptions options = small_options("");
  options.target_latency_ns = 6'500'000;
  options.target_milli_operations_per_second = 1'600'125;
  options.target_resident_bytes = 50u << 20;
  const auto reader =
      Reader::attach(std::make_unique<MemoryMapping>(bytes_of_new_segment(options)));
  ASSERT_NE(reader, nullptr);
  EXPECT_EQ(reader->gauges()[Gauge::target_latency_ns], 6'500'000u);
  EXPECT_EQ(reader->gauges()[Gauge::target_milli_operations_per_second], 1'600'125u);
  EXPECT_EQ(reader->gauges()[Gauge::target_resident_bytes], 50u << 20);
}

}  // namespace
}  // namespace goxel_telemetry::shm
