// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/live/ingest.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "metrics/text/printable.h"
#include "metrics/time.h"

namespace goxel_telemetry::metrics {
namespace {

// Far more combinations of ids than a correct producer makes.
constexpr std::size_t kMostResolved = 4096;
// Far more than a producer publishes before it counts.
constexpr std::uint64_t kMostUncountedByProducer = std::uint64_t{1} << 18;

std::uint64_t saturating_add(std::uint64_t a, std::uint64_t b) {
  return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

std::uint64_t target_ns(const shm::Reader& reader, std::uint32_t operation) {
  return std::uint64_t{reader.target_us(operation)} * 1000;
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
  if (m.status == shm::Status::error) {
    const bool known = record.error != 0 && record.error < shm::kErrorCodes;
    m.error = known ? static_cast<shm::ErrorCode>(record.error) : shm::ErrorCode::other;
  }
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
  fresh_since_ns_ = std::min(fresh_since_ns_, now.monotonic_ns);
  const std::vector<LaneBeginning> lanes = beginnings(reader, now);
  counts_from_ = first_counted(reader, lanes);
  if (expects_known_) expect(reader);
  set_targets(reader);
  begin_run_totals(reader);
  if (keeper_ != nullptr) keeper_->begin_run(reader, lanes, now);
  if (knows_since_when) return;
  observed_since_ns_ = complete_since(reader, lanes, now);
}

// A run that began while this reader was there counts whole, as does one that began after an earlier
// reader stopped whose counters go on.
std::vector<std::uint64_t> Ingest::first_counted(const shm::Reader& reader,
                                                 const std::vector<LaneBeginning>& lanes) {
  std::vector<std::uint64_t> from(lanes.size(), 0);
  const shm::ProducerInfo& producer = reader.producer();
  if (std::exchange(any_run_, true)) return from;
  if (earlier_) {
    const bool same_run = earlier_->position.run_id == producer.run_id;
    if (same_run) from = earlier_->position.lanes;
    from.resize(lanes.size(), 0);
    if (earlier_->was_shown) return from;
    bool all_there = same_run;
    for (std::size_t lane = 0; lane < lanes.size(); ++lane) {
      all_there = all_there && lanes[lane].oldest <= from[lane];
    }
    if (all_there) {
      take_over(earlier_->counters);
      return from;
    }
    std::fill(from.begin(), from.end(), 0);
  }
  if (counts_since_ns_ && producer.created_monotonic_ns >= *counts_since_ns_) return from;
  for (std::size_t lane = 0; lane < lanes.size(); ++lane) from[lane] = lanes[lane].head;
  return from;
}

void Ingest::begin_run_totals(const shm::Reader& reader) {
  for (auto& [key, operation] : operations_.all()) operation.run_total = {};
  run_totals_ = reader.operation_totals();
  this_run_ = {reader.reached(), reader.before()};
  gap_looked_at_ = run_totals_.version;
  run_has_gap_ = false;
  for (std::uint32_t lane = 0; lane < reader.lane_count(); ++lane) {
    run_has_gap_ |= reader.lane_sequence(lane) > run_totals_.places[lane];
  }
  for (const auto& [operation, counted] : by_operation(reader, run_totals_)) {
    operation->run_total = counted;
  }
}

std::map<Operation*, Outcomes> Ingest::by_operation(const shm::Reader& reader,
                                                    const shm::OperationTotals& totals) {
  std::map<Operation*, Outcomes> counted;
  for (const shm::OperationTotals::Operation& one : totals.operations) {
    Operation* const operation = resolve(reader, one.ids).found.operation;
    if (operation != nullptr) counted[operation] += Outcomes::of(one.records);
  }
  return counted;
}

// This reader has lost records that the producer had not counted. By now it may have: then run totals
// begin anew with its newest ones, and what this reader has read since is counted once more. Until
// then, they stay as they are.
void Ingest::settle_run_totals(const shm::Reader& reader) {
  if (reader.operation_totals_version() == gap_looked_at_) return;
  shm::OperationTotals totals = reader.operation_totals();
  gap_looked_at_ = totals.version;
  std::uint64_t read_since = 0;
  for (std::uint32_t lane = 0; lane < reader.lane_count(); ++lane) {
    const std::uint64_t reached = reader.lane_reached(lane);
    read_since += reached - std::min(reached, totals.places[lane]);
  }
  if (totals.version == 0 || read_since > kMostUncountedByProducer) return;
  std::map<Operation*, Outcomes> counted = by_operation(reader, totals);
  for (std::uint32_t lane = 0; lane < reader.lane_count(); ++lane) {
    const std::uint64_t reached = reader.lane_reached(lane);
    const bool all_there =
        reader.between(lane, totals.places[lane], reached, [&](const shm::Record& record) {
          Operation* const operation =
              resolve(reader, shm::OperationIds::of(record)).found.operation;
          if (operation != nullptr) count(counted[operation], status_of(record.status));
        });
    if (!all_there) return;
  }
  // What this reader knows and the producer has missed stays.
  for (const auto& [operation, outcomes] : counted) {
    operation->run_total = Outcomes::larger(operation->run_total, outcomes);
  }
  run_totals_ = std::move(totals);
  run_has_gap_ = false;
}

std::uint64_t Ingest::run_without_operation(const shm::Reader& reader) const {
  std::uint64_t counted = 0;
  for (const auto& [key, operation] : operations_.all()) counted += operation.run_total.all();
  std::uint64_t all = Outcomes::of(run_totals_.earlier_records).all();
  for (std::uint32_t lane = 0; lane < reader.lane_count(); ++lane) {
    all += std::max(reader.lane_reached(lane), run_totals_.places[lane]);
  }
  return all - std::min(all, counted);
}

// A producer enters the names that its host offers before all others. Which protocol has them, their
// form says: JSON-RPC's methods have a dot, MCP's tools begin with "goxel_", others have neither.
void Ingest::expect(const shm::Reader& reader) {
  constexpr std::uint32_t kMostNames = 128;
  const std::uint32_t names = std::min(reader.name_count(), kMostNames);
  for (std::uint32_t id = 0; id < names; ++id) {
    const std::string name = catalog_name(reader, id, shm::NameKind::operation);
    if (name.empty()) continue;
    const bool is_method = name.find('.') != std::string::npos;
    const bool is_tool = name.rfind("goxel_", 0) == 0;
    const auto add = [&](shm::Protocol protocol, std::uint64_t stack) {
      operations_.find_or_add(operation_key(reader, stack, static_cast<std::uint64_t>(protocol),
                                            shm::names::kDaemon, id));
    };
    if (!is_tool) add(shm::Protocol::json_rpc, shm::names::kFourLayer);
    if (!is_method) add(shm::Protocol::mcp, shm::names::kTwoLayer);
  }
}

// A producer enters the names that have targets before all others.
void Ingest::set_targets(const shm::Reader& reader) {
  constexpr std::uint32_t kMostNames = 512;
  std::map<std::string, std::uint64_t> targets;
  for (std::uint32_t id = 0; id < std::min(reader.name_count(), kMostNames); ++id) {
    if (const std::uint64_t target = target_ns(reader, id); target != 0) {
      targets.emplace(catalog_name(reader, id, shm::NameKind::operation), target);
    }
  }
  for (auto& [key, operation] : operations_.all()) {
    const auto target = targets.find(key.operation);
    const bool has = key.layer == kDaemonLayer && target != targets.end();
    operation.target_ns = has ? target->second : 0;
  }
  ++revision_;
}

// If the earlier reader was killed, it may have shown more than it left. What it showed is reached
// again if all that came later is still there; else the counters begin at zero, because a counter
// that goes back a little looks like one that began anew and counted all of that at once.
void Ingest::continue_counters(CountedUntil earlier) {
  earlier_ = std::move(earlier);
  if (earlier_->was_shown) take_over(earlier_->counters);
}

// There is room for an _OTHER also in a full table.
void Ingest::take_over(const std::map<OperationKey, Counters>& counters) {
  for (const bool other : {false, true}) {
    for (const auto& [key, counted] : counters) {
      if ((key.operation == kOtherOperation) != other) continue;
      const OperationTable::Found found = operations_.find_or_add(key);
      if (found.itself) found.operation->counters = counted;
    }
  }
}

RollupDelta Ingest::take_rollups() {
  RollupDelta delta = keeper_->take();
  for (auto& [key, operation] : operations_.all()) {
    if (std::exchange(operation.counters_changed, false)) delta.counters[key] = operation.counters;
  }
  return delta;
}

void Ingest::keep_rollups(std::optional<ReadingPosition> position) {
  keeper_ = std::make_unique<RollupKeeper>(std::move(position));
  resolved_.clear();  // it points into the old keeper
  for (auto& [key, operation] : operations_.all()) operation.counters_changed = true;
}

void Ingest::read_again(shm::Reader& reader, const Time& now) {
  for (std::uint32_t lane = 0; lane < reader.lane_count(); ++lane) {
    taken_until_.push_back(reader.lane_sequence(lane));
  }
  reader.rewind();
  keeper_->begin_run(reader, beginnings(reader, now), now);
}

void Ingest::advance(const Time& now) {
  if (!counts_since_ns_) counts_since_ns_ = now.monotonic_ns;
  const std::uint64_t second = now.monotonic_ns / kNsPerSecond;
  if (second == second_) return;
  if (second < second_ && observed_since_ns_ != UINT64_MAX) {
    observed_since_ns_ = std::min(observed_since_ns_, now.monotonic_ns);
  }
  second_ = second;
  ++revision_;
  operations_.advance(second);
  freshness_.advance(second);
}

void Ingest::forget_before(std::uint64_t second) {
  observed_since_ns_ = std::max(observed_since_ns_, second * kNsPerSecond);
  operations_.forget_before(second);
  ++revision_;
}

bool Ingest::sweep(shm::Reader& reader, const Time& now, std::uint64_t until_ns) {
  const shm::Calibration calibration = reader.calibration();
  std::uint64_t again = 0;
  const shm::Sweep sweep = reader.sweep(
      [&](const shm::Record& record, std::uint32_t lane, std::uint64_t sequence) {
        if (!taken_until_.empty() && sequence < taken_until_[lane]) [[unlikely]] {
          ++again;
          const Measurement measurement = measure(record, calibration, now.monotonic_ns);
          keep(resolve(reader, shm::OperationIds::of(record)), lane, sequence, measurement, now);
          return;
        }
        take(reader, calibration, record, lane, sequence, now);
      },
      until_ns);
  if (!sweep.more) taken_until_.clear();
  read_ += sweep.records - again;
  lost_ += sweep.lost;
  run_has_gap_ |= sweep.lost != 0 || reader.before() != this_run_.before;
  this_run_ = {reader.reached(), reader.before()};
  if (run_has_gap_) settle_run_totals(reader);
  if (keeper_ != nullptr) keeper_->swept(reader);
  return sweep.more;
}

Ingest::Resolved& Ingest::resolve(const shm::Reader& reader, const shm::OperationIds& names) {
  const std::uint64_t ids = names.packed();
  if (const auto known = resolved_.find(ids); known != resolved_.end()) return known->second;

  OperationKey key =
      operation_key(reader, names.stack, names.protocol, names.layer, names.operation);
  const OperationTable::Found found = operations_.find_or_add(key);
  if (found.itself && key.layer == kDaemonLayer) {
    found.operation->target_ns = target_ns(reader, names.operation);
  }
  if (resolved_.size() >= kMostResolved) resolved_.clear();
  const std::uint64_t span_number = spans_ == nullptr ? 0 : spans_->number_of(key);
  return resolved_.emplace(ids, Resolved{std::move(key), found, {}, span_number}).first->second;
}

void Ingest::take(const shm::Reader& reader, const shm::Calibration& calibration,
                  const shm::Record& record, std::uint32_t lane, std::uint64_t sequence,
                  const Time& now) {
  const Measurement measurement = measure(record, calibration, now.monotonic_ns);
  Resolved& resolved = resolve(reader, shm::OperationIds::of(record));
  run_last_end_ns_ = std::max(run_last_end_ns_, measurement.end_ns);
  if (measurement.end_ns >= fresh_since_ns_) {
    Measurement age;
    age.end_ns = now.monotonic_ns;
    age.duration_ns = now.monotonic_ns - measurement.end_ns;
    freshness_.add(second_, age);
  }
  dropped_ += !resolved.found.itself;
  const bool counts = sequence >= counts_from_[lane];
  uncounted_ += !counts;
  if (Operation* operation = resolved.found.operation; operation != nullptr) {
    operation->add_to_totals(measurement);
    if (sequence >= run_totals_.places[lane]) count(operation->run_total, measurement.status);
    if (counts) {
      operation->counters.add(measurement);
      operation->counters_changed = true;
    }
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
                 measurement.status == shm::Status::error, measurement.error,
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
  named.error = measurement.error;
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
