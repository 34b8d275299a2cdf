// SPDX-License-Identifier: GPL-3.0-or-later
#include "viewer-qt/live_source.h"

#include <QTimer>
#include <algorithm>
#include <atomic>
#include <exception>
#include <iterator>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <utility>

#include "metrics/comparison/added_time.h"
#include "metrics/layers/layer_group.h"
#include "metrics/layers/trace_search.h"
#include "metrics/live/instances_here.h"
#include "metrics/live/record_log.h"
#include "metrics/tally/rank.h"
#include "shm/segment.h"
#include "viewer-qt/baselines.h"
#include "viewer-qt/marks.h"
#include "viewer-qt/models/shown.h"
#include "viewer-qt/notes.h"
#include "viewer-qt/past.h"
#include "viewer-qt/points_cache.h"

namespace goxel_telemetry::viewer {
namespace {

using metrics::kNsPerSecond;

// Each with a frame: a request's end is on the screen within a tenth of a second.
constexpr int kSweepMs = 90;
constexpr std::uint64_t kSweepBudgetNs = 200'000'000;
// A window's title tells the state also while the window is hidden, and must not call it stale. A ring holds what comes
// in such a time.
constexpr int kHiddenSweepMs = 450;
constexpr std::uint64_t kLookNs = kNsPerSecond;
// A second's records have been read so long after its end.
constexpr std::uint64_t kSecondIsReadNs = 100'000'000;
constexpr std::uint64_t kSecondsPerDayPassed = 10;
// While nobody looks, what was read is put away this often.
constexpr std::uint64_t kHiddenSeconds = 10;
// What the open page shows of a long time is read anew this often.
constexpr std::uint64_t kDetailsSeconds = 10;
constexpr std::uint64_t kDayNs = 86'400 * kNsPerSecond;
// A chart that has less to show than it could is at least so long.
constexpr std::uint64_t kFirstSecondsNs = 15 * kNsPerSecond;
constexpr std::uint64_t kFirstOfDayNs = 600 * kNsPerSecond;
constexpr std::uint32_t kDayPoints = 720;
// A machine may have hundreds of segments; a person looks at the first few: the live ones.
constexpr std::size_t kMostListed = 20;

QList<Instance> listed_instances() {
  QList<Instance> listed;
  for (const metrics::InstanceHere& here : metrics::instances_here(kMostListed)) {
    const bool read = metrics::standing(here.state) >= metrics::standing(shm::ProducerState::dead);
    listed.append({QString::fromStdString(here.name),
                   read ? QString::fromUtf8(to_string(here.state)) : QString(),
                   shown(here.program)});
  }
  return listed;
}

metrics::HistoryFilter filter_of(const Selection& selection, const std::string& instance) {
  const auto unless_empty = [](const std::string& name) {
    return name.empty() ? std::nullopt : std::optional(name);
  };
  metrics::HistoryFilter filter;
  filter.instance = instance;
  filter.operation = unless_empty(selection.operation);
  filter.with_tools = true;
  filter.stack = unless_empty(selection.stack);
  // Each layer counts the same request: together they would count it four times.
  filter.layer = selection.layer.empty() ? std::string(metrics::kDaemonLayer) : selection.layer;
  return filter;
}

std::set<std::string> stacks_of(const metrics::Observation& seen, const Selection& selection) {
  std::set<std::string> stacks;
  for (const auto& [key, series] : seen.operations) {
    if (selection.passes(key)) stacks.insert(key.stack);
  }
  return stacks;
}

}  // namespace

// Lives on the source's thread, and owns there what reads.
class LiveSource::Reader : public QObject {
 public:
  Reader(const QString& instance, const QString& history_file, LiveSource* source)
      : source_(source),
        wanted_(instance.toStdString()),
        history_file_(history_file.toStdString()) {}

