// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/recording/replayed_segment.h"

#include <algorithm>
#include <span>

#include "cli/target.h"
#include "shm/clock.h"
#include "shm/inflight.h"

namespace goxel_telemetry::cli {
namespace {

namespace recording = metrics::recording;

constexpr std::uint32_t kNames = 1024;

shm::SegmentOptions options_of(const std::string& instance, const recording::RunBegan& run,
                               std::uint64_t created_ns) {
  shm::SegmentOptions options;
  options.instance = instance;
  options.door = shm::Door::replay;
  options.host_name = run.host_name;
  options.host_version = run.host_version;
  options.created_monotonic_ns = created_ns;
  options.catalog_capacity = kNames;
  options.inflight_capacity = recording::kMostInflight;
  options.collection_points = 0;  // the recorded processes are not on this machine
  options.tiers = {{1, ReplayedSegment::kSlots}};
  return options;
}

void set(shm::AtomicWord& word, std::uint64_t value) {
  word.store(value, std::memory_order_relaxed);
}

}  // namespace

ReplayedSegment::ReplayedSegment(const std::string& instance, const recording::RunBegan& run,
                                 std::uint64_t created_ns)
    : instance_(instance) {
  shm::Created created = shm::create_segment(options_of(instance, run, created_ns));
  if (created.outcome != shm::CreateOutcome::created) {
    throw Failure(kExitNotThere, created.message);
  }
  mapping_ = std::move(created.mapping);
  instance_ = created.name;
  catalog_ = std::make_unique<shm::CatalogWriter>(header(), segment().catalog());
  producer_ = shm::Producer(segment(), 0);
  shm::store(header().calibration, shm::Calibration{});  // ticks are nanoseconds
  header().state.store(static_cast<std::uint64_t>(shm::Lifecycle::live), std::memory_order_release);
}

ReplayedSegment::~ReplayedSegment() {
  if (mapping_ != nullptr) shm::remove_segment(instance_, header().run_id);
}

void ReplayedSegment::enter(const recording::Name& name) {
  if (name.text.empty() || name.kind == shm::NameKind::none) return;
  if (ids_.size() <= name.id) ids_.resize(std::size_t{name.id} + 1, shm::names::kOther);
  ids_[name.id] = catalog_->intern(name.kind, name.text, name.target_us);
}

std::uint16_t ReplayedSegment::id(std::uint64_t recorded) const {
  return recorded < ids_.size() ? ids_[recorded] : shm::names::kOther;
}

std::uint8_t ReplayedSegment::short_id(std::uint64_t recorded) const {
  const std::uint16_t known = id(recorded);
  return known <= UINT8_MAX ? static_cast<std::uint8_t>(known)
                            : static_cast<std::uint8_t>(shm::names::kOther);
}

void ReplayedSegment::publish(shm::Record record) {
  record.operation = id(record.operation);
  record.layer = short_id(record.layer);
  record.stack = short_id(record.stack);
  shm::LaneCounters& counters = producer_.counters();
  if (record.status < shm::kStatusCount) shm::add(counters.records[record.status], 1);
  shm::add(counters.bytes_in, record.bytes_in);
  shm::add(counters.bytes_out, record.bytes_out);
  const auto status = static_cast<shm::Status>(record.status);
  if (status == shm::Status::ok || status == shm::Status::error) {
    shm::add(counters.span_ticks, record.duration_ticks);
  }
  producer_.publish(record);
}

void ReplayedSegment::show(const recording::Moment& moment) {
  header().gauges.store(moment.gauges);
  if (!moment_seen_) {
    moment_seen_ = true;
    first_own_cost_ns_ = moment.own_cost_ns;
    first_own_cost_samples_ = moment.own_cost_samples;
    first_cost_sums_ = moment.cost_sums;
  }
  const auto since_first = [](std::uint64_t value, std::uint64_t first) {
    return value > first ? value - first : 0;
  };
  set(producer_.counters().own_cost_ticks, since_first(moment.own_cost_ns, first_own_cost_ns_));
  set(producer_.counters().own_cost_samples,
      since_first(moment.own_cost_samples, first_own_cost_samples_));
  shm::CostMeter& meter = header().cost_meter;
  const recording::CostSums& sums = moment.cost_sums;
  const recording::CostSums& first = first_cost_sums_;
  set(meter.waited_ticks, since_first(sums.waited_ns, first.waited_ns));
  set(meter.waited_ticks2, since_first(sums.waited_ns2, first.waited_ns2));
  set(meter.after_ticks, since_first(sums.after_ns, first.after_ns));
  set(meter.after_ticks2, since_first(sums.after_ns2, first.after_ns2));
  set(meter.interrupted_calls, since_first(sums.interrupted_calls, first.interrupted_calls));

  const std::span lines = segment().inflight();
  for (std::size_t i = 0; i < moment.inflight.size(); ++i) {
    shm::InflightEntry entry = moment.inflight[i];
    entry.operation = id(entry.operation);
    entry.layer = short_id(entry.layer);
    entry.stack = short_id(entry.stack);
    shm::show(lines[i], entry);
  }
  for (std::size_t i = moment.inflight.size(); i < lines_shown_; ++i) shm::clear(lines[i]);
  lines_shown_ = moment.inflight.size();
}

void ReplayedSegment::beat(std::uint64_t now_ns) {
  set(header().heartbeat_ns, now_ns);
}

void ReplayedSegment::retire(std::uint64_t now_ns) {
  beat(now_ns);
  header().state.store(static_cast<std::uint64_t>(shm::Lifecycle::retired),
                       std::memory_order_release);
}

}  // namespace goxel_telemetry::cli
