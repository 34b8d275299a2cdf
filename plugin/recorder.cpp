// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugin/recorder.h"

#include <pthread.h>
#include <algorithm>
#include <cstring>
#include <new>

#include "plugin/host_process.h"
#include "plugin/known_operations.h"

namespace goxel_telemetry::plugin {
namespace {

// Shared lanes, which threads without a lane of their own use for one record at a time. A record is
// lost only if all of these lanes are taken, by threads that were preempted in the middle of a
// publication.
constexpr std::uint32_t kSharedLanes = 32;

struct ThreadState {
  std::uint64_t epoch = 0;  // epoch of the recorder that the lane belongs to; 0: no lane
  shm::Producer producer;
  std::uint32_t lane = 0;
  bool shared = false;  // no lane was free for this thread in this epoch
  Recorder* recorder = nullptr;
};
// Initial-exec: reached with one instruction, and without an allocation at a thread's first access.
thread_local ThreadState thread_state __attribute__((tls_model("initial-exec")));

// Grows with each recorder; a forked child inherits it and continues from there.
std::uint64_t next_epoch = 0;
pthread_key_t thread_end_key;
bool thread_end_key_made = false;

shm::ClockSource choose_clock(ClockChoice choice) {
  switch (choice) {
    case ClockChoice::tsc:
    case ClockChoice::automatic:
      return shm::best_clock_source();
    case ClockChoice::monotonic:
      break;
  }
  return shm::ClockSource::monotonic;
}

}  // namespace

std::unique_ptr<Recorder> Recorder::create(const Settings& settings, const Host& host,
                                           shm::Door door, std::string& why) {
  if (!thread_end_key_made) {
    if (pthread_key_create(&thread_end_key, &Recorder::give_lane_back) != 0) {
      why = "the process has no thread-specific key left";
      return nullptr;
    }
    thread_end_key_made = true;
  }
  shm::use_clock(*libc_function<shm::GetTime>("clock_gettime", &clock_gettime));
  shm::SegmentOptions options;
  options.instance = settings.instance;
  options.mode = settings.segment_mode;
  options.group = settings.segment_group;
  options.door = door;
  options.clock_source = choose_clock(settings.clock);
  options.host_name = host.name;
  options.host_version = host.version;
  options.workers_configured = host.workers_configured;
  options.inflight_capacity = kInflightLines;
  options.target_latency_ns = settings.target_latency_ns;
  options.target_milli_operations_per_second = settings.target_milli_operations_per_second;
  options.target_resident_bytes = settings.target_resident_bytes;
  shm::Created created = shm::create_segment(options);
  if (created.outcome != shm::CreateOutcome::created) {
    why = std::move(created.message);
    return nullptr;
  }
  return std::unique_ptr<Recorder>(
      new Recorder(std::move(created.mapping), settings, options.clock_source));
}

Recorder::Recorder(std::unique_ptr<shm::Mapping> mapping, const Settings& settings,
                   shm::ClockSource clock_source)
    : mapping_(std::move(mapping)),
      segment_(mapping_->bytes()),
      header_(&segment_.header()),
      catalog_(*header_, segment_.catalog()),
      inflight_(segment_.inflight().data()),
      own_point_(segment_.collection_points().front()),
      lane_count_(std::min(header_->lane_count, kMaxLanes)),
      own_lanes_(lane_count_ > kSharedLanes ? lane_count_ - kSharedLanes : 0),
      clock_source_(clock_source),
      calibrator_(clock_source),
      epoch_(++next_epoch) {
  for (const OperationTarget& target : settings.operation_targets) {
    catalog_.intern(shm::NameKind::operation, target.operation, target.us);
  }
  for (const char* name : kKnownOperations) operation(name);
  constexpr std::uint64_t kFirstBaselineNs = 2'000'000;
  const shm::Calibration calibration = calibrator_.start(kFirstBaselineNs);
  shm::store(header_->calibration, calibration);
  ticks_per_ns_ =
      4294967296.0 / static_cast<double>(std::max<std::uint64_t>(calibration.ns_per_tick_q32, 1));
  unanswered_after_ticks_ = ticks_of_ns(settings.unanswered_after_ns);
  clock_cost_ticks_ = UINT64_MAX;
  for (int i = 0; i < 64; ++i) {
    const std::uint64_t first = now();
    clock_cost_ticks_ = std::min(clock_cost_ticks_, now() - first);
  }
  show_sign_of_life();
  header_->state.store(static_cast<std::uint64_t>(shm::Lifecycle::live), std::memory_order_release);
}

namespace {

inline void count(shm::LaneCounters& counters, const shm::Words& words) noexcept {
  const shm::Record record = shm::Record::from_words(words);
  shm::add(counters.records[record.status < shm::kStatusCount ? record.status : 0], 1);
  shm::add(counters.bytes_in, record.bytes_in);
  shm::add(counters.bytes_out, record.bytes_out);
  // Only answered requests count as busy time: no thread worked on an unanswered request all the
  // time that it waited.
  if (record.status <= static_cast<std::uint64_t>(shm::Status::error)) {
    shm::add(counters.span_ticks, record.duration_ticks);
  }
}

}  // namespace

std::uint16_t Recorder::operation_of_theirs(std::string_view name) noexcept {
  char text[shm::kNameBytes + 1];  // one more than fits, so that a long name is known as such
  const std::size_t size = std::min(name.size(), shm::kNameBytes);
  text[0] = '_';
  std::memcpy(text + 1, name.data(), size);
  return catalog_.intern(shm::NameKind::operation, {text, size + 1});
}

void Recorder::publish(const shm::Words& record) noexcept {
  ThreadState& thread = thread_state;
  if (thread.epoch != epoch_ || thread.shared) [[unlikely]] {
    publish_without_lane(record);
    return;
  }
  count(thread.producer.counters(), record);
  thread.producer.publish(record);
}

// Not inlined, so that publish() needs no stack.
[[gnu::noinline, gnu::cold]] void Recorder::publish_without_lane(
    const shm::Words& record) noexcept {
  ThreadState& thread = thread_state;
  if (thread.epoch == epoch_ || !claim_lane()) {
    publish_shared(record);
    return;
  }
  count(thread.producer.counters(), record);
  thread.producer.publish(record);
}

// Claims the largest lane that is free: lanes are laid out largest first.
bool Recorder::claim_lane() noexcept {
  ThreadState& thread = thread_state;
  thread.epoch = epoch_;
  thread.recorder = this;
  const std::uint32_t lane = lane_map_.claim(0, own_lanes_);
  thread.shared = lane == decltype(lane_map_)::kNone;
  if (thread.shared) return false;
  // The values of the first 32 keys are inside the thread's control block, so this does not
  // allocate unless the host has used up 32 keys.
  if (pthread_setspecific(thread_end_key, &thread) != 0) {
    lane_map_.give_back(lane);
    thread.shared = true;
    return false;
  }
  thread.lane = lane;
  thread.producer = shm::Producer(segment_, lane);
  return true;
}

void Recorder::publish_shared(const shm::Words& record) noexcept {
  const std::uint32_t lane = lane_map_.claim(own_lanes_, lane_count_);
  if (lane == decltype(lane_map_)::kNone) {
    gauges()[shm::Gauge::lane_misses].fetch_add(1, std::memory_order_relaxed);
    return;
  }
  shm::Producer producer = shm::Producer(segment_, lane);
  count(producer.counters(), record);
  producer.publish(record);
  lane_map_.give_back(lane);
}

void Recorder::give_lane_back(void* state) noexcept {
  ThreadState& thread = *static_cast<ThreadState*>(state);
  // The lane that it had is an earlier recorder's.
  if (thread.shared) return;
  thread.epoch = 0;
  thread.recorder->lane_map_.give_back(thread.lane);
}

std::uint8_t Recorder::stack(std::string_view name) noexcept {
  const std::uint16_t id = catalog_.intern(shm::NameKind::stack, name);
  return id <= UINT8_MAX ? static_cast<std::uint8_t>(id)
                         : static_cast<std::uint8_t>(shm::names::kOther);
}

std::uint16_t Recorder::worker() noexcept {
  const ThreadState& thread = thread_state;
  if (thread.epoch != epoch_ && !claim_lane()) return shm::kNoWorker;
  return thread.shared ? shm::kNoWorker : static_cast<std::uint16_t>(thread.lane);
}

void Recorder::add_own_cost(std::uint64_t ticks) noexcept {
  ThreadState& thread = thread_state;
  if (thread.epoch != epoch_ || thread.shared) return;
  shm::add(thread.producer.counters().own_cost_ticks, ticks);
  shm::add(thread.producer.counters().own_cost_samples, 1);
}

void Recorder::beat() noexcept {
  shm::store(header_->calibration, calibrator_.refresh());
  show_sign_of_life();
}

void Recorder::show_sign_of_life() noexcept {
  const std::uint64_t now_ns = shm::monotonic_ns();
  header_->heartbeat_ns.store(now_ns, std::memory_order_relaxed);
  shm::show(own_point_, shm::CollectionPoint{header_->producer_start_time, now_ns,
                                             header_->producer_pid, shm::names::kDaemon});
}

void Recorder::withdraw() noexcept {
  retire();
  try {
    shm::remove_segment(header_->instance, header_->run_id);
  } catch (...) {  // no memory: a retired segment stays
  }
}

void Recorder::retire() noexcept {
  header_->heartbeat_ns.store(shm::monotonic_ns(), std::memory_order_relaxed);
  header_->state.store(static_cast<std::uint64_t>(shm::Lifecycle::retired),
                       std::memory_order_release);
}

}  // namespace goxel_telemetry::plugin
