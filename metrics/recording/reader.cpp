// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <limits>

#include "metrics/encoding/checksum.h"
#include "metrics/recording/bytes.h"

namespace goxel_telemetry::metrics::recording {
namespace {

// Reads an entry's numbers and checks each against the largest value that it may have.
class Fields {
 public:
  explicit Fields(Numbers& numbers) : numbers_(numbers) {}

  template <class T = std::uint64_t>
  T next(std::uint64_t most = std::numeric_limits<T>::max()) {
    const std::uint64_t value = numbers_.next();
    if (value > most) valid_ = false;
    return static_cast<T>(value <= most ? value : 0);
  }
  std::uint64_t ticks() { return next(shm::kTicksAtLeast); }
  std::string text(std::uint64_t most_bytes) {
    const std::span<const std::uint8_t> bytes = numbers_.bytes(next(most_bytes));
    return {bytes.begin(), bytes.end()};
  }
  // Eight bytes, the lowest first.
  std::uint64_t word() {
    std::uint64_t value = 0;
    unsigned shift = 0;
    for (const std::uint8_t byte : numbers_.bytes(8)) {
      value |= std::uint64_t{byte} << shift;
      shift += 8;
    }
    return value;
  }
  bool at_end() const { return numbers_.at_end(); }
  bool valid() const { return valid_ && !numbers_.failed(); }