  void start() {
    past_.emplace(history_file_);
    timer_ = new QTimer(this);
    connect(timer_, &QTimer::timeout, this, &Reader::sweep);
    timer_->start(kSweepMs);
    sweep();
  }

  void watch(const QString& instance) {
    wanted_ = instance.toStdString();
    group_.reset();
    live_ = false;
  }

  // On any thread. Of looks that come faster than they are answered, only the last counts.
  void look_next(const Look& look) {
    {
      const std::lock_guard lock(next_look_guard_);
      if (std::exchange(next_look_, look)) return;  // it is on its way already
    }
    QMetaObject::invokeMethod(this, [this] {
      std::unique_lock lock(next_look_guard_);
      const Look next = *std::exchange(next_look_, std::nullopt);
      lock.unlock();
      look_at(next);
    });
  }

  void look_at(const Look& look) {
    if (look == look_) return;
    // Read anew each time that the page opens.
    if (look.wanted == Wanted::changes && look_.wanted != Wanted::changes)
      are_baselines_old_ = true;
    look_ = look;
    is_new_ = true;
    guarded([this] {
      if (group_ && is_kept_) answer(metrics::Time::now());
    });
  }

  void show_values(bool shown) {
    if (shown == std::exchange(shown_, shown) || !shown) return;
    day_answered_ = 0;
    second_ = 0;  // so that all is answered now
    sweep();
  }

  void trace(const metrics::FoundRecord& record) {
    if (!records_) return;
    guarded([&] { answer_trace(record, metrics::Time::now()); });
  }

  void note(std::uint64_t realtime_ns, const QString& text) {
    message_of_note_ = notes_.add(realtime_ns, text);
    guarded([this] {
      if (group_) answer(metrics::Time::now());
    });
  }

 private:
  // Frames of one moment have the same windows.
  struct Moment {
    std::uint64_t second = 0;  // CLOCK_MONOTONIC
    shm::ProducerState state = shm::ProducerState::absent;
    std::uint64_t run_id = 0;

    bool operator==(const Moment&) const = default;
  };

  // What is wrong with one sweep (no memory, no descriptors) may pass until the next.
  template <class Work>
  void guarded(Work work) {
    try {
      work();
    } catch (const std::exception& error) {
      if (!std::exchange(complained_, true)) qWarning("nothing new can be read: %s", error.what());
    }
  }

  void sweep() {
    guarded([this] { sweep_once(); });
  }

  void sweep_once() {
    const metrics::Time now = metrics::Time::now();
    if (!live_ && now.monotonic_ns >= looked_ns_ + kLookNs) {
      looked_ns_ = now.monotonic_ns;
      look_around();
    }
    if (!group_ && !wanted_.empty()) follow(wanted_);
    if (group_) {
      records_->advance(now);
      group_->sweep(now, kSweepBudgetNs);
    }
    refresh(now);  // before the answer, whose totals must not be older than its counts
    const int sweep_ms = has_watcher() ? kSweepMs : kHiddenSweepMs;
    if (timer_->interval() != sweep_ms) timer_->setInterval(sweep_ms);
    const std::uint64_t second = (now.realtime_ns - kSecondIsReadNs) / kNsPerSecond;
    if (!group_ || (second == second_ && is_kept_)) return;
    second_ = second;
    if (has_watcher() || second % kHiddenSeconds == 0) put_away(now);
  }

  // Somebody looks, and there is something to see.
  bool has_watcher() const { return shown_ && seen_state_ != shm::ProducerState::absent; }

  void follow(const std::string& instance) {
    group_.emplace(instance);
    group_->daemon().keep_rollups(past_->position(instance));
    group_->outer().keep_rollups(past_->position(shm::layers_instance(instance)));
    records_.emplace();
    for (metrics::Follower* follower : {&group_->daemon(), &group_->outer()}) {
      follower->on_record([this](const metrics::NamedRecord& record) { records_->add(record); });
    }
    seen_state_ = shm::ProducerState::absent;
    marks_ = {};
    notes_.read(instance);
    message_of_note_.clear();
    baselines_ = {};
    cache_.forget();
    day_cache_.forget();
    day_answered_ = 0;
    known_since_ns_.reset();
    slowdowns_ = {};
    is_first_look_ = true;
    tell_slowdown();
    is_new_ = true;
    is_kept_ = false;
  }

