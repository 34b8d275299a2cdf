// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugin/recorder.h"

#include <poll.h>
#include <pthread.h>
#include <sys/mman.h>
#include <algorithm>
#include <bitset>
#include <cstring>
#include <new>

#include "plugin/host_process.h"
#include "plugin/known_operations.h"
#include "plugin/own_memory.h"
#include "plugin/telemetry.h"

namespace goxel_telemetry::plugin {
namespace {

static_assert(kInflightLines + kEarlierRequests <= shm::kMaxInflight);

// Somebody who removes the segment again and again does not get more memory than this out of us.
constexpr int kMostHomes = 64;

// Beats between two looks at the plugin's own memory.
constexpr std::uint64_t kBeatsOfMemory = 10;

// Beats after which no reader can still be busy with a home that was left.
constexpr int kBeatsOfReaders = 60;
// Homes that readers can still be busy with hold all their memory, of /dev/shm, which others need, too.
constexpr int kMostLeftLately = 4;

// Those that threads count up and down. The others are set to a value.
constexpr shm::Gauge kCounted[] = {
    shm::Gauge::connections,       shm::Gauge::open_descriptors,
    shm::Gauge::connections_total, shm::Gauge::unobserved_connections,
    shm::Gauge::lane_misses,       shm::Gauge::inflight_misses,
    shm::Gauge::contended_calls,   shm::Gauge::catalog_overflow};

// Grows with each home; a forked child inherits it and continues from there.
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

using Lines = std::atomic<shm::InflightLine*>;
constexpr std::size_t kLinesBytes = sizeof(Lines) * kInflightLines;

}  // namespace

// A segment, and who has which of its lanes.
struct Recorder::Home {
  Home(shm::Created created, std::uint32_t shared_lanes)
      : mapping(std::move(created.mapping)),
        name(std::move(created.name)),
        id(created.id),
        segment(mapping->bytes()),
        epoch(++next_epoch),
        lane_count(std::min(segment.header().lane_count, kMaxLanes)),
        own_lanes(lane_count > shared_lanes ? lane_count - shared_lanes : 0) {}

  void continues(std::unique_ptr<Home> left) {
    number = left->number + 1;
    earlier = std::move(left);
  }

  bool has(const shm::InflightLine* line) const {
    const auto lines = segment.inflight();
    return line >= lines.data() && line < lines.data() + lines.size();
  }

