// SPDX-License-Identifier: GPL-3.0-or-later
#include "viewer-qt/live_source.h"

#include <QTimer>
#include <atomic>
#include <exception>
#include <optional>
#include <utility>

#include "metrics/history/reader.h"
#include "metrics/live/follower.h"
#include "metrics/live/instances_here.h"
#include "metrics/text/printable.h"
#include "shm/clock.h"
#include "shm/reader.h"
#include "viewer-qt/models/shown.h"

namespace goxel_telemetry::viewer {
namespace {

constexpr int kSweepMs = 50;
constexpr std::uint64_t kSweepBudgetNs = 200'000'000;
constexpr std::uint64_t kSweepsPerRefresh = 5;
constexpr std::uint64_t kSweepsPerLook = 20;
// A machine may have hundreds of segments; a person looks at the first few: the live ones.
constexpr std::size_t kMostListed = 20;
constexpr std::uint32_t kPastSeconds = 120;

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

// The past from the file, if the file has it; else from the records that the ring still holds.
std::vector<metrics::HistoryPoint> past_of(const std::string& instance, const std::string& file,
                                           const metrics::Time& now) {
  metrics::HistoryQuery query;
  query.filter.instance = instance;
  query.filter.layer = "daemon";
  query.range = {now.realtime_ns - kPastSeconds * std::uint64_t{1'000'000'000}, now.realtime_ns};
  query.points = kPastSeconds;
  metrics::HistoryResult result;
  metrics::HistoryAnswer answer;
  if (!file.empty()) {
    const auto reader = metrics::HistoryReader::open(file, result);
    if (reader != nullptr && reader->query(query, answer).done()) return answer.points;
  }
  metrics::Follower ring(instance);
  ring.keep_rollups();
  ring.sweep(now, kSweepBudgetNs);
  return metrics::answer_from(query, ring.take_rollups()).points;
}

}  // namespace

// Lives on the source's thread, and owns the follower there.
class LiveSource::Follower : public QObject {
 public:
  Follower(const QString& instance, const QString& history_file, LiveSource* source)
      : source_(source),
        wanted_(instance.toStdString()),
        history_file_(history_file.toStdString()) {}

  void start() {
    auto* timer = new QTimer(this);
    connect(timer, &QTimer::timeout, this, &Follower::sweep);
    timer->start(kSweepMs);
    sweep();
  }

  void watch(const QString& instance) {
    wanted_ = instance.toStdString();
    follower_.reset();
    live_ = false;
  }

 private:
  // What is wrong with one sweep (no memory, no descriptors) may pass until the next.
  void sweep() {
    try {
      sweep_once();
    } catch (const std::exception& error) {
      if (!std::exchange(complained_, true)) qWarning("nothing new can be read: %s", error.what());
    }
  }

  void sweep_once() {
    const std::uint64_t sweep = sweeps_++;
    if (!live_ && sweep % kSweepsPerLook == 0) look_around();
    if (!follower_ && !wanted_.empty()) follower_.emplace(wanted_);
    const metrics::Time now = metrics::Time::now();
    if (follower_) follower_->sweep(now, kSweepBudgetNs);
    if (sweep % kSweepsPerRefresh == 0) refresh(now);
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
    if (!follower_ || follower_->instance() != choice.instance) {
      follower_.emplace(std::move(choice.instance));
    }
  }

  void refresh(const metrics::Time& now) {
    auto snapshot = std::make_shared<metrics::Snapshot>();
    if (follower_) {
      *snapshot = follower_->snapshot(now);
    } else {
      snapshot->taken_monotonic_ns = now.monotonic_ns;
      snapshot->taken_realtime_ns = now.realtime_ns;
      snapshot->daemon.message = message_;
    }
    live_ = snapshot->daemon.state == shm::ProducerState::live;
    // An instance that was seen alive is followed from then on, also when it dies and others live.
    if (live_) wanted_ = snapshot->instance;
    if (live_ && began_with_ != snapshot->instance) tell_past(*snapshot, now);
    // If the window hangs, snapshots must not pile up.
    if (untaken_.exchange(true)) return;
    QMetaObject::invokeMethod(source_, [this, snapshot = SnapshotPointer(std::move(snapshot))] {
      untaken_ = false;
      Q_EMIT source_->refreshed(snapshot);
    });
  }

  void tell_past(const metrics::Snapshot& snapshot, const metrics::Time& now) {
    began_with_ = snapshot.instance;
    auto past = std::make_shared<Past>(Past{snapshot.instance, snapshot.daemon.run_id,
                                            now.realtime_ns, now.monotonic_ns,
                                            past_of(snapshot.instance, history_file_, now)});
    QMetaObject::invokeMethod(source_, [source = source_, past = PastPointer(std::move(past))] {
      Q_EMIT source->began(past);
    });
  }

  LiveSource* source_;
  std::string wanted_;  // empty: the only one
  const std::string history_file_;
  std::string began_with_;  // the instance whose past was sent last
  std::string message_;     // why no instance is followed
  std::optional<metrics::Follower> follower_;
  bool live_ = false;
  bool complained_ = false;
  std::uint64_t sweeps_ = 0;
  std::atomic<bool> untaken_ = false;  // a snapshot is on its way to the window
};

LiveSource::LiveSource(const QString& instance, const QString& history_file, QObject* parent)
    : QObject(parent), follower_(new Follower(instance, history_file, this)) {
  follower_->moveToThread(&thread_);
  connect(&thread_, &QThread::started, follower_, &Follower::start);
  connect(&thread_, &QThread::finished, follower_, &QObject::deleteLater);
  thread_.start();
}

LiveSource::~LiveSource() {
  thread_.quit();
  thread_.wait();
}

void LiveSource::watch(const QString& instance) {
  QMetaObject::invokeMethod(follower_, [this, instance] { follower_->watch(instance); });
}

}  // namespace goxel_telemetry::viewer