  void look_around() {
    QMetaObject::invokeMethod(source_, [source = source_, instances = listed_instances()] {
      Q_EMIT source->looked_around(instances);
    });
    if (!wanted_.empty()) return;
    // A segment that was left behind is given up when there is a live one.
    metrics::InstanceChoice choice = metrics::only_instance();
    message_ = std::move(choice.message);
    if (choice.instance.empty()) return;
    if (!group_ || group_->instance() != choice.instance) follow(choice.instance);
  }

  void refresh(const metrics::Time& now) {
    auto frame = std::make_shared<Frame>();
    metrics::Snapshot& snapshot = frame->snapshot;
    if (group_) {
      snapshot = group_->snapshot(now);
      frame->layers = group_->layers(snapshot);
      marks_.look_at(snapshot);
    } else {
      snapshot.taken_monotonic_ns = now.monotonic_ns;
      snapshot.taken_realtime_ns = now.realtime_ns;
      snapshot.daemon.message = message_;
    }
    const Moment moment{now.monotonic_ns / kNsPerSecond, snapshot.daemon.state,
                        snapshot.daemon.run_id};
    if (moment != std::exchange(moment_, moment)) ++revision_;
    frame->revision = revision_;
    const shm::ProducerState before = std::exchange(seen_state_, snapshot.daemon.state);
    live_ = seen_state_ == shm::ProducerState::live;
    if (seen_state_ == shm::ProducerState::dead && before != seen_state_) tell_end(snapshot);
    // An instance that was seen alive is followed from then on, also when it dies and others live.
    if (live_) wanted_ = snapshot.instance;
    latest_ = frame;
    // If the window hangs, values must not pile up.
    if (untaken_frame_.exchange(true)) return;
    QMetaObject::invokeMethod(source_, [this, frame = FramePointer(std::move(frame))] {
      untaken_frame_ = false;
      Q_EMIT source_->refreshed(frame);
    });
  }

  void tell_end(const metrics::Snapshot& snapshot) {
    constexpr std::size_t kLast = 50;
    auto end = std::make_shared<DaemonEnd>();
    end->snapshot = snapshot;
    metrics::RecordQuery query;
    query.operation = [](const metrics::OperationKey& key) {
      return key.layer == metrics::kDaemonLayer;
    };
    query.order = RecordOrder::newest_first;
    query.most = kLast;
    end->records.order = query.order;
    for (metrics::FoundRecord& found : records_->find(query).records) {
      end->records.rows.push_back({std::move(found), {}});
    }
    QMetaObject::invokeMethod(source_, [source = source_, end = EndPointer(std::move(end))] {
      Q_EMIT source->died(end);
    });
  }

  // What was read so far becomes part of the past, which the answers are made from.
  void put_away(const metrics::Time& now) {
    if (!group_) return;
    const std::string& instance = group_->instance();
    past_->add({{instance, group_->daemon().take_rollups()},
                {shm::layers_instance(instance), group_->outer().take_rollups()}},
               now.realtime_ns / kNsPerSecond);
    const bool is_first = !std::exchange(is_kept_, true);
    if (shown_) answer_all(now);
    // It takes a while, and the first charts do not wait for it.
    if (is_first) baselines_.read(instance);
    look_for_slowdown(now);
  }

  void answer_all(const metrics::Time& now) {
    const bool goes_on =
        look_.selection.is_live() || look_.selection.range->end_ns > last_answer_ns_;
    if (is_new_ || (goes_on && !untaken_view_)) answer(now);
    if (day_answered_ == 0 || second_ >= day_answered_ + kSecondsPerDayPassed) answer_day(now);
  }

