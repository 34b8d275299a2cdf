// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/live/ingest.h"

#include <algorithm>
#include <utility>

#include "metrics/text/printable.h"
#include "metrics/time.h"

namespace goxel_telemetry::metrics {
namespace {

// Far more combinations of ids than a correct producer makes.
constexpr std::size_t kMostResolved = 4096;

std::uint64_t saturating_add(std::uint64_t a, std::uint64_t b) {
  return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

shm::Protocol protocol_of(std::uint64_t value) {
  return value <= static_cast<std::uint64_t>(shm::Protocol::mcp) ? static_cast<shm::Protocol>(value)
                                                                 : shm::Protocol::none;
}

shm::Status status_of(std::uint64_t value) {
  return value < shm::kStatusCount ? static_cast<shm::Status>(value) : shm::Status::malformed;
}

std::vector<LaneBeginning> beginnings(shm::Reader& reader, const Time& now) {
  std::vector<LaneBeginning> lanes(reader.lane_count());
  const shm::Calibration calibration = reader.calibration();
  for (std::uint32_t lane = 0; lane < lanes.size(); ++lane) {
    lanes[lane].head = reader.lane_head(lane);
    lanes[lane].oldest = reader.lane_sequence(lane);
    if (const auto oldest = reader.oldest(lane)) {
      lanes[lane].oldest = oldest->sequence;
      lanes[lane].end_ns = measure(oldest->record, calibration, now.monotonic_ns).end_ns;
    }
  }
  return lanes;
}

// A lane that still has its first record has all its records. A lane that was overwritten is
// complete from its oldest record on.
std::uint64_t complete_since(const shm::Reader& reader, const std::vector<LaneBeginning>& lanes,
                             const Time& now) {
  std::uint64_t since_ns = reader.producer().created_monotonic_ns;
  for (const LaneBeginning& lane : lanes) {
    if (lane.oldest != 0) since_ns = std::max(since_ns, lane.end_ns);
  }
  return std::min(since_ns, now.monotonic_ns);
}

}  // namespace

// The error is that of the slope, times the distance to the anchor.
std::uint64_t error_ns(const shm::Calibration& calibration, std::uint64_t ns) {
  const std::uint64_t distance =
      ns > calibration.anchor_ns ? ns - calibration.anchor_ns : calibration.anchor_ns - ns;
  return saturated(WideSum{distance} * calibration.error_ppb / 1'000'000'000);
}

std::uint64_t complete_since_ns(shm::Reader& reader, const Time& now) {
  return complete_since(reader, beginnings(reader, now), now);
}

std::string catalog_name(const shm::Reader& reader, std::uint32_t id, shm::NameKind kind) {
  shm::NameKind found = shm::NameKind::none;
  const std::string name = reader.name(id, &found);
  return found == kind ? printable(name) : std::string();
}

OperationKey operation_key(const NameOf& name_of, std::uint64_t stack, std::uint64_t protocol,
                           std::uint64_t layer, std::uint64_t operation) {
  const auto name = [&name_of](std::uint64_t id, shm::NameKind kind) {
    shm::NameKind found = shm::NameKind::none;
    const std::string text = name_of(static_cast<std::uint32_t>(id), &found);
    const std::string shown = found == kind ? printable(text) : std::string();
    return shown.empty() ? std::string(kOtherOperation) : shown;
  };
  return {name(stack, shm::NameKind::stack), to_string(protocol_of(protocol)),
          name(layer, shm::NameKind::layer), name(operation, shm::NameKind::operation)};
}

OperationKey operation_key(const shm::Reader& reader, std::uint64_t stack, std::uint64_t protocol,
                           std::uint64_t layer, std::uint64_t operation) {
  return operation_key(
      [&reader](std::uint32_t id, shm::NameKind* kind) { return reader.name(id, kind); }, stack,
      protocol, layer, operation);
}

Measurement measure(const shm::Record& record, const shm::Calibration& calibration,
                    std::uint64_t now_ns) {
  Measurement m;
  m.duration_ns = calibration.duration_ns(record.duration_ticks);
  m.end_ns = std::min(now_ns, saturating_add(calibration.to_ns(record.start_ticks), m.duration_ns));
  m.receive_ns = calibration.duration_ns(record.receive_ticks);
  m.wait_ns = calibration.duration_ns(record.wait_ticks);
  m.send_ns = calibration.duration_ns(record.send_ticks);
  m.status = status_of(record.status);
  m.bytes_in = record.bytes_in;
  m.bytes_out = record.bytes_out;
  return m;
}

void Ingest::begin_run(shm::Reader& reader, const Time& now) {
  resolved_.clear();
  run_last_end_ns_ = 0;
  earlier_runs_.published += std::exchange(this_run_.published, 0);
  earlier_runs_.before += std::exchange(this_run_.before, 0);
  const bool knows_since_when = observed_since_ns_ <= now.monotonic_ns;
  if (knows_since_when && keeper_ == nullptr) return;

  const std::vector<LaneBeginning> lanes = beginnings(reader, now);
  if (keeper_ != nullptr) keeper_->begin_run(reader, lanes, now);
  if (knows_since_when) return;
  observed_since_ns_ = complete_since(reader, lanes, now);
}

void Ingest::keep_rollups(std::optional<ReadingPosition> position) {
  keeper_ = std::make_unique<RollupKeeper>(std::move(position));
  resolved_.clear();  // it points into the old keeper
}

void Ingest::read_again(shm::Reader& reader, const Time& now) {
  for (std::uint32_t lane = 0; lane < reader.lane_count(); ++lane) {
    counted_until_.push_back(reader.lane_sequence(lane));
  }
  reader.rewind();
  keeper_->begin_run(reader, beginnings(reader, now), now);
}

void Ingest::advance(const Time& now) {
  const std::uint64_t second = now.monotonic_ns / kNsPerSecond;
  if (second == second_) return;
  if (second < second_ && observed_since_ns_ != UINT64_MAX) {
    observed_since_ns_ = std::min(observed_since_ns_, now.monotonic_ns);
  }
  second_ = second;
  ++revision_;
  operations_.advance(second);
}

void Ingest::sweep(shm::Reader& reader, const Time& now) {
  const shm::Calibration calibration = reader.calibration();
  std::uint64_t again = 0;
  const shm::Sweep sweep =
      reader.sweep([&](const shm::Record& record, std::uint32_t lane, std::uint64_t sequence) {
        if (!counted_until_.empty() && sequence < counted_until_[lane]) [[unlikely]] {
          ++again;
          const Measurement measurement = measure(record, calibration, now.monotonic_ns);
          keep(resolve(reader, record), lane, sequence, measurement, now);
          return;
        }
        take(reader, calibration, record, lane, sequence, now);
      });
  counted_until_.clear();
  read_ += sweep.records - again;
  lost_ += sweep.lost;
  this_run_ = {reader.reached(), reader.before()};
  if (keeper_ != nullptr) keeper_->swept(reader);
}

Ingest::Resolved& Ingest::resolve(const shm::Reader& reader, const shm::Record& record) {
  const std::uint64_t ids = std::uint64_t{record.operation} << 24 |
                            std::uint64_t{record.layer} << 16 |
                            std::uint64_t{record.protocol} << 8 | record.stack;
  if (const auto known = resolved_.find(ids); known != resolved_.end()) return known->second;

  OperationKey key =
      operation_key(reader, record.stack, record.protocol, record.layer, record.operation);
  const OperationTable::Found found = operations_.find_or_add(key);
  if (resolved_evictions_ != operations_.evictions() || resolved_.size() >= kMostResolved) {
    resolved_.clear();
    revision_ += resolved_evictions_ != operations_.evictions();
    resolved_evictions_ = operations_.evictions();
  }
  const std::uint64_t span_number = spans_ == nullptr ? 0 : spans_->number_of(key);
  return resolved_.emplace(ids, Resolved{std::move(key), found, {}, span_number}).first->second;
}

void Ingest::take(const shm::Reader& reader, const shm::Calibration& calibration,
                  const shm::Record& record, std::uint32_t lane, std::uint64_t sequence,
                  const Time& now) {
  const Measurement measurement = measure(record, calibration, now.monotonic_ns);
  Resolved& resolved = resolve(reader, record);
  run_last_end_ns_ = std::max(run_last_end_ns_, measurement.end_ns);
  dropped_ += !resolved.found.itself;
  if (Operation* operation = resolved.found.operation; operation != nullptr) {
    operation->add_to_totals(measurement);
    if (measurement.end_ns >= observed_since_ns_) {
      const std::uint64_t second = measurement.end_ns / kNsPerSecond;
      operation->windows.add(second, measurement);
      revision_ += second < second_;
    }
  }
  if (keeper_ != nullptr) keep(resolved, lane, sequence, measurement, now);
  if (spans_ != nullptr && measurement.answered()) {
    const std::uint64_t start_ns = calibration.to_ns(record.start_ticks);
    spans_->span(resolved.span_number, record.trace_id, start_ns,
                 saturating_add(start_ns, measurement.duration_ns),
                 error_ns(calibration, start_ns));
  }
  if (listener_) notify(calibration, resolved, record, measurement, lane, now);
}

void Ingest::keep(Resolved& resolved, std::uint32_t lane, std::uint64_t sequence,
                  const Measurement& measurement, const Time& now) {
  if (resolved.found.itself) {
    keeper_->add(lane, sequence, resolved.key, resolved.place, measurement, now);
    return;
  }
  OperationKey other = resolved.key;
  other.operation = kOtherOperation;
  keeper_->add(lane, sequence, other, resolved.place, measurement, now);
}

void Ingest::notify(const shm::Calibration& calibration, const Resolved& resolved,
                    const shm::Record& record, const Measurement& measurement, std::uint32_t lane,
                    const Time& now) const {
  NamedRecord named;
  named.start_ns = calibration.to_ns(record.start_ticks);
  named.start_realtime_ns = now.realtime_ns - now.monotonic_ns + named.start_ns;
  named.duration_ns = measurement.duration_ns;
  named.receive_ns = measurement.receive_ns;
  named.wait_ns = measurement.wait_ns;
  named.send_ns = measurement.send_ns;
  named.trace_id = record.trace_id;
  named.status = measurement.status;
  named.operation = resolved.key.operation;
  named.protocol = resolved.key.protocol;
  named.layer = resolved.key.layer;
  named.stack = resolved.key.stack;
  named.lane = lane;
  named.worker = record.worker;
  named.bytes_in = record.bytes_in;
  named.bytes_out = record.bytes_out;
  listener_(named);
}

}  // namespace goxel_telemetry::metrics
