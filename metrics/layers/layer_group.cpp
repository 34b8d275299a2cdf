// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/layers/layer_group.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <tuple>
#include <utility>

#include "metrics/layers/breakdown.h"
#include "metrics/layers/chain_table.h"
#include "metrics/live/process_stats.h"
#include "metrics/time.h"
#include "shm/segment.h"

namespace goxel_telemetry::metrics {
namespace {

// Of a segment: each costs reading several files in /proc. As many as the sources that a bridge remembers, of which
// most may be those of processes that have ended.
constexpr std::size_t kMostProcesses = 64;

double seconds_between(std::uint64_t then, std::uint64_t now) {
  return now > then ? static_cast<double>(now - then) / 1e9 : 0;
}

// The windows of joined operations are this old: what is joined at once is in them by then. It is the
// grace time, a tick of the join, a sweep, and how long a process keeps its spans.
constexpr std::uint64_t kWindowsLagNs = 500'000'000;

std::uint64_t joined_second(std::uint64_t monotonic_ns) {
  return (monotonic_ns - std::min(monotonic_ns, kWindowsLagNs)) / kNsPerSecond;
}

// Gives the spans of both segments to the join.
class Feed final : public SpanListener {
 public:
  Feed(ChainTable& chains, SpanJoin& join) : chains_(chains), join_(join) {}

  void set_time(std::uint64_t now_ns) { now_ns_ = now_ns; }

  std::uint64_t number_of(const OperationKey& key) override {
    const auto layer = layer_named(key.layer);
    if (!layer) return kNoLayer;
    const std::uint32_t number = chains_.number_of(key.stack, key.operation);
    return std::uint64_t{number} << 16 | std::uint64_t{chains_.short_number_of_stack(number)} << 8 |
           static_cast<std::uint64_t>(protocol_named(key.protocol)) << 4 |
           static_cast<std::uint64_t>(*layer);
  }

  void span(std::uint64_t number, std::uint64_t trace_id, std::uint64_t start_ns,
            std::uint64_t end_ns, bool failed, shm::ErrorCode error,
            std::uint64_t error_ns) override {
    // The times of a clock that is less certain than this cannot be compared.
    constexpr std::uint64_t kMostErrorUs = 1000;
    if (number == kNoLayer) return;
    join_.add(trace_id,
              {start_ns, end_ns, static_cast<std::uint32_t>(number >> 16),
               static_cast<Layer>(number & 0xF), static_cast<std::uint8_t>(number >> 8),
               static_cast<std::uint16_t>(std::min(kMostErrorUs, error_ns / 1000)), failed,
               static_cast<shm::Protocol>(number >> 4 & 0xF), error},
              now_ns_);
  }

 private:
  static constexpr std::uint64_t kNoLayer = UINT64_MAX;

  ChainTable& chains_;
  SpanJoin& join_;
  std::uint64_t now_ns_ = 0;
};

// Both lists are sorted by key, and so is the result. The daemon's layer of `outer` is left out.
SharedList<OperationStats> merged(const SharedList<OperationStats>& daemon,
                                  const SharedList<OperationStats>& outer) {
  SharedList<OperationStats> all;
  std::size_t next = 0;
  for (std::size_t i = 0; i < outer.size(); ++i) {
    if (outer[i].key.layer == "daemon") continue;
    while (next < daemon.size() && daemon[next].key < outer[i].key) all.add(daemon.shared(next++));
    all.add(outer.shared(i));
  }
  while (next < daemon.size()) all.add(daemon.shared(next++));
  return all;
}

// Keeps a reader for each listed process, because a CPU ratio needs two readings.
class Processes {
 public:
  std::vector<LayerProcess> read(const std::vector<RecordingProcess>& recording,
                                 std::uint64_t now_ns) {
    std::vector<LayerProcess> processes;
    std::map<Key, ProcessReader> kept;
    for (const RecordingProcess& one : recording) {
      const Key key{one.process.pid, one.process.start_time, one.layer};
      if (kept.contains(key)) {  // it has several sources
        add_reported(one, processes);
        continue;
      }
      auto known = readers_.extract(key);
      auto place = known.empty() ? kept.emplace(key, ProcessReader(one.process)).first
                                 : kept.insert(std::move(known)).position;
      LayerProcess& process = processes.emplace_back();
      process.layer = one.layer;
      process.last_seen_seconds = seconds_between(one.last_seen_ns, now_ns);
      process.process = place->second.read(now_ns);
      process.running = process.process.cpu_seconds_total.has_value();
      process.reported = one.reported;
    }
    readers_ = std::move(kept);
    const auto place_of = [](const LayerProcess& process) {
      const auto layer = layer_named(process.layer);
      return std::tuple(layer ? static_cast<std::size_t>(*layer) : kLayerCount,
                        process.process.pid);
    };
    std::stable_sort(processes.begin(), processes.end(),
                     [&](const auto& a, const auto& b) { return place_of(a) < place_of(b); });
    return processes;
  }

