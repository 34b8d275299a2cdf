// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/live/follower.h"

#include <algorithm>
#include <map>
#include <optional>
#include <tuple>
#include <unordered_set>
#include <utility>

#include "metrics/live/ingest.h"
#include "metrics/live/own_cost.h"
#include "metrics/live/process_stats.h"
#include "metrics/live/requests_in_flight.h"
#include "metrics/live/window_stats.h"
#include "metrics/text/printable.h"
#include "shm/clock.h"
#include "shm/reader.h"

namespace goxel_telemetry::metrics {
namespace {

constexpr std::uint64_t kLookIntervalNs = 200'000'000;
constexpr int kMostSweepsOfOld = 200;
constexpr std::size_t kMostEndedRuns = 4;  // told in a snapshot

const char* to_string(shm::Door door) {
  switch (door) {
    case shm::Door::abi:
      return "abi";
    case shm::Door::preload:
      return "preload";
    case shm::Door::collector:
      return "collector";
    case shm::Door::replay:
      return "replay";
    case shm::Door::none:
      break;
  }
  return "none";
}

double seconds(std::uint64_t ns) {
  return static_cast<double>(ns) / 1e9;
}

bool same_process(const shm::ProcessIdentity& one, const shm::ProcessIdentity& other) {
  return one.pid == other.pid && one.start_time == other.start_time;
}

std::uint64_t since(std::uint64_t then, std::uint64_t now) {
  return now > then ? now - then : 0;
}

}  // namespace

class Follower::State {
 public:
  explicit State(std::string instance) : instance_(std::move(instance)) {}
  void take_only_from(std::uint32_t uid, std::uint32_t gid) { maker_ = {uid, gid}; }
  shm::Provenance provenance() const {
    return reader_ == nullptr ? shm::Provenance{} : reader_->provenance();
  }

  void sweep(const Time& now, std::uint64_t budget_ns);
  Snapshot snapshot(const Time& now);
  Tick tick(std::uint64_t number) const;
  std::vector<RecordingProcess> recording_processes(std::size_t most) const;

  const std::string& instance() const { return instance_; }
  shm::ProducerState state() const { return state_; }
  const std::string& message() const { return message_; }
  bool has_unread() const { return has_unread_; }
  std::uint64_t lost() const { return ingest_.lost(); }
  Ingest& ingest() { return ingest_; }
  void keep_rollups(std::optional<ReadingPosition> position) {
    ingest_.keep_rollups(std::move(position));
    reads_again_ = reader_ != nullptr;
  }

 private:
  void look(const Time& now);
  void attach(const Time& now, bool old_is_corrupt);
  bool tells_death(const Time& now);
  void judge_producer(const Time& now);
  void keep_end(const Time& now);
  void set_state(shm::ProducerState state, std::string message) {
    state_ = state;
    message_ = std::move(message);
  }
  bool may_have_made(const shm::Provenance& made) const {
    return !maker_ || !made.known || made.uid == 0 || made.uid == maker_->uid ||
           made.gid == maker_->gid;
  }
  std::unique_ptr<shm::Reader> open(shm::Opened& why);
  bool attached_to_live() const { return state_ == shm::ProducerState::live; }

  // The last moment at which the producer is known to have lived; now, while it is live.
  std::uint64_t last_sign_of_life_ns(const Time& now) const;
  std::uint64_t last_sign_of_the_ended_ns(const Time& now) const;
  void describe_daemon(Snapshot& out, const Time& now);
  void describe_ring(Snapshot& out) const;
  void describe_inflight(Snapshot& out, const Time& now);
  void describe_operations(Snapshot& out);
  void describe_windows();

  std::string instance_;
  struct Maker {
    std::uint32_t uid;
    std::uint32_t gid;
  };
  std::optional<Maker> maker_;
  std::string attached_name_;  // of the segment, see shm::valid_segment_name()
  std::string owner_;          // of the segment: looking users up may take long, so only once
  Ingest ingest_;
  std::unique_ptr<shm::Reader> reader_;  // null until a segment was attached
  std::optional<ProcessReader> process_;
  shm::ProducerState state_ = shm::ProducerState::absent;
  std::string message_ = "nothing was looked for yet";
  std::uint64_t runs_seen_ = 0;
  SharedList<EndedRun> ended_runs_;
  struct Beginning {
    std::uint64_t realtime_ns = 0;
    std::uint64_t monotonic_ns = 0;
  };
  // Of the present run: the daemon, not its segment, which it may have made anew.
  Beginning began_;
  shm::ProcessIdentity process_of_run_;
  bool reads_again_ = false;  // reads again for rollups, at the next sweep
  std::optional<std::uint64_t> looked_ns_;
  std::uint64_t until_ns_ = shm::kNever;  // of the present sweep
  bool has_unread_ = false;               // as of the last sweep
  int sweeps_of_old_ = 0;                 // of a run that was replaced
  bool next_lives_ = false;               // the run that replaced it, as of the last look

