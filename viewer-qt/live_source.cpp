// SPDX-License-Identifier: GPL-3.0-or-later
#include "viewer-qt/live_source.h"

#include <QTimer>
#include <algorithm>
#include <atomic>
#include <exception>
#include <optional>
#include <utility>

#include "metrics/layers/layer_group.h"
#include "metrics/live/instances_here.h"
#include "shm/segment.h"
#include "viewer-qt/marks.h"
#include "viewer-qt/models/shown.h"
#include "viewer-qt/notes.h"
#include "viewer-qt/past.h"
#include "viewer-qt/points_cache.h"

namespace goxel_telemetry::viewer {
namespace {

using metrics::kNsPerSecond;

// Each with a frame: a request's end is on the screen within a tenth of a second.
constexpr int kSweepMs = 80;
constexpr std::uint64_t kSweepBudgetNs = 200'000'000;
constexpr std::uint64_t kSweepsPerLook = 12;
// A second's records have been read so long after its end.
constexpr std::uint64_t kSecondIsReadNs = 100'000'000;
constexpr std::uint64_t kSecondsPerDayPassed = 10;
// While nobody looks, what was read is put away this often.
constexpr std::uint64_t kHiddenSeconds = 10;
// The operations of a long time are read anew this often.
constexpr std::uint64_t kOperationsSeconds = 10;
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
    auto* timer = new QTimer(this);
    connect(timer, &QTimer::timeout, this, &Reader::sweep);
    timer->start(kSweepMs);
    sweep();
  }

  void watch(const QString& instance) {
    wanted_ = instance.toStdString();
    group_.reset();
    live_ = false;
  }

  void look_at(const Look& look) {
    if (look == look_) return;
    look_ = look;
    is_new_ = true;
    guarded([this] {
      if (group_ && is_kept_) answer(metrics::Time::now());
    });
  }

  void show_values(bool shown) {
    if (shown == std::exchange(shown_, shown) || !shown) return;
    day_answered_ = 0;
    guarded([this] { put_away(metrics::Time::now()); });
  }

  void note(std::uint64_t realtime_ns, const QString& text) {
    message_of_note_ = notes_.add(realtime_ns, text);
    guarded([this] {
      if (group_) answer(metrics::Time::now());
    });
  }

 private:
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
    const std::uint64_t sweep = sweeps_++;
    if (!live_ && sweep % kSweepsPerLook == 0) look_around();
    if (!group_ && !wanted_.empty()) follow(wanted_);
    const metrics::Time now = metrics::Time::now();
    if (group_) group_->sweep(now, kSweepBudgetNs);
    // Frames first: an answer's totals must not be older than its counts.
    if (shown_ || sweep % kSweepsPerLook == 0) refresh(now);
    const std::uint64_t second = (now.realtime_ns - kSecondIsReadNs) / kNsPerSecond;
    if (!group_ || (second == second_ && is_kept_)) return;
    second_ = second;
    if (shown_ || second % kHiddenSeconds == 0) put_away(now);
  }

  void follow(const std::string& instance) {
    group_.emplace(instance);
    group_->daemon().keep_rollups(past_->position(instance));
    group_->outer().keep_rollups(past_->position(shm::layers_instance(instance)));
    marks_ = {};
    notes_.read(instance);
    message_of_note_.clear();
    cache_.forget();
    day_cache_.forget();
    day_answered_ = 0;
    known_since_ns_.reset();
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
    live_ = snapshot.daemon.state == shm::ProducerState::live;
    // An instance that was seen alive is followed from then on, also when it dies and others live.
    if (live_) wanted_ = snapshot.instance;
    latest_ = frame;
    // If the window hangs, values must not pile up.
    if (!shown_ || untaken_frame_.exchange(true)) return;
    QMetaObject::invokeMethod(source_, [this, frame = FramePointer(std::move(frame))] {
      untaken_frame_ = false;
      Q_EMIT source_->refreshed(frame);
    });
  }

  // What was read so far becomes part of the past, which the answers are made from.
  void put_away(const metrics::Time& now) {
    if (!group_) return;
    const std::string& instance = group_->instance();
    past_->add({{instance, group_->daemon().take_rollups()},
                {shm::layers_instance(instance), group_->outer().take_rollups()}},
               now.realtime_ns / kNsPerSecond);
    is_kept_ = true;
    if (!shown_) return;
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
    add_operations(*view, now);
    view->marks = marks_.all() + notes_.all();
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

  // Reading a longer stretch costs more, and changes it less.
  void add_operations(View& view, const metrics::Time& now) {
    if (!look_.operations || latest_ == nullptr) return;
    const std::uint64_t second = now.realtime_ns / kNsPerSecond;
    const std::uint64_t length = (view.range.end_ns - view.range.begin_ns) / kNsPerSecond;
    const std::uint64_t every = std::clamp<std::uint64_t>(length / 60, 1, kOperationsSeconds);
    if (view.is_new || second >= operations_second_ + every) {
      operations_second_ = second;
      metrics::HistoryFilter filter;
      filter.instance = group_->instance();
      Selection wide = look_.selection;
      wide.operation.clear();  // the other rows stay, so that one can go over to them
      wide.layer.clear();
      const auto observed = past_->observe(filter, view.range);
      operations_ = std::make_shared<const std::vector<OperationGroup>>(
          observed ? operation_groups(*observed, latest_->snapshot, wide)
                   : std::vector<OperationGroup>());
    }
    view.operations = operations_;
  }

  void answer_day(const metrics::Time& now) {
    day_answered_ = second_;
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
  Marks marks_;
  Notes notes_;
  std::string message_;  // why no instance is followed
  std::string message_of_note_;
  FramePointer latest_;

  Look look_;
  bool is_new_ = true;  // the look has not been answered
  PointsCache cache_;
  PointsCache day_cache_;
  std::shared_ptr<const std::vector<OperationGroup>> operations_;
  std::uint64_t operations_second_ = 0;
  std::uint64_t day_answered_ = 0;  // the second; 0: not yet
  std::uint64_t last_answer_ns_ = 0;

  bool live_ = false;
  std::optional<std::uint64_t> known_since_ns_;  // CLOCK_REALTIME, of the last day
  bool is_kept_ = false;                         // what the ring held at first is in the past
  bool shown_ = true;
  bool complained_ = false;
  std::uint64_t sweeps_ = 0;
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
  QMetaObject::invokeMethod(reader_, [this, look] { reader_->look_at(look); });
}

void LiveSource::show_values(bool shown) {
  QMetaObject::invokeMethod(reader_, [this, shown] { reader_->show_values(shown); });
}

void LiveSource::note(std::uint64_t realtime_ns, const QString& text) {
  QMetaObject::invokeMethod(reader_,
                            [this, realtime_ns, text] { reader_->note(realtime_ns, text); });
}

}  // namespace goxel_telemetry::viewer
