// SPDX-License-Identifier: GPL-3.0-or-later
#include "viewer-qt/alert_source.h"

#include <QDateTime>
#include <QFileInfo>
#include <QTimer>
#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "metrics/alerts/alert_file.h"
#include "metrics/time.h"

namespace goxel_telemetry::viewer {
namespace {

using metrics::AlertStore;
using metrics::HistoryOutcome;
using metrics::HistoryResult;
using metrics::kNsPerSecond;

constexpr int kLookMs = 1'000;
// Also without a change: time goes on, and a change within a clock's tick cannot be seen.
constexpr std::uint64_t kReadAnywayNs = 30 * kNsPerSecond;
constexpr std::size_t kMost = 200;  // alerts, beside the active ones
constexpr std::uint64_t kAccuracyNs = metrics::kAccuracyDays * 86'400 * kNsPerSecond;

// Changes whenever somebody writes.
struct Stamp {
  bool is_there = false;
  qint64 bytes = 0;
  qint64 written_ms = 0;

  static Stamp of(const QString& name) {
    const QFileInfo info(name);
    if (!info.exists()) return {};
    return {true, info.size(), info.lastModified().toMSecsSinceEpoch()};
  }
  friend bool operator==(const Stamp&, const Stamp&) = default;
};

}  // namespace

// Lives on the source's thread, and owns there what reads.
class AlertSource::Reader : public QObject {
 public:
  Reader(const QString& file, AlertSource* source) : source_(source), file_(file) {}

  void start() {
    auto* timer = new QTimer(this);
    connect(timer, &QTimer::timeout, this, &Reader::look);
    timer->start(kLookMs);
    look();
  }

  void watch(const QString& instance) {
    instance_ = instance.toStdString();
    tell();
  }

  void judge(const QString& id, metrics::Judgement judgement) {
    HistoryResult result;
    const auto store = metrics::open_existing(file_.toStdString(), AlertStore::Mode::write, result);
    if (store != nullptr)
      result = store->judge(id.toStdString(), judgement, metrics::Time::now().realtime_ns);
    not_judged_ = result.done() ? std::string() : "the judgement is not written: " + result.message;
    if (result.outcome == HistoryOutcome::read_only)
      not_judged_ += std::string(": ") + metrics::kWithoutPermission;
    tell();
  }

 private:
  void look() {
    const std::pair stamps{Stamp::of(file_), Stamp::of(file_ + QStringLiteral("-wal"))};
    const std::uint64_t now_ns = metrics::Time::now().monotonic_ns;
    if (told_ns_ != 0 && stamps == stamps_ && now_ns < told_ns_ + kReadAnywayNs) return;
    stamps_ = stamps;
    tell();
  }

  void tell() {
    const metrics::Time now = metrics::Time::now();
    told_ns_ = now.monotonic_ns;
    auto known = std::make_shared<KnownAlerts>();
    HistoryResult result = read(*known, now.realtime_ns);
    if (result.outcome == HistoryOutcome::moved) {
      store_.reset();  // another one may be there
      result = read(*known, now.realtime_ns);
    }
    known->has_file = result.outcome != HistoryOutcome::absent;
    if (!result.done()) {
      store_.reset();
      known->alerts.clear();
      known->series = {};
      known->series_as_of_ns = 0;
      if (known->has_file) known->message = result.message;
    } else {
      known->message = metrics::nobody_watches(file_.toStdString(), now.realtime_ns);
    }
    if (!not_judged_.empty()) known->message = not_judged_;
    QMetaObject::invokeMethod(source_, [source = source_, known = AlertsPointer(std::move(known))] {
      Q_EMIT source->told(known);
    });
  }

  HistoryResult read(KnownAlerts& known, std::uint64_t now_ns) {
    HistoryResult result;
    if (store_ == nullptr) {
      store_ = AlertStore::open(file_.toStdString(), AlertStore::Mode::read, result);
      if (store_ == nullptr) return result;
    }
    metrics::AlertQuery query;
    query.only_active = true;
    query.instance = instance_;
    query.with_bridge = true;
    query.most = metrics::kMostAnswered;
    result = store_->list(query, known.alerts);
    if (!result.done()) return result;
    query.only_active = false;
    query.most = kMost;
    std::vector<metrics::Alert> newest;
    result = store_->list(query, newest);
    if (!result.done()) return result;
    for (metrics::Alert& alert : newest) {
      // It may have ended since.
      if (std::ranges::find(known.alerts, alert.id, &metrics::Alert::id) == known.alerts.end())
        known.alerts.push_back(std::move(alert));
    }
    std::vector<metrics::InstanceSeries> series;
    result = store_->series(series, known.series_as_of_ns);
    if (!result.done()) return result;
    const auto of = std::ranges::find(series, instance_, &metrics::InstanceSeries::instance);
    if (of == series.end())
      known.series_as_of_ns = 0;
    else
      known.series = std::move(*of);
    return store_->accuracy(now_ns - std::min(now_ns, kAccuracyNs), UINT64_MAX, known.accuracy);
  }

  AlertSource* source_;
  const QString file_;
  std::string instance_;  // empty: of all
  std::unique_ptr<AlertStore> store_;
  std::pair<Stamp, Stamp> stamps_;
  std::uint64_t told_ns_ = 0;  // CLOCK_MONOTONIC; 0: not yet
  std::string not_judged_;     // why the last judgement was not written
};

AlertSource::AlertSource(const QString& file, QObject* parent)
    : QObject(parent), reader_(new Reader(file, this)) {
  reader_->moveToThread(&thread_);
  connect(&thread_, &QThread::started, reader_, &Reader::start);
  connect(&thread_, &QThread::finished, reader_, &QObject::deleteLater);
  thread_.start();
}

AlertSource::~AlertSource() {
  thread_.quit();
  thread_.wait();
}

void AlertSource::watch(const QString& instance) {
  QMetaObject::invokeMethod(reader_, [this, instance] { reader_->watch(instance); });
}

void AlertSource::judge(const QString& id, metrics::Judgement judgement) {
  QMetaObject::invokeMethod(reader_, [this, id, judgement] { reader_->judge(id, judgement); });
}

}  // namespace goxel_telemetry::viewer