  // Kept between snapshots: windows change once a second, but snapshots may be taken more often.
  SharedList<OperationStats> operations_;
  std::array<WindowStats, kWindowCount> daemon_windows_;
  std::vector<LayerStats> layers_;
  std::optional<Latency> freshness_;
  std::optional<std::uint64_t> windows_revision_;
};

void Follower::State::sweep(const Time& now, std::uint64_t budget_ns) {
  until_ns_ = budget_ns == kUnlimited ? shm::kNever : shm::monotonic_ns() + budget_ns;
  ingest_.advance(now);
  if (reader_ != nullptr) {
    if (std::exchange(reads_again_, false)) ingest_.read_again(*reader_, now);
    has_unread_ = ingest_.sweep(*reader_, now, until_ns_);
  }
  const bool due = !looked_ns_ || now.monotonic_ns < *looked_ns_ ||
                   now.monotonic_ns - *looked_ns_ >= kLookIntervalNs;
  if (due) {
    looked_ns_ = now.monotonic_ns;
    look(now);
  }
  RollupKeeper* const keeper = ingest_.keeper();
  if (keeper == nullptr) return;
  // A segment that cannot be read may be full of records, but if there is no segment, there are no
  // records.
  if (reader_ != nullptr || state_ == shm::ProducerState::absent) {
    keeper->observed(now);
  } else {
    keeper->not_observed();
  }
}

// Changes the segment at most once in each call, so that a segment that is replaced again and again
// cannot keep a reader here.
void Follower::State::look(const Time& now) {
  next_lives_ = false;
  const bool corrupt =
      reader_ != nullptr &&
      (reader_->state(now.monotonic_ns) == shm::ProducerState::unusable || !reader_->is_whole());
  if (reader_ == nullptr || corrupt ||
      (shm::segment_was_replaced(attached_name_, reader_->producer().run_id) &&
       !tells_death(now))) {
    attach(now, corrupt);
  }
  if (reader_ == nullptr) return;
  judge_producer(now);
  // A segment that is made again can be read an instant before the old one is retired, and that
  // instant may lie between the two looks above: the daemon lives on.
  if (state_ != shm::ProducerState::retired ||
      !shm::segment_was_replaced(attached_name_, reader_->producer().run_id)) {
    return;
  }
  attach(now, false);
  judge_producer(now);
}

// Whether the attached run died since the last look: that is shown until the next look, also if the next run is there
// already.
bool Follower::State::tells_death(const Time& now) {
  return attached_to_live() && sweeps_of_old_ == 0 &&
         reader_->state(now.monotonic_ns) == shm::ProducerState::dead;
}

std::unique_ptr<shm::Reader> Follower::State::open(shm::Opened& why) {
  std::vector<std::string> names = {instance_};
  if (maker_) names.push_back(instance_ + '@' + std::to_string(maker_->uid));
  for (std::string& name : names) {
    shm::Opened how;
    std::unique_ptr<shm::Reader> reader = shm::Reader::open(name, &how);
    if (reader != nullptr && may_have_made(reader->provenance())) {
      attached_name_ = std::move(name);
      return reader;
    }
    if (reader != nullptr) {
      how.outcome = shm::OpenOutcome::not_trusted;
      how.message = "the segment of instance \"" + name + "\" belongs to " +
                    shm::user_name(reader->provenance().uid) + ", and the daemon's to " +
                    shm::user_name(maker_->uid);
    }
    if (name == instance_) why = std::move(how);
  }
  return nullptr;
}

// Goes over to the segment that the name stands for now. If there is none, the old one stays
// attached unless it is corrupt: it is the black box of its run.
void Follower::State::attach(const Time& now, bool old_is_corrupt) {
  shm::Opened why;
  std::unique_ptr<shm::Reader> next = open(why);
  if (next != nullptr) {
    // The records that the old run published before it was replaced are visible by now. There is no
    // end of them if its producer goes on.
    const bool more =
        reader_ != nullptr && !old_is_corrupt && ingest_.sweep(*reader_, now, until_ns_);
    if (more && ++sweeps_of_old_ < kMostSweepsOfOld) {
      looked_ns_.reset();
      has_unread_ = true;
      next_lives_ = next->state(now.monotonic_ns) == shm::ProducerState::live;
      return;
    }
    sweeps_of_old_ = 0;
    next_lives_ = false;
    if (runs_seen_ == 0 || !same_process(process_of_run_, next->producer().process)) {
      if (reader_ != nullptr && !old_is_corrupt) keep_end(now);
      ++runs_seen_;
      began_ = {next->producer().created_realtime_ns, next->producer().created_monotonic_ns};
      process_of_run_ = next->producer().process;
    }
    reader_ = std::move(next);
    const shm::Provenance made = reader_->provenance();
    owner_ = made.known ? printable(shm::user_name(made.uid)) : "";
    process_.emplace(reader_->producer().process);
    process_->read(now.monotonic_ns);  // so that the next reading has a CPU ratio
    ingest_.begin_run(*reader_, now);
    has_unread_ = ingest_.sweep(*reader_, now, until_ns_);
    return;
  }
  if (reader_ != nullptr && !old_is_corrupt) return;
  reader_.reset();
  process_.reset();
  switch (why.outcome) {
    case shm::OpenOutcome::absent:
      set_state(shm::ProducerState::absent, "no daemon with telemetry has run as instance \"" +
                                                instance_ + "\"; waiting for one");
      break;
    case shm::OpenOutcome::not_permitted:
      set_state(shm::ProducerState::not_permitted, std::move(why.message));
      break;
    default:
      set_state(shm::ProducerState::unusable, std::move(why.message));
  }
}

void Follower::State::judge_producer(const Time& now) {
  if (next_lives_) {  // the run that is attached may have ended, but it is only still being read
    set_state(shm::ProducerState::live, "");
    return;
  }
  const std::string process = "process " + std::to_string(reader_->producer().process.pid) +
                              " of instance \"" + instance_ + "\" ";
  switch (reader_->state(now.monotonic_ns)) {
    case shm::ProducerState::live:
      set_state(shm::ProducerState::live, "");
      return;
    case shm::ProducerState::retired:
      set_state(shm::ProducerState::retired, process + "ended in an orderly way");
      break;
    case shm::ProducerState::dead:
      set_state(shm::ProducerState::dead, process + "was killed or crashed");
      break;
    default:  // overwritten
      set_state(shm::ProducerState::unusable,
                "the segment of instance \"" + instance_ + "\" was overwritten");
      return;
  }
  has_unread_ =
      ingest_.sweep(*reader_, now, until_ns_);  // the records that it published before it ended
}

// How the attached run ended that the next one follows. Unless it is not known: somebody may have removed the segment of
// a daemon that lives on.
void Follower::State::keep_end(const Time& now) {
  const shm::ProducerState how = reader_->state(now.monotonic_ns);
  if (how != shm::ProducerState::dead && how != shm::ProducerState::retired) return;
  const std::uint64_t last_ns = last_sign_of_the_ended_ns(now);
  if (ended_runs_.size() == kMostEndedRuns) ended_runs_.drop_first();
  ended_runs_.add({runs_seen_, how, reader_->producer().process.pid, began_.realtime_ns,
                   now.realtime_ns - since(last_ns, now.monotonic_ns),
                   requests_in_flight(*reader_, last_ns)});
}

std::uint64_t Follower::State::last_sign_of_life_ns(const Time& now) const {
  return attached_to_live() ? now.monotonic_ns : last_sign_of_the_ended_ns(now);
}

std::uint64_t Follower::State::last_sign_of_the_ended_ns(const Time& now) const {
  return std::min(now.monotonic_ns, std::max(reader_->heartbeat_ns(), ingest_.run_last_end_ns()));
}

Snapshot Follower::State::snapshot(const Time& now) {
  Snapshot out;
  out.instance = instance_;
  out.taken_monotonic_ns = now.monotonic_ns;
  out.taken_realtime_ns = now.realtime_ns;
  describe_operations(out);
  describe_daemon(out, now);
  out.ring.published = ingest_.published();
  out.ring.read = ingest_.read();
  out.ring.before_reader = ingest_.before();
  out.ring.lost = ingest_.lost();
  out.ring.uncounted = ingest_.uncounted();
  out.operations_dropped = ingest_.dropped();
  if (reader_ == nullptr) return out;
  describe_ring(out);
  describe_inflight(out, now);
  out.process = process_->read(now.monotonic_ns);
  return out;
}

Tick Follower::State::tick(std::uint64_t number) const {
  Tick tick{number, reader_ == nullptr ? 0 : began_.realtime_ns, {}};
  const std::uint64_t begin = number * kTickSeconds;
  for (const auto& [key, operation] : ingest_.operations().all()) {
    Tally tally = operation.windows.between(begin, begin + kTickSeconds);
    if (tally.outcomes.all() != 0) tick.operations.push_back({key, std::move(tally)});
  }
  return tick;
}

// Windows are made again when they may have changed; an operation's statistics only if its windows
// or its totals changed. Snapshots share the others.
void Follower::State::describe_operations(Snapshot& out) {
  if (windows_revision_ != ingest_.revision()) {
    windows_revision_ = ingest_.revision();
    operations_.clear();
    describe_windows();
  }
  // Operations that are new since the windows were computed have no record in a complete second
  // yet, but they have totals.
  SharedList<OperationStats> current;
  std::size_t known = 0;
  for (const auto& [key, operation] : ingest_.operations().all()) {
    const bool is_new = known == operations_.size() || operations_[known].key != key;
    const std::size_t here = known;
    if (!is_new) ++known;
    if (!is_new && operations_[here].total == operation.total &&
        operations_[here].run_total == operation.run_total) {
      current.add(operations_.shared(here));
      continue;
    }
    OperationStats& stats = current.add();
    if (is_new) {
      stats.key = key;
    } else {
      stats = operations_[here];
    }
    stats.total = operation.total;
    stats.run_total = operation.run_total;
    stats.counters = operation.counters;
    stats.bytes_in = operation.bytes_in;
    stats.bytes_out = operation.bytes_out;
    stats.last_record_ns = operation.last_record_ns;
    stats.target_ns = operation.target_ns;
  }
  operations_ = std::move(current);
  out.operations = operations_;
  out.layers = layers_;
  out.daemon.windows = daemon_windows_;
  out.freshness.daemon = freshness_;
}

void Follower::State::describe_windows() {
  WindowTallies daemon;
  std::map<std::pair<std::string, std::string>, WindowTallies> layers;
  for (auto& [key, operation] : ingest_.operations().all()) {
    OperationStats& stats = operations_.add();
    stats.key = key;
    stats.target_ns = operation.target_ns;
    stats.counters = operation.counters;
    if (operation.total.all() == 0) continue;  // only known to exist
    const WindowTallies tallies = operation.windows.totals();
    stats.windows = window_stats(tallies, ingest_.second(), ingest_.observed_since_ns());
    WindowTallies& layer = layers[{key.stack, key.layer}];
    for (std::size_t i = 0; i < kWindowCount; ++i) layer[i].merge(tallies[i]);
    if (key.layer != kDaemonLayer) continue;
    for (std::size_t i = 0; i < kWindowCount; ++i) daemon[i].merge(tallies[i]);
  }
  const WindowTallies ages_of_all = ingest_.freshness().totals();
  const Histogram& ages = ages_of_all[static_cast<std::size_t>(Window::one_minute)].latency;
  freshness_ = ages.count() == 0 ? std::nullopt : std::optional(latency_of(ages));
  daemon_windows_ = window_stats(daemon, ingest_.second(), ingest_.observed_since_ns());
  layers_.clear();
  for (const auto& [name, tallies] : layers) {
    LayerStats& stats = layers_.emplace_back();
    std::tie(stats.stack, stats.layer) = name;
    stats.windows = window_stats(tallies, ingest_.second(), ingest_.observed_since_ns());
    for (std::size_t i = 0; i < kWindowCount; ++i) {
      stats.sum_ns[i] = saturated(tallies[i].latency.sum());
    }
  }
}

void Follower::State::describe_daemon(Snapshot& out, const Time& now) {
  Daemon& daemon = out.daemon;
  daemon.state = state_;
  daemon.message = message_;
  daemon.runs_seen = runs_seen_;
  daemon.ended_runs = ended_runs_;
  if (reader_ == nullptr) return;
  const shm::ProducerInfo& producer = reader_->producer();
  daemon.run_id = producer.run_id;
  daemon.door = to_string(producer.door);
  daemon.host_name = printable(producer.host_name);
  daemon.host_version = printable(producer.host_version);
  daemon.plugin_version = printable(producer.producer_version);
  daemon.owner = owner_;
  daemon.owner_verified = reader_->provenance().verified;
  daemon.started_realtime_ns = began_.realtime_ns;
  daemon.uptime_seconds = seconds(since(began_.monotonic_ns, last_sign_of_life_ns(now)));
  daemon.heartbeat_age_seconds = seconds(reader_->silent_for_ns(now.monotonic_ns));
  if (const std::uint64_t last = ingest_.run_last_end_ns(); last != 0) {
    daemon.last_record_realtime_ns = now.realtime_ns - since(last, now.monotonic_ns);
  }

  daemon.gauges = reader_->gauges();
  const shm::Totals totals = reader_->totals();
  const shm::OperationTotals& begun_with = ingest_.run_begins_with();
  daemon.run_total = Outcomes::of(totals.by_status);
  daemon.run_total += Outcomes::of(begun_with.earlier_records);
  daemon.run_without_operation = ingest_.run_without_operation(*reader_);
  daemon.bytes_in = totals.bytes_in + begun_with.earlier_bytes_in;
  daemon.bytes_out = totals.bytes_out + begun_with.earlier_bytes_out;

  out.own_cost = own_cost(totals, reader_->calibration());
  const std::uint64_t own_bytes = daemon.gauges[shm::Gauge::telemetry_resident_bytes];
  if (own_bytes != 0) out.own_cost.resident_bytes = own_bytes;
}

void Follower::State::describe_ring(Snapshot& out) const {
  out.ring.segment_bytes = reader_->segment_bytes();
}

void Follower::State::describe_inflight(Snapshot& out, const Time& now) {
  out.inflight = requests_in_flight(*reader_, last_sign_of_life_ns(now));
  std::unordered_set<std::uint64_t> connections;
  for (const InflightRequest& request : out.inflight) connections.insert(request.connection);
  out.daemon.inflight = out.inflight.size();
  out.daemon.workers_busy = connections.size();
}

std::vector<RecordingProcess> Follower::State::recording_processes(std::size_t most) const {
  std::vector<RecordingProcess> processes;
  if (reader_ == nullptr) return processes;
  const shm::ProcessIdentity& producer = reader_->producer().process;
  for (const shm::CollectionPoint& point : reader_->collection_points()) {
    if (processes.size() == most) break;
    processes.push_back({catalog_name(*reader_, point.layer, shm::NameKind::layer),
                         {point.pid, point.process_start_time, producer.boot_id},
                         point.last_seen_ns});
    if (point.source_id != 0) processes.back().reported = {point.completed, point.taken};
  }
  // A process that replays a session records nothing itself.
  if (processes.empty() && reader_->producer().door != shm::Door::replay) {
    processes.push_back({"daemon", producer, reader_->heartbeat_ns()});
  }
  return processes;
}

Follower::Follower(std::string instance) : state_(std::make_unique<State>(std::move(instance))) {}
Follower::~Follower() = default;
Follower::Follower(Follower&&) noexcept = default;
Follower& Follower::operator=(Follower&&) noexcept = default;

void Follower::sweep(const Time& now, std::uint64_t budget_ns) {
  state_->sweep(now, budget_ns);
}

Tick Follower::tick(std::uint64_t number) const {
  return state_->tick(number);
}

Snapshot Follower::snapshot(const Time& now) {
  return state_->snapshot(now);
}

void Follower::on_record(RecordListener listener) {
  state_->ingest().on_record(std::move(listener));
}

void Follower::on_span(SpanListener& listener) {
  state_->ingest().on_span(listener);
}

void Follower::take_only_from(std::uint32_t uid, std::uint32_t gid) {
  state_->take_only_from(uid, gid);
}

shm::Provenance Follower::provenance() const {
  return state_->provenance();
}

bool Follower::has_unread() const {
  return state_->has_unread();
}

std::uint64_t Follower::lost() const {
  return state_->lost();
}

shm::ProducerState Follower::state() const {
  return state_->state();
}

const std::string& Follower::message() const {
  return state_->message();
}

std::vector<RecordingProcess> Follower::recording_processes(std::size_t most) const {
  return state_->recording_processes(most);
}

void Follower::keep_rollups(std::optional<ReadingPosition> position) {
  state_->keep_rollups(std::move(position));
}

RollupDelta Follower::take_rollups() {
  return state_->ingest().take_rollups();
}

void Follower::count_since(std::uint64_t monotonic_ns) {
  state_->ingest().count_since(monotonic_ns);
}

void Follower::expect_known_operations() {
  state_->ingest().expect_known_operations();
}

void Follower::continue_counters(const CountedUntil& earlier) {
  state_->ingest().continue_counters(earlier);
}

void Follower::share(std::shared_ptr<OperationPlaces> places) {
  state_->ingest().operations().share(std::move(places));
}

std::size_t Follower::window_bytes() const {
  return state_->ingest().operations().window_bytes();
}

void Follower::forget_before(std::uint64_t second) {
  state_->ingest().forget_before(second);
}

const std::string& Follower::instance() const {
  return state_->instance();
}

}  // namespace goxel_telemetry::metrics
