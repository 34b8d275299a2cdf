// SPDX-License-Identifier: GPL-3.0-or-later
//
// Any bytes as a segment. Whatever they are, a reader touches nothing outside of them (ASan), does
// nothing undefined (UBSan), and ends in time that the segment's size bounds; also when they change
// after it has attached.
//
// Random bytes are refused at once, so the mutator starts with a good segment and mostly replaces
// single words of it by values that are likely to hurt.

#include <cstdint>
#include <cstdlib>
#include <random>
#include <vector>

#include "shm/inflight.h"
#include "shm/reader.h"
#include "tests/shm/self_checking_record.h"
#include "tests/shm/test_segment.h"

using namespace goxel_telemetry::shm;

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max_size);

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

// A segment with something in each of its parts.
const std::vector<std::byte>& good_segment() {
  static const std::vector<std::byte> bytes = [] {
    MemoryMapping mapping(bytes_of_new_segment());
    const Parts parts(mapping.bytes());
    for (std::uint32_t lane = 0; lane < parts.header().lane_count; ++lane) {
      Producer producer = parts.producer(lane);
      for (std::uint64_t i = 0; i < 6 + 5 * lane; ++i) producer.publish(record_of(lane, i));
    }
    CatalogWriter catalog(parts.header(), parts.catalog());
    catalog.intern(NameKind::operation, "goxel.add_voxel");
    show(parts.inflight()[1], InflightEntry{});
    show(parts.collection_points()[1], CollectionPoint{1, 2, 3, names::kMcpServer});
    for (std::uint32_t index = 0; index < kTotalsCopies; ++index) {
      const auto copy = parts.totals(index);
      copy.head.sequence = index == 0 ? 4 : 2;
      copy.head.entries = 2;
      copy.head.earlier_records[0] = 5;
      for (AtomicWord& place : copy.places) place = 3 + index;
      for (std::uint32_t i = 0; i < 2; ++i) {
        copy.entries[i].ids = OperationIds{9, names::kDaemon, 2, names::kTwoLayer}.packed() - i;
        copy.entries[i].records[i] = 6;
      }
    }
    store(parts.header().calibration, {10, 20, 30, 40, 50});
    return std::vector<std::byte>(mapping.bytes().begin(), mapping.bytes().end());
  }();
  return bytes;
}

void sweep(Reader& reader) {
  const std::uint64_t slots = reader.segment_bytes() / sizeof(Slot);
  std::uint64_t calls = 0;
  const Sweep result = reader.sweep([&](const Record& record, std::uint32_t lane) {
    require(lane < reader.lane_count());
    require(record.words().size() == 7);
    require(++calls <= slots);
  });
  require(result.records == calls);
}

void read_everything(Reader& reader) {
  const std::uint64_t slots = reader.segment_bytes() / sizeof(Slot);
  sweep(reader);
  reader.rewind();
  sweep(reader);
  reader.skip_to_end();
  sweep(reader);
  reader.totals();
  const OperationTotals totals = reader.operation_totals();
  require(totals.operations.size() <= kMaxOperationTotals);
  require(totals.places.size() == reader.lane_count());
  for (std::uint32_t lane = 0; lane < reader.lane_count(); ++lane) {
    std::uint64_t between = 0;
    reader.between(lane, totals.places[lane], reader.lane_head(lane),
                   [&](const Record&) { require(++between <= slots); });
  }
  reader.gauges();
  require(reader.name_count() <= kMaxNames);
  for (std::uint32_t id = 0; id < reader.name_count() + 2; ++id) {
    NameKind kind = NameKind::none;
    require(reader.name(id, &kind).size() <= kNameBytes);
    require(kind <= NameKind::stack);
  }
  require(reader.name(UINT32_MAX).empty());
  require(reader.inflight().size() <= slots);
  require(reader.collection_points().size() <= kMaxCollectionPoints);
  reader.state(monotonic_ns());
  reader.heartbeat_ns();
  const Calibration& calibration = reader.calibration();
  for (const std::uint64_t ticks : {std::uint64_t{0}, calibration.anchor_ticks, UINT64_MAX}) {
    calibration.to_ns(ticks);
    calibration.duration_ns(ticks);
  }
  const ProducerInfo& producer = reader.producer();
  require(producer.instance.size() <= 64 && producer.host_name.size() <= 64);
  require(producer.host_version.size() <= 32 && producer.producer_version.size() <= 32);
}