  static constexpr std::uint32_t kMaxLanes = 4096;
  const std::unique_ptr<shm::Mapping> mapping;
  const std::string name;  // of the segment
  const shm::ObjectId id;
  const shm::ProducerView segment;
  const std::uint64_t epoch;
  const std::uint32_t lane_count;
  const std::uint32_t own_lanes;  // the lanes after these are shared
  shm::PlaceMap<kMaxLanes> lane_map;
  std::bitset<kMaxLanes> present;  // lanes; only the plugin's thread uses it
  std::unique_ptr<Home> earlier;
  int number = 1;
  int beats_since_left = 0;
};

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
  ChosenSegment chosen = choose_segment(settings, this_machine());
  shm::SegmentOptions& options = chosen.options;
  options.door = door;
  options.clock_source = choose_clock(settings.clock);
  options.host_name = host.name;
  options.host_version = host.version;
  options.workers_configured = host.workers_configured;
  options.target_latency_ns = settings.target_latency_ns;
  options.target_milli_operations_per_second = settings.target_milli_operations_per_second;
  options.target_resident_bytes = settings.target_resident_bytes;
  shm::Created created = shm::create_segment(options);
  if (created.outcome != shm::CreateOutcome::created) {
    why = std::move(created.message);
    return nullptr;
  }
  if (!created.message.empty()) complain(created.message);
  auto home = std::make_unique<Home>(std::move(created), chosen.shared_lanes);
  void* const lines =
      mmap(nullptr, kLinesBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (lines == MAP_FAILED) {
    shm::remove_segment(home->name, home->segment.header().run_id);
    why = "there is no memory";
    return nullptr;
  }
  return std::unique_ptr<Recorder>(
      new Recorder(std::move(home), std::move(chosen), settings, static_cast<Lines*>(lines)));
}

Recorder::~Recorder() {
  munmap(static_cast<void*>(lines_), kLinesBytes);
}

Recorder::Recorder(std::unique_ptr<Home> home, ChosenSegment chosen, const Settings& settings,
                   std::atomic<shm::InflightLine*>* lines)
    : clock_source_(chosen.options.clock_source),
      lines_(lines),
      homes_(std::move(home)),
      chosen_(std::move(chosen)),
      folder_(shm::shared_memory_folder()),
      catalog_(homes_->segment.header(), homes_->segment.catalog()),
      calibrator_(clock_source_),
      fold_(homes_->segment) {
  enter(*homes_);
  lines_[0].store(nullptr, std::memory_order_relaxed);  // makes the first of these pages present
  for (const OperationTarget& target : settings.operation_targets) {
    catalog_.intern(shm::NameKind::operation, target.operation, target.us);
  }
  for (const char* name : kKnownOperations) catalog_.intern(shm::NameKind::operation, name);
  learn_names();
  constexpr std::uint64_t kFirstBaselineNs = 2'000'000;
  const shm::Calibration calibration = calibrator_.start(kFirstBaselineNs);
  shm::Header& header = homes_->segment.header();
  shm::store(header.calibration, calibration);
  ticks_per_ns_ =
      4294967296.0 / static_cast<double>(std::max<std::uint64_t>(calibration.ns_per_tick_q32, 1));
  unanswered_after_ticks_ = ticks_of_ns(settings.unanswered_after_ns);
  constexpr std::uint64_t kNewlineWithinNs = 100'000'000;
  newline_within_ticks_ = ticks_of_ns(kNewlineWithinNs);
  show_sign_of_life();
  header.state.store(static_cast<std::uint64_t>(shm::Lifecycle::live), std::memory_order_release);
}

// From now on threads go over to this home.
void Recorder::enter(Home& home) noexcept {
  header_.store(&home.segment.header(), std::memory_order_release);
  inflight_.store(home.segment.inflight().data(), std::memory_order_release);
  home_.store(&home, std::memory_order_release);
  epoch_.store(home.epoch, std::memory_order_release);
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

void Recorder::learn_names() noexcept {
  const auto catalog = homes_->segment.catalog();
  for (; names_learnt_ < catalog.size(); ++names_learnt_) {
    const shm::CatalogEntry& entry = catalog[names_learnt_];
    const auto kind = static_cast<shm::NameKind>(entry.kind.load(std::memory_order_acquire));
    if (kind == shm::NameKind::none) return;  // not entered yet
    const std::string_view name(entry.name, entry.length);
    // Those that begin with an underscore are not what clients call so.
    if (kind == shm::NameKind::operation && !name.starts_with('_')) {
      names_.add(name, static_cast<std::uint16_t>(names_learnt_));
    }
  }
}

std::uint16_t Recorder::new_operation(std::string_view name) noexcept {
  if (!name.starts_with('_')) return catalog_.intern(shm::NameKind::operation, name);
  // Names that begin with an underscore are ours; those of clients get a second one.
  char text[shm::kNameBytes + 1];  // one more than fits, so that a long name is known as such
  const std::size_t size = std::min(name.size(), shm::kNameBytes);
  text[0] = '_';
  std::memcpy(text + 1, name.data(), size);
  return catalog_.intern(shm::NameKind::operation, {text, size + 1});
}

[[gnu::hot, gnu::aligned(4096)]] void Recorder::publish(const shm::Words& record) noexcept {
  ThreadState& thread = thread_state;
  if (thread.epoch != epoch_.load(std::memory_order_relaxed) || thread.shared) [[unlikely]] {
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
  if (thread.epoch == epoch_.load(std::memory_order_relaxed) || !claim_lane()) {
    publish_shared(record);
    return;
  }
  count(thread.producer.counters(), record);
  thread.producer.publish(record);
}

// Claims the largest lane that is free: lanes are laid out largest first.
[[gnu::cold]] bool Recorder::claim_lane() noexcept {
  ThreadState& thread = thread_state;
  Home& home = *home_.load(std::memory_order_acquire);
  thread.epoch = home.epoch;
  thread.home = &home;
  const std::uint32_t lane = home.lane_map.claim(0, home.own_lanes);
  thread.shared = lane == decltype(home.lane_map)::kNone;
  if (thread.shared) return false;
  // The values of the first 32 keys are inside the thread's control block, so this does not
  // allocate unless the host has used up 32 keys.
  if (pthread_setspecific(thread_end_key, &thread) != 0) {
    home.lane_map.give_back(lane);
    thread.shared = true;
    return false;
  }
  thread.lane = lane;
  thread.producer = shm::Producer(home.segment, lane);
  return true;
}

// Calls use(producer) with a shared lane; false if none can be had.
template <class Use>
bool Recorder::with_shared_lane(Use&& use) noexcept {
  Home& home = *home_.load(std::memory_order_acquire);
  const std::uint32_t lane = home.lane_map.claim(home.own_lanes, home.lane_count);
  if (lane == decltype(home.lane_map)::kNone) return false;
  shm::Producer producer = shm::Producer(home.segment, lane);
  use(producer);
  home.lane_map.give_back(lane);
  return true;
}

void Recorder::publish_shared(const shm::Words& record) noexcept {
  const bool published = with_shared_lane([&record](shm::Producer& producer) {
    count(producer.counters(), record);
    producer.publish(record);
  });
  if (!published) gauges()[shm::Gauge::lane_misses].fetch_add(1, std::memory_order_relaxed);
}

void Recorder::give_lane_back(void* state) noexcept {
  ThreadState& thread = *static_cast<ThreadState*>(state);
  // The lane that it had is an earlier home's.
  if (thread.shared) return;
  thread.epoch = 0;
  static_cast<Home*>(thread.home)->lane_map.give_back(thread.lane);
}

std::uint8_t Recorder::stack(std::string_view name) noexcept {
  const std::uint16_t id = catalog_.intern(shm::NameKind::stack, name);
  return id <= UINT8_MAX ? static_cast<std::uint8_t>(id)
                         : static_cast<std::uint8_t>(shm::names::kOther);
}

std::uint16_t Recorder::first_worker() noexcept {
  return claim_lane() ? static_cast<std::uint16_t>(thread_state.lane) : shm::kNoWorker;
}

void Recorder::add_own_cost(std::uint64_t waited, std::uint64_t after, std::size_t bytes) noexcept {
  // A call that seems to take longer than this, plus a nanosecond for each of its bytes, was
  // interrupted: the kernel ran something else meanwhile. That is not our cost and must not be
  // multiplied. Twenty times what the slowest plain request took with all caches empty.
  constexpr std::uint64_t kUninterruptedNs = 50'000;
  const std::uint64_t most = ticks_of_ns(kUninterruptedNs + bytes);
  shm::CostMeter& meter = header_.load(std::memory_order_acquire)->cost_meter;
  if (waited > most || after > most) {
    meter.interrupted_calls.fetch_add(1, std::memory_order_relaxed);
    waited = std::min(waited, most);
    after = std::min(after, most);
  }
  const auto add = [](shm::AtomicWord& ticks, shm::AtomicWord& squares, std::uint64_t spent) {
    constexpr std::uint64_t kUnit = 65'536;
    if (spent == 0) return;
    ticks.fetch_add(spent, std::memory_order_relaxed);
    squares.fetch_add((spent * spent + kUnit / 2) / kUnit, std::memory_order_relaxed);
  };
  add(meter.waited_ticks, meter.waited_ticks2, waited);
  add(meter.after_ticks, meter.after_ticks2, after);
  const auto count_in = [waited, after](shm::Producer& producer) {
    shm::add(producer.counters().own_cost_ticks, (waited + after) * kTimedOneIn);
    shm::add(producer.counters().own_cost_samples, 1);
  };
  ThreadState& thread = thread_state;
  if (thread.epoch == epoch_.load(std::memory_order_relaxed) && !thread.shared) {
    count_in(thread.producer);
  } else {
    // A thread that has never published, or found no lane.
    static_cast<void>(with_shared_lane(count_in));
  }
}

void Recorder::beat() noexcept {
  shm::store(homes_->segment.header().calibration, calibrator_.refresh());
  show_sign_of_life();
  learn_names();
  Home& home = *homes_;
  bool look = beats_++ % kBeatsOfMemory == 0;
  home.lane_map.for_each_taken([&home, &look](std::uint32_t lane) {
    if (home.present[lane]) return;
    shm::make_lane_present(home.segment, lane);
    home.present.set(lane);
    look = true;
  });
  keep_segment();
  if (look) show_own_memory();
}

void Recorder::show_own_memory() noexcept {
  Memory parts[2 + kMostHomes] = {own_library(),
                                  {reinterpret_cast<const std::byte*>(lines_), kLinesBytes}};
  std::size_t count = 2;
  for (const Home* home = homes_.get(); home != nullptr; home = home->earlier.get()) {
    parts[count++] = home->mapping->bytes();
  }
  const std::uint64_t bytes = present_bytes({parts, count});
  if (bytes == 0) return;
  gauges()[shm::Gauge::telemetry_resident_bytes].store(bytes, std::memory_order_relaxed);
}

bool Recorder::fold() noexcept {
  return fold_.run(homes_->segment);
}

void Recorder::show_sign_of_life() noexcept {
  const std::uint64_t now_ns = shm::monotonic_ns();
  shm::Header& header = homes_->segment.header();
  header.heartbeat_ns.store(now_ns, std::memory_order_relaxed);
  shm::show(homes_->segment.collection_points().front(),
            shm::CollectionPoint{header.producer_start_time, now_ns, header.producer_pid,
                                 shm::names::kDaemon});
}

int Recorder::left_lately() const noexcept {
  int count = 0;
  for (const Home* left = homes_->earlier.get(); left != nullptr; left = left->earlier.get()) {
    count += left->beats_since_left < kBeatsOfReaders;
  }
  return count;
}

void Recorder::keep_segment() noexcept {
  const bool removed = !gave_up_ && shm::segment_was_removed(homes_->name, homes_->id, folder_);
  if (removed && homes_->number == kMostHomes) {
    gave_up_ = true;
    complain(
        "the segment was removed from /dev/shm too often and is not made again: readers that begin "
        "from now on do not find this daemon");
  } else if (removed && left_lately() < kMostLeftLately) {
    try {
      if (move_out()) {
        // What threads are doing now takes them microseconds, and longer only if the machine lets
        // them wait. Until the new home can be read, a crash would lose what is in it.
        constexpr int kGoingOverMs = 100;
        poll(nullptr, 0, kGoingOverMs);
        move_in();
      }
    } catch (...) {  // no memory: tried again with the next beat
    }
  }
  if (earlier_requests_) show_earlier_requests();
  for (Home* left = homes_->earlier.get(); left != nullptr; left = left->earlier.get()) {
    if (++left->beats_since_left != kBeatsOfReaders) continue;
    // The memory of its records goes back to the kernel; requests may still be in its table.
    const std::span<std::byte> bytes = left->mapping->bytes();
    constexpr std::uint64_t kPage = 4096;
    const std::uint64_t slots = (left->segment.lane(0).slots_offset + kPage - 1) / kPage * kPage;
    madvise(bytes.data() + slots, bytes.size() - slots, MADV_REMOVE);
  }
}

// Makes a new home, which nobody can read yet, and lets threads go over to it.
bool Recorder::move_out() {
  shm::SegmentOptions options = chosen_.options;
  options.hidden = true;
  options.inflight_capacity = kInflightLines + kEarlierRequests;
  shm::Created created = shm::create_segment(options);
  if (created.outcome != shm::CreateOutcome::created) {
    const std::string complaint =
        "the segment was removed from /dev/shm, and cannot be made again: " + created.message;
    if (complaint != last_complaint_) complain(complaint);
    last_complaint_ = complaint;
    return false;
  }
  last_complaint_.clear();
  if (!created.message.empty()) complain(created.message);
  auto made = std::make_unique<Home>(std::move(created), chosen_.shared_lanes);
  shm::Header& header = made->segment.header();
  shm::Gauges& gauges = header.gauges;
  gauges.store(homes_->segment.header().gauges.load());
  for (const shm::Gauge counted : kCounted) gauges[counted].store(0, std::memory_order_relaxed);
  shm::store(header.calibration, calibrator_.refresh());
  catalog_.continue_in(header);
  made->continues(std::move(homes_));
  homes_ = std::move(made);
  enter(*homes_);
  show_sign_of_life();
  header.state.store(static_cast<std::uint64_t>(shm::Lifecycle::live), std::memory_order_release);
  return true;
}

// All threads have gone over.
void Recorder::move_in() noexcept {
  catalog_.catch_up();
  shm::Header& left = homes_->earlier->segment.header();
  shm::Header& header = homes_->segment.header();
  for (const shm::Gauge counted : kCounted) {
    header.gauges[counted].fetch_add(left.gauges[counted].load(std::memory_order_relaxed),
                                     std::memory_order_relaxed);
  }
  show_earlier_requests();
  fold();  // so that no reader finds it without what was counted before
  shm::reveal_segment(*homes_->mapping);
  left.state.store(static_cast<std::uint64_t>(shm::Lifecycle::retired), std::memory_order_release);
  complain(
      "somebody removed the segment from /dev/shm; it was made again, and readers go on with it");
}

// Requests that began in an earlier home are shown there, where no reader looks any more.
void Recorder::show_earlier_requests() noexcept {
  const auto lines = homes_->segment.inflight().subspan(kInflightLines);
  std::size_t shown = 0;
  for (std::uint32_t index = 0; index < kInflightLines && shown < lines.size(); ++index) {
    const shm::InflightLine* const line = lines_[index].load(std::memory_order_relaxed);
    if (line == nullptr || homes_->has(line)) continue;
    shm::Words words;
    const shm::StampedRead read = shm::read_stamped(*line, words);
    if (read.stamp % 4 != static_cast<std::uint64_t>(shm::InflightState::active)) continue;
    if (read.intact) shm::show(lines[shown], shm::InflightEntry::from_words(words));
    ++shown;
  }
  earlier_requests_ = shown != 0;
  for (; shown < lines.size(); ++shown) shm::clear(lines[shown]);
}

void Recorder::leave_segment() const noexcept {
  const Home* home = home_.load(std::memory_order_acquire);
  for (; home != nullptr; home = home->earlier.get()) {
    const std::span<std::byte> bytes = home->mapping->bytes();
    // If there is no memory for it, the child keeps its part.
    static_cast<void>(mmap(bytes.data(), bytes.size(), PROT_READ | PROT_WRITE,
                           MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1, 0));
  }
}

void Recorder::withdraw() noexcept {
  retire();
  try {
    shm::remove_segment(homes_->name, homes_->segment.header().run_id);
  } catch (...) {  // no memory: a retired segment stays
  }
}

void Recorder::retire() noexcept {
  const Home& home = *home_.load(std::memory_order_acquire);
  shm::Header& header = home.segment.header();
  header.heartbeat_ns.store(shm::monotonic_ns(), std::memory_order_relaxed);
  header.state.store(static_cast<std::uint64_t>(shm::Lifecycle::retired),
                     std::memory_order_release);
  shm::reveal_segment(*home.mapping);  // if it is being moved into
}

}  // namespace goxel_telemetry::plugin
