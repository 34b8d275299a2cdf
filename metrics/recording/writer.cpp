// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/encoding/checksum.h"
#include "metrics/recording/bytes.h"

namespace goxel_telemetry::metrics::recording {
namespace {

using Bytes = std::vector<std::uint8_t>;

// A chunk is closed when it has this size, which is a few thousand records.
constexpr std::size_t kGoodChunkBytes = std::size_t{64} * 1024;

void put_text(Bytes& out, std::string_view text) {
  put_number(out, text.size());
  out.insert(out.end(), text.begin(), text.end());
}

void put_body(Bytes& out, const RunBegan& run) {
  put_number(out, run.run_id);
  put_number(out, run.pid);
  put_number(out, static_cast<std::uint64_t>(run.door));
  put_number(out, run.created_monotonic_ns);
  put_number(out, run.created_realtime_ns);
  put_number(out, run.complete_since_ns);
  for (const std::string* text :
       {&run.instance, &run.host_name, &run.host_version, &run.producer_version}) {
    put_text(out, std::string_view(*text).substr(0, kMostTextBytes));
  }
}

void put_body(Bytes& out, const Name& name) {
  put_number(out, name.id);
  put_number(out, static_cast<std::uint64_t>(name.kind));
  put_text(out, std::string_view(name.text).substr(0, shm::kNameBytes));
  put_number(out, name.target_us);
}

void put_body(Bytes& out, const Moment& moment) {
  put_number(out, moment.monotonic_ns);
  put_number(out, moment.realtime_ns);
  put_number(out, moment.own_cost_ns);
  put_number(out, moment.own_cost_samples);
  put_number(out, shm::kGaugeCount);
  for (const std::uint64_t value : moment.gauges.values) put_number(out, value);
  const std::size_t count = std::min(moment.inflight.size(), kMostInflight);
  put_number(out, count);
  for (std::size_t i = 0; i < count; ++i) {
    const shm::InflightEntry& entry = moment.inflight[i];
    put_number(out, zigzag(moment.monotonic_ns - entry.since_ticks));
    put_number(out, entry.trace_id);
    put_number(out, entry.connection);
    put_number(out, entry.operation);
    put_number(out, entry.worker);
    put_number(out, entry.stack);
    put_number(out, entry.protocol);
    put_number(out, entry.phase);
    put_number(out, entry.layer);
    put_number(out, entry.receive_ticks);
    put_number(out, entry.wait_ticks);
    put_number(out, entry.bytes_in);
    put_number(out, entry.thread);
  }
  put_number(out, moment.cost_sums.waited_ns);
  put_number(out, moment.cost_sums.waited_ns2);
  put_number(out, moment.cost_sums.after_ns);
  put_number(out, moment.cost_sums.after_ns2);
  put_number(out, moment.cost_sums.interrupted_calls);
}

void put_body(Bytes& out, const Lost& lost) {
  put_number(out, lost.records);
}

void put_body(Bytes& out, const RunEnded& ended) {
  put_number(out, ended.last_sign_ns);
  put_number(out, ended.orderly ? 1 : 0);
}

void put_body(Bytes& out, const End& end) {
  put_number(out, end.records);
  put_number(out, end.outer_records);
}

void put_record(Bytes& out, const LaneRecord& entry, Before& before) {
  const shm::Record& record = entry.record;
  const bool same_origin = record.layer == before.layer && record.stack == before.stack &&
                           record.protocol == before.protocol;
  const std::uint64_t outcome = (std::uint64_t{record.status} & 0x7) | std::uint64_t{record.error}
                                                                           << 3;
  std::uint8_t flags = kRecordTag;
  if (!same_origin) flags |= kHasOrigin;
  if (outcome != 0) flags |= kHasStatus;
  if (record.receive_ticks != 0) flags |= kHasReceive;
  if (record.wait_ticks != 0) flags |= kHasWait;
  if (record.send_ticks != 0) flags |= kHasSend;
  if (record.trace_id != 0) flags |= kHasTrace;
  if (record.worker != shm::kNoWorker) flags |= kHasWorker;
  out.push_back(flags);
  put_number(out, entry.lane);
  put_number(out, zigzag(record.start_ticks - before.start_ns));
  put_number(out, record.duration_ticks);
  put_number(out, record.operation);
  put_number(out, record.bytes_in);
  put_number(out, record.bytes_out);
  if (!same_origin) {
    put_number(out, record.layer);
    put_number(out, record.stack);
    put_number(out, record.protocol);
  }
  if (outcome != 0) put_number(out, outcome);
  if (record.receive_ticks != 0) put_number(out, record.receive_ticks);
  if (record.wait_ticks != 0) put_number(out, record.wait_ticks);
  if (record.send_ticks != 0) put_number(out, record.send_ticks);
  if (record.trace_id != 0) {
    for (unsigned shift = 0; shift < 64; shift += 8) {
      out.push_back(static_cast<std::uint8_t>(record.trace_id >> shift));
    }
  }
  if (record.worker != shm::kNoWorker) put_number(out, record.worker);
  before = {record.start_ticks, record.layer, record.stack, record.protocol};
}

}  // namespace

Writer::Writer(Sink sink) : sink_(std::move(sink)) {
  chunk_.reserve(kGoodChunkBytes + 1024);
  chunk_.resize(kChunkHeadBytes);
  Bytes beginning(kMagic.begin(), kMagic.end());
  beginning.push_back(kVersion);
  sink_(beginning);
}

template <class Kind>
void Writer::put_entry(std::uint8_t tag, const Kind& entry, Segment of) {
  Bytes body;
  put_body(body, entry);
  entry_.assign(1, tag);
  put_number(entry_, body.size());
  entry_.insert(entry_.end(), body.begin(), body.end());
  put(entry_, of);
}

void Writer::put(std::span<const std::uint8_t> entry, Segment of) {
  if (of == Segment::outer_layers) {
    chunk_.push_back(kOfOuterLayersTag);
    put_number(chunk_, entry.size());
  }
  chunk_.insert(chunk_.end(), entry.begin(), entry.end());
  if (chunk_.size() >= kGoodChunkBytes) close_chunk();
}

void Writer::add(const RunBegan& run, Segment of) {
  put_entry(kRunBeganTag, run, of);
}
void Writer::add(const Name& name, Segment of) {
  put_entry(kNameTag, name, of);
}
void Writer::add(const Moment& moment, Segment of) {
  put_entry(kMomentTag, moment, of);
}
void Writer::add(const Lost& lost, Segment of) {
  put_entry(kLostTag, lost, of);
}
void Writer::add(const RunEnded& ended, Segment of) {
  put_entry(kRunEndedTag, ended, of);
}
void Writer::add(const LaneRecord& record, Segment of) {
  const auto index = static_cast<std::size_t>(of);
  entry_.clear();
  put_record(entry_, record, before_[index]);
  ++records_[index];
  put(entry_, of);
}

void Writer::close_chunk() {
  if (chunk_.size() == kChunkHeadBytes) return;
  const std::span<const std::uint8_t> content = std::span(chunk_).subspan(kChunkHeadBytes);
  store_32(chunk_.data(), static_cast<std::uint32_t>(content.size()));
  store_32(chunk_.data() + 4, crc32(content));
  sink_(chunk_);
  chunk_.resize(kChunkHeadBytes);
  before_ = {};
}

void Writer::finish() {
  put_entry(kEndTag, End{records(Segment::daemon), records(Segment::outer_layers)},
            Segment::daemon);
  close_chunk();
}

}  // namespace goxel_telemetry::metrics::recording