  void answer(const metrics::Time& now) {
    auto view = std::make_shared<View>();
    view->look = look_;
    view->is_new = std::exchange(is_new_, false);
    const Selection& selection = look_.selection;
    view->range = selection.range.value_or(last(look_.live_ns, kFirstSecondsNs, now));
    const metrics::HistoryFilter filter = filter_of(selection, group_->instance());
    // A second whose records have not all been read would look like a dip.
    const std::uint64_t read_until = now.realtime_ns - kSecondIsReadNs;
    view->points =
        cache_.points(*past_, filter, selection.status, view->range, look_.most_points, read_until);
    add_details(*view, now);
    view->marks = marks_.all() + bridge_marks_ + baselines_.marks() + notes_.all();
    std::stable_sort(view->marks.begin(), view->marks.end(),
                     [](const Mark& a, const Mark& b) { return a.at_ns < b.at_ns; });
    view->message = message_of_note_.empty() ? past_->message() : message_of_note_;
    last_answer_ns_ = now.realtime_ns;
    untaken_view_ = true;
    QMetaObject::invokeMethod(source_, [this, view = ViewPointer(std::move(view))] {
      untaken_view_ = false;
      Q_EMIT source_->answered(view);
    });
  }

  // The time up to now; it begins where something begins to be known, and so grows with the data.
  metrics::TimeStretch last(std::uint64_t length_ns, std::uint64_t least_ns,
                            const metrics::Time& now) {
    const std::uint64_t end = now.realtime_ns;
    if (!known_since_ns_) find_beginning(now);
    const std::uint64_t known = std::min(*known_since_ns_, end - std::min(least_ns, end));
    return {std::max(end - std::min(length_ns, end), known), end};
  }

  // Of the last day, in steps of minutes.
  void find_beginning(const metrics::Time& now) {
    constexpr std::uint64_t kStepSeconds = 60;
    const metrics::TimeStretch day{now.realtime_ns - std::min(kDayNs, now.realtime_ns),
                                   now.realtime_ns};
    known_since_ns_ = now.realtime_ns;
    for (const metrics::TallyPoint& point :
         past_->points(filter_of({}, group_->instance()), day, kStepSeconds)) {
      if (point.covered_seconds == 0) continue;
      const double unknown = static_cast<double>(point.seconds) - point.covered_seconds;
      known_since_ns_ =
          point.begin_seconds * kNsPerSecond + static_cast<std::uint64_t>(unknown * 1e9);
      return;
    }
  }

  // What the open page shows. Reading a longer stretch costs more, and changes it less.
  void add_details(View& view, const metrics::Time& now) {
    const std::uint64_t second = now.realtime_ns / kNsPerSecond;
    const std::uint64_t length = (view.range.end_ns - view.range.begin_ns) / kNsPerSecond;
    const std::uint64_t every = std::clamp<std::uint64_t>(length / 24, 1, kDetailsSeconds);
    if (view.is_new || second >= details_second_ + every) {
      details_second_ = second;
      operations_.reset();
      distribution_.reset();
      record_list_.reset();
      switch (look_.wanted) {
        case Wanted::charts:
        case Wanted::changes:
          break;
        case Wanted::operations:
          read_operations(view.range);
          break;
        case Wanted::distribution:
          read_distribution(view.range);
          break;
        case Wanted::records:
          read_records(view.range);
          break;
      }
    }
    // A comparison that is anew each second cannot be read.
    if (look_.wanted == Wanted::changes &&
        (view.is_new || second >= changes_second_ + kDetailsSeconds)) {
      changes_second_ = second;
      if (std::exchange(are_baselines_old_, false)) baselines_.read(group_->instance());
      read_changes(view.range);
    }
    view.operations = operations_;
    view.distribution = distribution_;
    view.records = record_list_;
    if (look_.wanted != Wanted::changes) return;
    view.changes = changes_;
    view.baselines = baselines_.known();
  }

