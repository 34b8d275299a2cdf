// SPDX-License-Identifier: GPL-3.0-or-later
#include "viewer-qt/live_source.h"

#include <QTimer>
#include <optional>

#include "metrics/collector.h"

namespace goxel_telemetry::viewer {
namespace {

constexpr int kSweepMs = 50;
constexpr int kSweepsPerRefresh = 5;

// Lives on the source's thread, and owns the collector there.
class Follower : public QObject {
 public:
  Follower(std::string instance, LiveSource* source)
      : source_(source), wanted_(std::move(instance)) {}

  void start() {
    auto* timer = new QTimer(this);
    connect(timer, &QTimer::timeout, this, &Follower::sweep);
    timer->start(kSweepMs);
    sweep();
  }

 private:
  void sweep() {
    const metrics::Collector::Time now = metrics::Collector::Time::now();
    if (!collector_) choose(now);
    if (collector_) collector_->sweep(now);
    if (++sweeps_ % kSweepsPerRefresh != 1) return;
    auto snapshot = std::make_shared<metrics::Snapshot>();
    if (collector_) {
      *snapshot = collector_->snapshot(now);
    } else {
      snapshot->taken_monotonic_ns = now.monotonic_ns;
      snapshot->taken_realtime_ns = now.realtime_ns;
      snapshot->daemon.message = message_;
    }
    Q_EMIT source_->refreshed(std::move(snapshot));
  }

  void choose(const metrics::Collector::Time&) {
    if (!wanted_.empty()) {
      collector_.emplace(wanted_);
      return;
    }
    if (sweeps_ % (1000 / kSweepMs) != 0)
      return;  // looking through all names once a second is enough
    metrics::InstanceChoice choice = metrics::only_instance();
    if (choice.instance.empty()) {
      message_ = std::move(choice.message);
    } else {
      collector_.emplace(choice.instance);
    }
  }

  LiveSource* source_;
  std::string wanted_;
  std::string message_;
  std::optional<metrics::Collector> collector_;
  std::uint64_t sweeps_ = 0;
};

}  // namespace

LiveSource::LiveSource(const QString& instance, QObject* parent) : QObject(parent) {
  qRegisterMetaType<SnapshotPointer>();
  auto* follower = new Follower(instance.toStdString(), this);
  follower->moveToThread(&thread_);
  connect(&thread_, &QThread::started, follower, &Follower::start);
  connect(&thread_, &QThread::finished, follower, &QObject::deleteLater);
  thread_.start();
}

LiveSource::~LiveSource() {
  thread_.quit();
  thread_.wait();
}

}  // namespace goxel_telemetry::viewer