 private:
  static void add_reported(const RecordingProcess& more, std::vector<LayerProcess>& processes) {
    const auto process =
        std::find_if(processes.begin(), processes.end(), [&more](const LayerProcess& known) {
          return known.process.pid == more.process.pid && known.layer == more.layer;
        });
    if (process == processes.end() || !more.reported) return;
    if (!process->reported) process->reported.emplace();
    process->reported->completed += more.reported->completed;
    process->reported->taken += more.reported->taken;
  }

  using Key = std::tuple<std::uint32_t, std::uint64_t, std::string>;
  std::map<Key, ProcessReader> readers_;
};

}  // namespace

std::optional<double> coverage(const LayersView& view, std::string_view layer) {
  Reported all;
  for (const LayerProcess& process : view.processes) {
    if (process.layer != layer || !process.reported) continue;
    all.completed += process.reported->completed;
    all.taken += process.reported->taken;
  }
  if (all.completed == 0) return std::nullopt;
  return static_cast<double>(all.taken) / static_cast<double>(all.completed);
}

class LayerGroup::State {
 public:
  explicit State(const std::string& instance)
      : daemon(instance), outer(shm::layers_instance(instance)) {
    daemon.on_span(feed_);
    outer.on_span(feed_);
  }

  void sweep(const Time& now, std::uint64_t budget_ns);
  void join_what_waits(const Time& now) {
    join_.advance(now.monotonic_ns + SpanJoin::kPatienceNs - SpanJoin::kGraceNs);
  }
  Snapshot snapshot(const Time& now);
  std::shared_ptr<const LayersView> layers(const Snapshot& all);
  std::shared_ptr<const SlowestOperations::Kept> slowest() { return slowest_.kept(); }
  std::size_t window_bytes() const {
    return daemon.window_bytes() + outer.window_bytes() + chains_.window_bytes();
  }

  Follower daemon;
  Follower outer;
  std::size_t most_window_bytes = kMostWindowBytes;
  OperationListener listener;

 private:
  void keep_within_limit(std::uint64_t second);
  // Whether outer layers report now, or have reported.
  bool outer_known() const {
    const shm::ProducerState state = outer.state();
    return state == shm::ProducerState::live || state == shm::ProducerState::retired ||
           state == shm::ProducerState::dead;
  }
  void describe_stacks(LayersView& view, const Snapshot& all);
  static void describe_window(StackWindow& window, std::size_t index,
                              const std::vector<const LayerStats*>& layers, const Targets& targets);