  void read_operations(const metrics::TimeStretch& range) {
    Selection wide = look_.selection;
    wide.operation.clear();  // the other rows stay, so that one can go over to them
    wide.layer.clear();
    const auto observed = past_->observe(whole_instance(), range);
    operations_ = std::make_shared<const std::vector<OperationGroup>>(
        observed && latest_ != nullptr ? operation_groups(*observed, latest_->snapshot, wide)
                                       : std::vector<OperationGroup>());
  }

  void read_distribution(const metrics::TimeStretch& range) {
    constexpr std::uint32_t kMostColumns = 300;
    auto distribution = std::make_shared<Distribution>();
    distribution->operation = look_.selection.operation;
    distribution->range = range;
    const std::uint64_t length = metrics::whole_seconds(range).length;
    for (metrics::TallyPoint& point : past_->points(filter_of(look_.selection, group_->instance()),
                                                    range, point_seconds(length, kMostColumns))) {
      distribution->latency.merge(point.tally.latency);
      distribution->columns.push_back({point.begin_seconds,
                                       static_cast<std::uint32_t>(point.seconds),
                                       point.covered_seconds, std::move(point.tally.latency)});
    }
    distribution_ = std::move(distribution);
  }

  void read_records(const metrics::TimeStretch& range) {
    const Selection& selection = look_.selection;
    auto list = std::make_shared<RecordList>();
    list->selection = selection;
    list->order = look_.order;
    list->range = range;
    metrics::RecordQuery query;
    query.range = range;
    query.operation = [&selection](const metrics::OperationKey& key) {
      // As the charts: each layer sees the same requests.
      return selection.passes(key) &&
             (!selection.layer.empty() || key.layer == metrics::kDaemonLayer);
    };
    query.status = [&selection](shm::Status status) { return selection.passes(status); };
    if (selection.durations) {
      query.low_ns = selection.durations->low_ns;
      query.high_ns = selection.durations->high_ns;
    }
    query.order = look_.order;
    metrics::FoundRecords found = records_->find(query);
    list->matched = found.matched;
    list->complete_from_ns = found.complete_from_ns;
    list->widest_slot_seconds = found.widest_slot_seconds;
    read_ranking(range);
    for (metrics::FoundRecord& one : found.records) {
      const metrics::NamedRecord& record = one.record;
      const auto rank =
          rank_of({record.stack, {}, record.layer, record.operation}, record.duration_ns);
      list->rows.push_back({std::move(one), rank});
    }
    record_list_ = std::move(list);
  }

  // How long the requests of each operation took in a range, over all protocols.
  void read_ranking(const metrics::TimeStretch& range) {
    ranking_.clear();
    const auto observed = past_->observe(whole_instance(), range);
    if (!observed) return;
    for (const auto& [key, series] : observed->operations) {
      ranking_[{key.stack, {}, key.layer, key.operation}].merge(series.total().latency);
    }
  }

  std::optional<metrics::Rank> rank_of(const metrics::OperationKey& key,
                                       std::uint64_t duration_ns) const {
    const auto found = ranking_.find(key);
    if (found == ranking_.end()) return std::nullopt;
    return metrics::rank_of(duration_ns, found->second);
  }

  void answer_trace(const metrics::FoundRecord& record, const metrics::Time& now) {
    std::vector<metrics::TracedSpan> spans;
    for (const metrics::NamedRecord& one :
         records_->of_trace(record.record.trace_id, metrics::kMostTracedSpans)) {
      if (auto span = metrics::traced_span(one, now)) spans.push_back(std::move(*span));
    }
    const auto operations = metrics::traced_operations(record.record.trace_id, std::move(spans),
                                                       now.realtime_ns - now.monotonic_ns);
    auto trace = std::make_shared<ShownTrace>(shown_trace(
        record, operations, [this](const metrics::OperationKey& key, std::uint64_t duration_ns) {
          return rank_of(key, duration_ns);
        }));
    QMetaObject::invokeMethod(source_, [source = source_, trace = TracePointer(std::move(trace))] {
      Q_EMIT source->traced(trace);
    });
  }

