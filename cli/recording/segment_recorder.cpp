// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/recording/segment_recorder.h"

#include <algorithm>
#include <utility>

#include "metrics/live/ingest.h"

namespace goxel_telemetry::cli {
namespace {

namespace recording = metrics::recording;

constexpr std::uint64_t kLookIntervalNs = 200'000'000;
constexpr std::uint64_t kMomentIntervalNs = 1'000'000'000;

// A daemon's first calibration is coarse: until the next one, a second later, its records wait, so
// that their times fit those of the outer layers.
constexpr std::uint64_t kGoodErrorNs = 2'000;
constexpr std::uint64_t kMostHeldNs = 2'000'000'000;
constexpr std::size_t kMostHeld = 262'144;

std::uint64_t end_of(const shm::Record& record) {
  const std::uint64_t room = UINT64_MAX - record.start_ticks;
  return record.start_ticks + std::min<std::uint64_t>(record.duration_ticks, room);
}

// The record in nanoseconds, with the same numbers that every other reader would compute.
shm::Record in_nanoseconds(shm::Record record, const shm::Calibration& calibration) {
  const auto duration = [&calibration](std::uint64_t ticks) {
    return shm::clip_ticks(calibration.duration_ns(ticks));
  };
  record.start_ticks = calibration.to_ns(record.start_ticks);
  record.duration_ticks = duration(record.duration_ticks) & shm::kTicksAtLeast;
  record.receive_ticks = duration(record.receive_ticks) & shm::kTicksAtLeast;
  record.wait_ticks = duration(record.wait_ticks) & shm::kTicksAtLeast;
  record.send_ticks = duration(record.send_ticks) & shm::kTicksAtLeast;
  return record;
}

}  // namespace

SegmentRecorder::SegmentRecorder(Source source, recording::Writer& writer, Backlog backlog,
                                 std::uint64_t most_records)
    : source_(std::move(source)), writer_(writer), backlog_(backlog), most_records_(most_records) {}

bool SegmentRecorder::sweep(const metrics::Time& now) {
  if (reader_ == nullptr || now.monotonic_ns - looked_ns_ >= kLookIntervalNs) {
    looked_ns_ = now.monotonic_ns;
    look(now);
  }
  if (reader_ != nullptr && !run_ended_) {
    take_records();
    write_records_in_time(now);
    if (now.monotonic_ns - moment_ns_ >= kMomentIntervalNs) {
      write_moment(now);
      writer_.close_chunk();
    }
  }
  return writer_.records() < most_records_;
}

void SegmentRecorder::finish(const metrics::Time& now) {
  if (reader_ == nullptr || run_ended_) return;
  write_records();
  write_moment(now);
}

// Changes the segment at most once in each call, like a follower.
void SegmentRecorder::look(const metrics::Time& now) {
  if (reader_ == nullptr ||
      shm::segment_was_replaced(source_.instance, reader_->producer().run_id)) {
    attach(now);
  }
  looked_ = true;
  if (reader_ == nullptr || run_ended_) return;
  switch (reader_->state(now.monotonic_ns)) {
    case shm::ProducerState::live:
      return;
    case shm::ProducerState::retired:
      end_run(true, now);
      return;
    default:
      end_run(false, now);
      return;
  }
}

void SegmentRecorder::attach(const metrics::Time& now) {
  std::unique_ptr<shm::Reader> next = shm::Reader::open(source_.instance);
  if (next == nullptr) return;
  if (reader_ != nullptr && !run_ended_) {
    end_run(reader_->state(now.monotonic_ns) == shm::ProducerState::retired, now);
  }
  complete_since_ns_ = now.monotonic_ns;
  // Only a segment that was there at the first look has records from before the recording.
  if (!looked_ && backlog_ == Backlog::left_out) {
    next->skip_to_end();
  } else {
    complete_since_ns_ = metrics::complete_since_ns(*next, now);
  }
  reader_ = std::move(next);
  run_ended_ = false;
  named_.clear();
  last_end_ns_ = 0;
  moment_ns_ = 0;
  const shm::ProducerInfo& producer = reader_->producer();
  write(recording::RunBegan{producer.run_id, producer.process.pid, producer.door,
                            producer.created_monotonic_ns, producer.created_realtime_ns,
                            complete_since_ns_, producer.instance, producer.host_name,
                            producer.host_version, producer.producer_version});
}

// Writes what the run published before its end, and the requests that it left in flight. If the run
// was over before the recording began, it gets the time at which its recording begins as its end:
// nothing may lie before that.
void SegmentRecorder::end_run(bool orderly, const metrics::Time& now) {
  take_records();
  write_records();
  const std::uint64_t last_ns = std::min(
      now.monotonic_ns, std::max({reader_->heartbeat_ns(), last_end_ns_, complete_since_ns_}));
  write_moment({last_ns, now.realtime_ns - (now.monotonic_ns - last_ns)});
  write(recording::RunEnded{last_ns, orderly});
  writer_.close_chunk();
  run_ended_ = true;
}

void SegmentRecorder::take_records() {
  const shm::Sweep sweep = reader_->sweep([&](const shm::Record& record, std::uint32_t lane) {
    taken_.push_back({lane, record});
  });
  if (sweep.lost != 0) write(recording::Lost{sweep.lost});
  lost_ += sweep.lost;
}

void SegmentRecorder::write_records_in_time(const metrics::Time& now) {
  if (taken_.empty()) return;
  if (held_since_ns_ == 0) held_since_ns_ = now.monotonic_ns;
  const bool uncertain = metrics::error_ns(reader_->calibration(), now.monotonic_ns) > kGoodErrorNs;
  const bool may_wait =
      now.monotonic_ns - held_since_ns_ < kMostHeldNs && taken_.size() < kMostHeld;
  if (!uncertain || !may_wait) write_records();
}

void SegmentRecorder::write_records() {
  const shm::Calibration calibration = reader_->calibration();
  // A lane's records stay in the lane's order, even if one seems to end before the one before it.
  std::stable_sort(taken_.begin(), taken_.end(),
                   [](const auto& a, const auto& b) { return a.lane < b.lane; });
  batch_.clear();
  for (const recording::LaneRecord& taken : taken_) {
    const shm::Record in_ns = in_nanoseconds(taken.record, calibration);
    const bool same_lane = !batch_.empty() && batch_.back().record.lane == taken.lane;
    const std::uint64_t order_ns = std::max(end_of(in_ns), same_lane ? batch_.back().order_ns : 0);
    batch_.push_back({order_ns, {taken.lane, in_ns}});
  }
  taken_.clear();
  held_since_ns_ = 0;
  std::stable_sort(batch_.begin(), batch_.end(),
                   [](const Ended& a, const Ended& b) { return a.order_ns < b.order_ns; });
  for (const Ended& ended : batch_) {
    if (writer_.records() >= most_records_) break;
    const shm::Record& record = ended.record.record;
    for (const std::uint64_t id : {std::uint64_t{record.operation}, std::uint64_t{record.layer},
                                   std::uint64_t{record.stack}}) {
      write_name(id);
    }
    write(ended.record);
    last_end_ns_ = std::max(last_end_ns_, end_of(record));
  }
}

// Names that no record uses are not written.
void SegmentRecorder::write_name(std::uint64_t id) {
  if (!named_.insert(id).second) return;
  shm::NameKind kind = shm::NameKind::none;
  std::string name = reader_->name(static_cast<std::uint32_t>(id), &kind);
  if (kind == shm::NameKind::none) return;
  write(recording::Name{static_cast<std::uint16_t>(id), kind, std::move(name),
                        reader_->target_us(static_cast<std::uint32_t>(id))});
}

void SegmentRecorder::write_moment(const metrics::Time& now) {
  const shm::Calibration calibration = reader_->calibration();
  const shm::Totals totals = reader_->totals();
  recording::Moment moment;
  moment.monotonic_ns = now.monotonic_ns;
  moment.realtime_ns = now.realtime_ns;
  moment.gauges = reader_->gauges();
  moment.own_cost_ns = calibration.duration_ns(totals.own_cost_ticks);
  moment.own_cost_samples = totals.own_cost_samples;
  const auto squares = [&calibration](std::uint64_t ticks2) {
    return calibration.duration_ns(calibration.duration_ns(ticks2));
  };
  moment.cost_sums = {calibration.duration_ns(totals.waited_ticks), squares(totals.waited_ticks2),
                      calibration.duration_ns(totals.after_ticks), squares(totals.after_ticks2),
                      totals.interrupted_calls};
  for (shm::InflightEntry entry : reader_->inflight()) {
    if (moment.inflight.size() == recording::kMostInflight) break;
    for (const std::uint64_t id :
         {std::uint64_t{entry.operation}, std::uint64_t{entry.layer}, std::uint64_t{entry.stack}}) {
      write_name(id);
    }
    entry.since_ticks = calibration.to_ns(entry.since_ticks);
    entry.receive_ticks =
        shm::clip_ticks(calibration.duration_ns(entry.receive_ticks)) & shm::kTicksAtLeast;
    entry.wait_ticks = calibration.duration_ns(entry.wait_ticks);
    moment.inflight.push_back(entry);
  }
  write(moment);
  moment_ns_ = now.monotonic_ns;
}

}  // namespace goxel_telemetry::cli