 private:
  Numbers& numbers_;
  bool valid_ = true;
};

void get(Fields& fields, RunBegan& run) {
  run.run_id = fields.next();
  run.pid = fields.next<std::uint32_t>();
  run.door = static_cast<shm::Door>(fields.next<std::uint32_t>());
  run.created_monotonic_ns = fields.next();
  run.created_realtime_ns = fields.next();
  run.complete_since_ns = fields.next();
  run.instance = fields.text(kMostTextBytes);
  run.host_name = fields.text(kMostTextBytes);
  run.host_version = fields.text(kMostTextBytes);
  run.producer_version = fields.text(kMostTextBytes);
}

void get(Fields& fields, Name& name) {
  name.id = fields.next<std::uint16_t>();
  name.kind =
      static_cast<shm::NameKind>(fields.next(static_cast<std::uint64_t>(shm::NameKind::stack)));
  name.text = fields.text(shm::kNameBytes);
  if (!fields.at_end()) name.target_us = fields.next<std::uint32_t>();  // version 1 has none
}

void get(Fields& fields, Moment& moment) {
  moment.monotonic_ns = fields.next();
  moment.realtime_ns = fields.next();
  moment.own_cost_ns = fields.next();
  moment.own_cost_samples = fields.next();
  const auto gauges = fields.next(kMostChunkBytes);
  for (std::size_t i = 0; i < gauges && fields.valid(); ++i) {
    const std::uint64_t value = fields.next();
    if (i < shm::kGaugeCount) moment.gauges[static_cast<shm::Gauge>(i)] = value;
  }
  const auto count = fields.next(kMostInflight);
  for (std::size_t i = 0; i < count && fields.valid(); ++i) {
    shm::InflightEntry entry{};
    entry.since_ticks = moment.monotonic_ns - unzigzag(fields.next());
    entry.trace_id = fields.next();
    entry.connection = fields.next();
    entry.operation = fields.next<std::uint16_t>();
    entry.worker = fields.next<std::uint16_t>();
    entry.stack = fields.next<std::uint8_t>();
    entry.protocol = fields.next<std::uint8_t>();
    entry.phase = fields.next<std::uint8_t>();
    entry.layer = fields.next<std::uint8_t>();
    entry.receive_ticks = fields.ticks() & shm::kTicksAtLeast;
    entry.wait_ticks = fields.next();
    entry.bytes_in = fields.next<std::uint32_t>();
    entry.thread = fields.next<std::uint32_t>();
    moment.inflight.push_back(entry);
  }
  if (fields.at_end()) return;  // earlier writers knew nothing of these
  moment.cost_sums.waited_ns = fields.next();
  moment.cost_sums.waited_ns2 = fields.next();
  moment.cost_sums.after_ns = fields.next();
  moment.cost_sums.after_ns2 = fields.next();
  moment.cost_sums.interrupted_calls = fields.next();
}

void get(Fields& fields, Lost& lost) {
  lost.records = fields.next();
}

void get(Fields& fields, RunEnded& ended) {
  ended.last_sign_ns = fields.next();
  ended.orderly = fields.next(1) == 1;
}

void get(Fields& fields, End& end) {
  end.records = fields.next();
  // The first version of the writer did not know outer layers.
  if (!fields.at_end()) end.outer_records = fields.next();
}

void get(Fields& fields, std::uint8_t version, std::uint8_t flags, Before& before,
         LaneRecord& out) {
  shm::Record& record = out.record;
  out.lane = fields.next<std::uint32_t>(shm::kMaxLanes - 1);
  record.start_ticks = before.start_ns + unzigzag(fields.next());
  record.duration_ticks = fields.ticks() & shm::kTicksAtLeast;
  record.operation = fields.next<std::uint16_t>();
  record.bytes_in = fields.next<std::uint32_t>();
  record.bytes_out = fields.next<std::uint32_t>();
  if ((flags & kHasOrigin) != 0) {
    before.layer = fields.next<std::uint8_t>();
    before.stack = fields.next<std::uint8_t>();
    before.protocol = fields.next<std::uint8_t>();
  }
  record.layer = static_cast<std::uint8_t>(before.layer);
  record.stack = static_cast<std::uint8_t>(before.stack);
  record.protocol = static_cast<std::uint8_t>(before.protocol);
  if ((flags & kHasStatus) != 0) {
    const auto outcome = fields.next<std::uint16_t>();
    record.status = static_cast<std::uint8_t>(version == 1 ? outcome : outcome & 0x7);
    record.error = static_cast<std::uint16_t>(version == 1 ? 0 : outcome >> 3);
  }
  if ((flags & kHasReceive) != 0) record.receive_ticks = fields.ticks() & shm::kTicksAtLeast;
  if ((flags & kHasWait) != 0) record.wait_ticks = fields.ticks() & shm::kTicksAtLeast;
  if ((flags & kHasSend) != 0) record.send_ticks = fields.ticks() & shm::kTicksAtLeast;
  if ((flags & kHasTrace) != 0) record.trace_id = fields.word();
  record.worker = (flags & kHasWorker) != 0 ? fields.next<std::uint16_t>() : shm::kNoWorker;
  before.start_ns = record.start_ticks;
}

template <class Kind>
void get_kind(Fields& fields, Entry& out) {
  get(fields, out.emplace<Kind>());
}

}  // namespace

Outcome Reader::next(Entry& out) {
  if (!begun_) {
    begun_ = true;
    state_ = begin();
  }
  while (state_ == Outcome::entry) {
    if (rest_.at_end()) {
      state_ = load_chunk();
      continue;
    }
    bool skipped = false;
    if (!parse(out, skipped)) {
      state_ = Outcome::damaged;
    } else if (const End* end = std::get_if<End>(&out); !skipped && end != nullptr) {
      const bool all = end->records == records_[0] && end->outer_records == records_[1];
      state_ = all ? Outcome::end : Outcome::damaged;
    } else if (!skipped) {
      return Outcome::entry;
    }
  }
  return state_;
}

Outcome Reader::begin() {
  std::array<std::uint8_t, kMagic.size() + 1> beginning{};
  const std::size_t got = source_(beginning);
  if (!std::equal(kMagic.begin(), kMagic.end(), beginning.begin())) return Outcome::foreign;
  if (got < beginning.size()) return Outcome::cut;
  version_ = beginning.back();
  return version_ >= 1 && version_ <= kVersion ? Outcome::entry : Outcome::unknown_version;
}

Outcome Reader::load_chunk() {
  std::array<std::uint8_t, kChunkHeadBytes> head{};
  if (source_(head) < head.size()) return Outcome::cut;
  const std::uint32_t size = load_32(head.data());
  if (size == 0 || size > kMostChunkBytes) return Outcome::damaged;
  chunk_.resize(size);
  if (source_(chunk_) < size) return Outcome::cut;
  if (crc32(chunk_) != load_32(head.data() + 4)) return Outcome::damaged;
  rest_ = Numbers(chunk_);
  before_ = {};
  return Outcome::entry;
}

bool Reader::parse(Entry& out, bool& skipped) {
  segment_ = Segment::daemon;
  if (rest_.rest().front() != kOfOuterLayersTag) return parse(rest_, segment_, out, skipped);
  segment_ = Segment::outer_layers;
  rest_.bytes(1);
  Numbers entry(rest_.bytes(rest_.next()));
  if (rest_.failed() || entry.at_end()) return false;
  const std::uint8_t tag = entry.rest().front();
  // A recording has only one end, and an entry of the outer layers contains no other such entry.
  if (tag == kEndTag || tag == kOfOuterLayersTag) return false;
  return parse(entry, segment_, out, skipped);
}

bool Reader::parse(Numbers& bytes, Segment of, Entry& out, bool& skipped) {
  const auto index = static_cast<std::size_t>(of);
  const std::uint8_t tag = bytes.bytes(1).front();
  if ((tag & kRecordTag) != 0) {
    Fields fields(bytes);
    get(fields, version_, tag, before_[index], out.emplace<LaneRecord>());
    ++records_[index];
    return fields.valid();
  }
  // Bytes after the members that this version knows belong to members that a later version added.
  Numbers body(bytes.bytes(bytes.next()));
  if (bytes.failed()) return false;
  Fields fields(body);
  switch (tag) {
    case kRunBeganTag:
      get_kind<RunBegan>(fields, out);
      break;
    case kNameTag:
      get_kind<Name>(fields, out);
      break;
    case kMomentTag:
      get_kind<Moment>(fields, out);
      break;
    case kLostTag:
      get_kind<Lost>(fields, out);
      break;
    case kRunEndedTag:
      get_kind<RunEnded>(fields, out);
      break;
    case kEndTag:
      get_kind<End>(fields, out);
      break;
    default:
      skipped = true;
  }
  return fields.valid();
}

}  // namespace goxel_telemetry::metrics::recording