  ChainTable chains_;
  SpanJoin join_{[this](const JoinedOperation& operation, std::uint64_t trace_id,
                        std::span<const Span> spans) {
    const ListenedOperation joined{operation, trace_id, spans, chains_, now_};
    chains_.add(operation);
    slowest_.add(joined);
    if (listener) listener(joined);
  }};
  SlowestOperations slowest_;
  Time now_{};  // of the present sweep
  Feed feed_{chains_, join_};
  Processes processes_;
  std::uint64_t outer_lost_ = 0;
  std::uint64_t measured_second_ = 0;
  std::uint64_t windows_begin_ = 0;  // the first second that was not given up
  std::shared_ptr<const LayersView> view_;
  std::uint64_t view_second_ = 0;
};

// The daemon's spans wait for outer spans even while the outer layers have no segment: outer layers
// report late, the first one too.
void LayerGroup::State::sweep(const Time& now, std::uint64_t budget_ns) {
  const std::uint64_t each_ns =
      budget_ns == Follower::kUnlimited ? Follower::kUnlimited : budget_ns / 2;
  now_ = now;
  feed_.set_time(now.monotonic_ns);
  daemon.sweep(now, each_ns);
  if (const shm::Provenance made = daemon.provenance(); made.known) {
    outer.take_only_from(made.uid, made.gid);
  }
  outer.sweep(now, each_ns);
  chains_.advance(joined_second(now.monotonic_ns));
  slowest_.advance(now.monotonic_ns / kNsPerSecond);
  join_.advance(now.monotonic_ns);
  keep_within_limit(now.monotonic_ns / kNsPerSecond);
}

void LayerGroup::State::keep_within_limit(std::uint64_t second) {
  if (std::exchange(measured_second_, second) == second) return;
  constexpr std::uint64_t kStep = SlidingWindows::kWidestSlot;
  windows_begin_ = std::min(windows_begin_, second);  // the clock may go back
  const std::uint64_t longest = kWindowSeconds.back();
  std::uint64_t begin =
      std::max(windows_begin_, second - std::min(second, longest)) / kStep * kStep;
  while (begin + 2 * kStep <= second && window_bytes() > most_window_bytes) {
    begin += kStep;
    daemon.forget_before(begin);
    outer.forget_before(begin);
    chains_.forget_before(begin);
    windows_begin_ = begin;
  }
}

Snapshot LayerGroup::State::snapshot(const Time& now) {
  Snapshot all = daemon.snapshot(now);
  all.windows_shortened =
      windows_begin_ + kWindowSeconds.back() > now.monotonic_ns / kNsPerSecond &&
      windows_begin_ != 0;
  if (!outer_known()) return all;
  Snapshot outside = outer.snapshot(now);
  outer_lost_ = outside.ring.lost;
  all.freshness.outer = outside.freshness.daemon;
  // Only the daemon's own segment counts for the layer `daemon`.
  all.operations = merged(all.operations, outside.operations);
  std::erase_if(outside.layers, [](const auto& l) { return l.layer == "daemon"; });
  std::move(outside.layers.begin(), outside.layers.end(), std::back_inserter(all.layers));
  std::sort(all.layers.begin(), all.layers.end(), [](const auto& a, const auto& b) {
    return std::tie(a.stack, a.layer) < std::tie(b.stack, b.layer);
  });
  return all;
}

std::shared_ptr<const LayersView> LayerGroup::State::layers(const Snapshot& all) {
  const std::uint64_t second = joined_second(all.taken_monotonic_ns);
  if (view_ != nullptr && second == view_second_) return view_;
  view_second_ = second;

  auto view = std::make_shared<LayersView>();
  view->instance = all.instance;
  view->taken_realtime_ns = all.taken_realtime_ns;
  view->taken_monotonic_ns = all.taken_monotonic_ns;
  view->daemon_state = all.daemon.state;
  view->outer_state = outer.state();
  if (all.daemon.state == shm::ProducerState::absent) {
    view->message = all.daemon.message;
  } else if (outer.state() == shm::ProducerState::absent) {
    view->message = "no layer outside of the daemon has reported for instance \"" + all.instance +
                    "\"; what is known is the daemon's own time";
  } else {
    view->message = outer.message();
  }
  if (all.daemon.gauges[shm::Gauge::target_latency_ns] != 0)
    view->targets.latency_ns = all.daemon.gauges[shm::Gauge::target_latency_ns];
  if (const std::uint64_t target =
          all.daemon.gauges[shm::Gauge::target_milli_operations_per_second];
      target != 0) {
    view->targets.operations_per_second = static_cast<double>(target) / 1000;
  }
  view->connections = all.daemon.gauges[shm::Gauge::connections];
  view->queue_depth = all.daemon.gauges[shm::Gauge::queue_depth];
  view->workers_busy = all.daemon.workers_busy;
  view->workers_configured = all.daemon.gauges[shm::Gauge::workers_configured];
  for (std::size_t i = 0; i < kWindowCount; ++i) {
    const WindowStats& stats = all.daemon.windows[i];
    const double available_ns =
        stats.covered_seconds * 1e9 *
        static_cast<double>(all.daemon.gauges[shm::Gauge::workers_configured]);
    if (available_ns <= 0) continue;
    view->worker_utilisation[i] =
        stats.latency.mean_ns * static_cast<double>(stats.latency.count) / available_ns;
  }
  std::vector<RecordingProcess> recording = daemon.recording_processes(kMostProcesses);
  for (RecordingProcess& one : outer.recording_processes(kMostProcesses)) {
    recording.push_back(std::move(one));
  }
  view->processes = processes_.read(recording, all.taken_monotonic_ns);
  for (LayerProcess& one : view->processes) {
    if (one.running && one.layer == "daemon") {
      one.telemetry_resident_bytes = all.own_cost.resident_bytes;
    }
  }
  view->join = join_.counters();
  view->freshness = all.freshness;
  view->outer_records_lost = outer_lost_;
  view->chains_dropped = chains_.dropped();
  describe_stacks(*view, all);
  view_ = std::move(view);
  return view_;
}

void LayerGroup::State::describe_stacks(LayersView& view, const Snapshot& all) {
  std::map<std::string, std::vector<const LayerStats*>> stacks;
  for (const LayerStats& layer : all.layers) {
    if (layer_named(layer.layer)) stacks[layer.stack].push_back(&layer);
  }
  std::map<std::string, std::map<std::string, std::vector<ChainTotals>>> joined;
  for (auto& [key, chain] : chains_.chains()) {
    const ChainTable::Name& name = chains_.name(key.first);
    joined[name.stack][name.operation].push_back(totals_of(key.second, chain));
    stacks.try_emplace(name.stack);
  }

  for (auto& [name, layers] : stacks) {
    StackView& stack = view.stacks.emplace_back();
    stack.stack = name;
    std::sort(layers.begin(), layers.end(), [](const LayerStats* a, const LayerStats* b) {
      return *layer_named(a->layer) < *layer_named(b->layer);
    });
    for (const auto& [operation, chains] : joined[name]) {
      const auto breakdowns = joined_breakdowns(chains);
      for (std::size_t i = 0; i < kWindowCount; ++i) {
        if (breakdowns[i].source == BreakdownSource::none) continue;
        if (operation.empty()) {
          stack.windows[i].breakdown = breakdowns[i];
        } else {
          stack.windows[i].operations.push_back({operation, breakdowns[i]});
        }
      }
    }
    for (std::size_t i = 0; i < kWindowCount; ++i) {
      describe_window(stack.windows[i], i, layers, view.targets);
    }
  }
}

void LayerGroup::State::describe_window(StackWindow& window, std::size_t index,
                                        const std::vector<const LayerStats*>& layers,
                                        const Targets& targets) {
  std::vector<LayerSum> sums;
  for (const LayerStats* layer : layers) {
    const WindowStats& stats = layer->windows[index];
    if (stats.latency.count == 0) continue;
    if (window.layers.empty()) window.outermost = stats;
    window.layers.push_back(layer->layer);
    sums.push_back({*layer_named(layer->layer), stats.latency.count, layer->sum_ns[index]});
    window.counts_differ |= stats.latency.count != sums.front().count;
  }
  const auto time_taken = [](const OperationBreakdown& o) {
    return static_cast<double>(o.breakdown.mean_ns) * static_cast<double>(o.breakdown.operations);
  };
  std::stable_sort(window.operations.begin(), window.operations.end(),
                   [&](const auto& a, const auto& b) { return time_taken(a) > time_taken(b); });
  if (sums.empty()) return;
  if (window.breakdown.source == BreakdownSource::none) {
    window.breakdown = subtracted_breakdown(sums);
  }
  window.latency_room_ns =
      static_cast<double>(targets.latency_ns) - window.outermost.latency.mean_ns;
  window.throughput_room_per_second =
      window.outermost.rate_per_second - targets.operations_per_second;
}

LayerGroup::LayerGroup(const std::string& instance) : state_(std::make_unique<State>(instance)) {}
LayerGroup::~LayerGroup() = default;
LayerGroup::LayerGroup(LayerGroup&&) noexcept = default;
LayerGroup& LayerGroup::operator=(LayerGroup&&) noexcept = default;

void LayerGroup::sweep(const Time& now, std::uint64_t budget_ns) {
  state_->sweep(now, budget_ns);
}
Snapshot LayerGroup::snapshot(const Time& now) {
  return state_->snapshot(now);
}
std::shared_ptr<const LayersView> LayerGroup::layers(const Snapshot& taken) {
  return state_->layers(taken);
}
std::shared_ptr<const SlowestOperations::Kept> LayerGroup::slowest() {
  return state_->slowest();
}
const std::string& LayerGroup::instance() const {
  return state_->daemon.instance();
}
void LayerGroup::share(const std::shared_ptr<OperationPlaces>& places) {
  state_->daemon.share(places);
  state_->outer.share(places);
}
std::size_t LayerGroup::window_bytes() {
  return state_->window_bytes();
}
void LayerGroup::limit_window_bytes(std::size_t most) {
  state_->most_window_bytes = most;
}
void LayerGroup::on_operation(OperationListener listener) {
  state_->listener = std::move(listener);
}
void LayerGroup::join_what_waits(const Time& now) {
  state_->join_what_waits(now);
}
Follower& LayerGroup::daemon() {
  return state_->daemon;
}
Follower& LayerGroup::outer() {
  return state_->outer;
}

}  // namespace goxel_telemetry::metrics