// Of any part: offsets, counts, stamps, heads.
std::uint64_t hurtful_word(std::minstd_rand& random, std::uint64_t old, std::uint64_t size) {
  switch (random() % 10) {
    case 0:
      return 0;
    case 1:
      return UINT64_MAX;
    case 2:
      return std::uint64_t{1} << (random() % 64);
    case 3:
      return old + 1;
    case 4:
      return old - 1;
    case 5:
      return old ^ std::uint64_t{1} << (random() % 64);
    case 6:
      return size / 64 * (random() % 65);
    case 7:
      return ~std::uint64_t{63} - 64 * (random() % 64);
    case 8:  // two halves: pairs of 32-bit fields
      return std::uint64_t{UINT32_MAX} << 32 | (old & UINT32_MAX);
    default:
      return old * 2;
  }
}

}  // namespace

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t max_size, unsigned seed) {
  std::minstd_rand random(seed);
  const std::vector<std::byte>& good = good_segment();
  if ((size < sizeof(Header) || random() % 50 == 0) && good.size() <= max_size) {
    size = good.size();
    std::memcpy(data, good.data(), size);
  }
  if (size < 8 || random() % 10 == 0) return LLVMFuzzerMutate(data, size, max_size);
  const ReaderView view(good, {});
  const Header& original = view.header();
  for (std::size_t changes = 1 + random() % 4; changes > 0; --changes) {
    // The header, the lanes' table and the totals' heads decide what is touched; the rest is content.
    std::size_t word = random() % (size / 8);
    if (random() % 3 == 0) word %= sizeof(Header) / 8;
    if (random() % 3 == 0) word = original.lanes_offset / 8 + random() % (4 * sizeof(Lane) / 8);
    if (random() % 6 == 0) {
      word = original.totals_offset / 8 + random() % 2 +
             random() % 2 * totals_copy_bytes(original.lane_count, original.totals_capacity) / 8;
    }
    if (word >= size / 8) continue;
    std::uint64_t value = 0;
    std::memcpy(&value, data + word * 8, 8);
    value = hurtful_word(random, value, size);
    std::memcpy(data + word * 8, &value, 8);
  }
  if (random() % 20 == 0) size -= random() % size;
  return size;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span content(reinterpret_cast<const std::byte*>(data), size);
  auto mapping = std::make_unique<MemoryMapping>(content);
  const std::span<std::byte> bytes = mapping->bytes();
  Geometry geometry;
  const OpenOutcome outcome = check_layout(bytes, geometry);
  const std::unique_ptr<Reader> reader = Reader::attach(std::move(mapping));
  require(reader == nullptr || outcome == OpenOutcome::opened);

  // A good segment that turns into this one under its reader.
  const std::vector<std::byte>& good = good_segment();
  auto changing = std::make_unique<MemoryMapping>(good);
  const std::span<std::byte> memory = changing->bytes();
  const std::unique_ptr<Reader> attached = Reader::attach(std::move(changing));
  require(attached != nullptr);
  std::memcpy(memory.data(), content.data(), std::min(memory.size(), content.size()));
  read_everything(*attached);

  if (reader == nullptr) return 0;
  read_everything(*reader);
  std::memcpy(bytes.data(), good.data(), std::min(bytes.size(), good.size()));
  read_everything(*reader);
  std::memset(bytes.data(), 0, bytes.size());  // truncated
  read_everything(*reader);
  require(reader->state(monotonic_ns()) == ProducerState::unusable);
  return 0;
}
