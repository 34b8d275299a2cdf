// SPDX-License-Identifier: GPL-3.0-or-later
#include "shm/reader.h"

#include <bit>
#include <cstring>

#include "shm/catalog_reader.h"

namespace goxel_telemetry::shm {
namespace {

constexpr std::uint64_t kHeartbeatLimitNs = 3'000'000'000;
// Far more than a producer leaves behind that died, or that laps a reader meanwhile.
constexpr std::uint64_t kMostDamagedSlots = 64;

template <std::size_t N>
std::string text(const char (&bytes)[N]) {
  return {bytes, strnlen(bytes, N)};
}

std::uint64_t value(const AtomicWord& word) {
  return word.load(std::memory_order_relaxed);
}

ProducerInfo describe(const Header& header) {
  ProducerInfo info;
  info.run_id = header.run_id;
  info.process = producer_of(header);
  info.life_locked = header.life_locked == 1;
  info.door = header.door;
  info.clock_source = header.clock_source;
  info.created_realtime_ns = header.created_realtime_ns;
  info.created_monotonic_ns = header.created_monotonic_ns;
  info.segment_bytes = header.segment_bytes;
  info.instance = text(header.instance);
  info.host_name = text(header.host_name);
  info.host_version = text(header.host_version);
  info.producer_version = text(header.producer_version);
  return info;
}

// The entries that the active lines of a table show.
template <class Entry, class Line>
std::vector<Entry> shown_in(std::span<Line> lines) {
  // A line that changes again and again while it is read belongs to a thread that makes progress,
  // not to a stuck one.
  constexpr int kAttempts = 4;
  std::vector<Entry> entries;
  for (const Line& line : lines) {
    if (value(line.stamp) % 4 == static_cast<std::uint64_t>(InflightState::free)) continue;
    for (int attempt = 0; attempt < kAttempts; ++attempt) {
      Words words;
      const StampedRead read = read_stamped(line, words);
      if (read.intact && read.stamp % 4 == static_cast<std::uint64_t>(InflightState::active)) {
        entries.push_back(Entry::from_words(words));
        break;
      }
    }
  }
  return entries;
}

}  // namespace

std::unique_ptr<Reader> Reader::open(const std::string& instance, Opened* why) {
  Opened opened = open_segment(instance);
  std::unique_ptr<Reader> reader;
  if (opened.outcome == OpenOutcome::opened) {
    reader = attach(std::move(opened.mapping));
    if (reader == nullptr) {
      opened.outcome = OpenOutcome::not_a_segment;
      opened.message =
          "the shared memory of instance \"" + instance + "\" is not a whole telemetry segment";
    }
  }
  if (why != nullptr) *why = std::move(opened);
  return reader;
}

std::unique_ptr<Reader> Reader::attach(std::unique_ptr<Mapping> mapping) {
  Geometry geometry;
  if (check_layout(mapping->bytes(), geometry) != OpenOutcome::opened) return nullptr;
  std::unique_ptr<Reader> reader(new Reader(std::move(mapping), geometry));
  return reader->lanes_.size() == geometry.lane_count ? std::move(reader) : nullptr;
}

Reader::Reader(std::unique_ptr<Mapping> mapping, const Geometry& geometry)
    : mapping_(std::move(mapping)),
      segment_(mapping_->bytes(), geometry),
      producer_(describe(header())) {
  const std::uint64_t size = mapping_->bytes().size();
  std::uint64_t slots_left = size / sizeof(Slot);  // bounds a sweep: damaged lanes may overlap
  for (const Lane& lane : segment_.lanes()) {
    const std::uint64_t offset = read_once(lane.slots_offset);
    const std::uint64_t capacity = read_once(lane.capacity);
    const bool valid = std::has_single_bit(capacity) && offset % kCacheLine == 0 &&
                       capacity <= kMaxLaneSlots && offset <= size &&
                       capacity <= (size - offset) / sizeof(Slot) && capacity <= slots_left;
    if (!valid) return;  // attach() sees that lanes are missing
    slots_left -= capacity;
    lanes_.emplace_back(lane, segment_.slots(offset, capacity)).attach();
  }
}

ProducerState Reader::state(std::uint64_t now_ns) const {
  if (header().magic.load(std::memory_order_acquire) != kMagic ||
      read_once(header().run_id) != producer_.run_id) {
    return ProducerState::unusable;
  }
  if (value(header().state) == static_cast<std::uint64_t>(Lifecycle::retired)) {
    return ProducerState::retired;
  }
  if (mapping_->is_life_locked()) return ProducerState::live;
  if (producer_.life_locked) return ProducerState::dead;
  switch (liveness(producer_.process)) {
    case Liveness::alive:
      return ProducerState::live;
    case Liveness::dead:
      return ProducerState::dead;
    case Liveness::unknown:
      break;
  }
  const std::uint64_t beat = heartbeat_ns();
  return now_ns > beat && now_ns - beat > kHeartbeatLimitNs ? ProducerState::dead
                                                            : ProducerState::live;
}

std::uint64_t Reader::heartbeat_ns() const {
  return value(header().heartbeat_ns);
}

std::uint64_t Reader::silent_for_ns(std::uint64_t now_ns) {
  const std::uint64_t beat = heartbeat_ns();
  if (beat != seen_beat_) {
    if (seen_beat_ != 0) moved_at_ns_ = now_ns;
    seen_beat_ = beat;
  }
  const std::uint64_t since = moved_at_ns_.value_or(beat);
  return now_ns > since ? now_ns - since : 0;
}

const Calibration& Reader::calibration() {
  Calibration fresh;
  if (load(header().calibration, fresh)) calibration_ = fresh;
  return calibration_;
}

void Reader::rewind() {
  for (LaneReader& lane : lanes_) lane.rewind();
}

void Reader::skip_to_end() {
  for (LaneReader& lane : lanes_) lane.skip_to_end();
}

std::optional<Reader::Oldest> Reader::oldest(std::uint32_t lane) const {
  LaneReader look = lanes_[lane];
  Record record;
  std::uint64_t lost = 0;
  for (std::uint64_t tries = std::min(look.capacity(), kMostDamagedSlots); tries != 0; --tries) {
    switch (look.next(record, lost)) {
      case LaneReader::Outcome::record:
        return Oldest{look.sequence() - 1, record};
      case LaneReader::Outcome::empty:
        return std::nullopt;
      case LaneReader::Outcome::lapped:
        break;
    }
  }
  return std::nullopt;
}

std::uint64_t Reader::reached() const {
  std::uint64_t sum = 0;
  for (const LaneReader& lane : lanes_) sum += lane.reached();
  return sum;
}

std::uint64_t Reader::before() const {
  std::uint64_t sum = 0;
  for (const LaneReader& lane : lanes_) sum += lane.before();
  return sum;
}

Totals Reader::totals() const {
  Totals totals;
  for (const Lane& lane : segment_.lanes()) {
    totals.published += value(lane.head);
    const LaneCounters& counters = lane.counters;
    for (std::size_t i = 0; i < kStatusCount; ++i)
      totals.by_status[i] += value(counters.records[i]);
    totals.bytes_in += value(counters.bytes_in);
    totals.bytes_out += value(counters.bytes_out);
    totals.span_ticks += value(counters.span_ticks);
    totals.own_cost_ticks += value(counters.own_cost_ticks);
    totals.own_cost_samples += value(counters.own_cost_samples);
  }
  const CostMeter& meter = header().cost_meter;
  totals.waited_ticks = value(meter.waited_ticks);
  totals.waited_ticks2 = value(meter.waited_ticks2);
  totals.after_ticks = value(meter.after_ticks);
  totals.after_ticks2 = value(meter.after_ticks2);
  totals.interrupted_calls = value(meter.interrupted_calls);
  return totals;
}

std::string Reader::name(std::uint32_t id, NameKind* kind) const {
  const CatalogReader catalog(header(), segment_.catalog());
  char bytes[kNameBytes];
  return {bytes, catalog.name(id, bytes, kind)};
}

std::uint32_t Reader::target_us(std::uint32_t id) const {
  return CatalogReader(header(), segment_.catalog()).target_us(id);
}

std::uint32_t Reader::name_count() const {
  return CatalogReader(header(), segment_.catalog()).size();
}

std::vector<InflightEntry> Reader::inflight() const {
  return shown_in<InflightEntry>(segment_.inflight());
}

std::vector<CollectionPoint> Reader::collection_points() const {
  return shown_in<CollectionPoint>(segment_.collection_points());
}

}  // namespace goxel_telemetry::shm