  metrics::HistoryFilter whole_instance() const {
    metrics::HistoryFilter filter;
    filter.instance = group_->instance();
    return filter;
  }

  std::shared_ptr<Changes> compare(const metrics::TimeStretch& before,
                                   const metrics::TimeStretch& after, const Selection& selection,
                                   double level) {
    auto changes = std::make_shared<Changes>();
    changes->before = before;
    changes->after = after;
    const auto a = past_->observe(whole_instance(), before);
    const auto b = past_->observe(whole_instance(), after);
    if (a && b) changes->found = added(*a, *b, selection, level);
    return changes;
  }

  static metrics::AddedTime added(const metrics::Observation& before,
                                  const metrics::Observation& after, const Selection& selection,
                                  double level) {
    metrics::AddedTimeOptions options;
    options.level = level;
    options.most_rows = ChangesModel::kMostRows;
    options.operation = selection.operation;
    options.stack = selection.stack;
    options.layer = selection.layer;
    return metrics::added_time(before, after, options);
  }

  std::shared_ptr<Changes> compare_with_baseline(const metrics::TimeStretch& after, double level) {
    auto changes = std::make_shared<Changes>();
    changes->after = after;
    metrics::Baseline saved;
    changes->message = Baselines::load(look_.baseline, saved);
    changes->baseline = title_of(saved);
    if (!changes->message.empty()) return changes;
    changes->before = changes->baseline->seen;
    changes->is_of_other_instance = !changes->baseline->is_of(group_->instance());
    const auto now = past_->observe(whole_instance(), after);
    if (!now) return changes;
    const auto then_stacks = stacks_of(saved.observation, look_.selection);
    const auto now_stacks = stacks_of(*now, look_.selection);
    std::ranges::set_symmetric_difference(then_stacks, now_stacks,
                                          std::back_inserter(changes->stacks_on_one_side));
    changes->found = added(saved.observation, *now, look_.selection, level);
    return changes;
  }

  // The stretch against a baseline, or against the stretch before it, which is as long; or what was found to be slower.
  void read_changes(const metrics::TimeStretch& after) {
    constexpr double kLevel = 0.95;
    if (!look_.baseline.empty()) {
      changes_ = compare_with_baseline(after, kLevel);
      return;
    }
    if (look_.slowdown && slowdowns_.found() != nullptr) {
      changes_ = slowdowns_.found()->changes;
      return;
    }
    const std::uint64_t length = after.end_ns - after.begin_ns;
    changes_ = compare({after.begin_ns - std::min(length, after.begin_ns), after.begin_ns}, after,
                       look_.selection, kLevel);
  }

  void look_for_slowdown(const metrics::Time& now) {
    if (!slowdowns_.is_due(now.realtime_ns)) return;
    slowdowns_.look(now.realtime_ns,
                    [this](const metrics::TimeStretch& before, const metrics::TimeStretch& after,
                           const Selection& selection,
                           double level) { return compare(before, after, selection, level); });
    if (std::exchange(is_first_look_, false) && slowdowns_.found() != nullptr) {
      QMetaObject::invokeMethod(source_, [source = source_] { Q_EMIT source->got_slower(); });
    }
    tell_slowdown();
  }

  void tell_slowdown() {
    if (slowdowns_.holding() == told_slowdown_) return;
    told_slowdown_ = slowdowns_.holding();
    QMetaObject::invokeMethod(source_, [source = source_, slowdown = told_slowdown_] {
      Q_EMIT source->slowdown_changed(slowdown);
    });
  }

  void answer_day(const metrics::Time& now) {
    day_answered_ = second_;
    bridge_marks_ = marks_of_bridge(past_->bridge_starts());
    auto day = std::make_shared<Day>();
    day->range = last(kDayNs, kFirstOfDayNs, now);
    day->points = day_cache_.points(*past_, filter_of({}, group_->instance()), StatusChoice::any,
                                    day->range, kDayPoints, now.realtime_ns);
    QMetaObject::invokeMethod(source_, [source = source_, day = DayPointer(std::move(day))] {
      Q_EMIT source->day_passed(day);
    });
  }

  LiveSource* source_;
  std::string wanted_;  // empty: the only one
  const std::string history_file_;
  std::optional<Past> past_;
  std::optional<metrics::LayerGroup> group_;
  std::optional<metrics::RecordLog> records_;  // of the instance that is followed
  shm::ProducerState seen_state_ = shm::ProducerState::absent;
  Marks marks_;
  Notes notes_;
  Baselines baselines_;
  bool are_baselines_old_ = true;
  QList<Mark> bridge_marks_;
  std::string message_;  // why no instance is followed
  std::string message_of_note_;
  FramePointer latest_;
  Moment moment_;  // of the last frame
  std::uint64_t revision_ = 0;

  std::mutex next_look_guard_;
  std::optional<Look> next_look_;
  Look look_;
  bool is_new_ = true;  // the look has not been answered
  PointsCache cache_;
  PointsCache day_cache_;
  std::shared_ptr<const std::vector<OperationGroup>> operations_;
  std::shared_ptr<const Distribution> distribution_;
  std::shared_ptr<const RecordList> record_list_;
  std::map<metrics::OperationKey, metrics::Histogram> ranking_;  // of the last list's range
  std::shared_ptr<const Changes> changes_;
  std::uint64_t details_second_ = 0;
  std::uint64_t changes_second_ = 0;
  SlowdownWatch slowdowns_;
  SlowdownPointer told_slowdown_;   // to the window
  bool is_first_look_ = true;       // for a slowdown of what is followed
  std::uint64_t day_answered_ = 0;  // the second; 0: not yet
  std::uint64_t last_answer_ns_ = 0;

  bool live_ = false;
  std::optional<std::uint64_t> known_since_ns_;  // CLOCK_REALTIME, of the last day
  bool is_kept_ = false;                         // what the ring held at first is in the past
  bool shown_ = true;
  bool complained_ = false;
  QTimer* timer_ = nullptr;
  std::uint64_t looked_ns_ = 0;  // CLOCK_MONOTONIC
  std::uint64_t second_ = 0;
  std::atomic<bool> untaken_frame_ = false;  // one is on its way to the window
  std::atomic<bool> untaken_view_ = false;
};

LiveSource::LiveSource(const QString& instance, const QString& history_file, QObject* parent)
    : QObject(parent), reader_(new Reader(instance, history_file, this)) {
  reader_->moveToThread(&thread_);
  connect(&thread_, &QThread::started, reader_, &Reader::start);
  connect(&thread_, &QThread::finished, reader_, &QObject::deleteLater);
  thread_.start();
}

LiveSource::~LiveSource() {
  thread_.quit();
  thread_.wait();
}

void LiveSource::watch(const QString& instance) {
  QMetaObject::invokeMethod(reader_, [this, instance] { reader_->watch(instance); });
}

void LiveSource::look_at(const Look& look) {
  reader_->look_next(look);
}

void LiveSource::show_values(bool shown) {
  QMetaObject::invokeMethod(reader_, [this, shown] { reader_->show_values(shown); });
}

void LiveSource::trace(const metrics::FoundRecord& record) {
  QMetaObject::invokeMethod(reader_, [this, record] { reader_->trace(record); });
}

void LiveSource::note(std::uint64_t realtime_ns, const QString& text) {
  QMetaObject::invokeMethod(reader_,
                            [this, realtime_ns, text] { reader_->note(realtime_ns, text); });
}

}  // namespace goxel_telemetry::viewer
