// SPDX-License-Identifier: GPL-3.0-or-later
#include "viewer-qt/models/figures.h"

#include <QCoreApplication>

#include "metrics/live/own_cost.h"
#include "metrics/live/target_room.h"
#include "metrics/text/format.h"
#include "viewer-qt/models/inflight_model.h"

namespace goxel_telemetry::viewer {
namespace {

QString unknown() {
  return QStringLiteral("–");
}

QString tr(const char* text) {
  return QCoreApplication::translate("Figures", text);
}

QString duration(double ns) {
  return QString::fromStdString(metrics::format_duration(ns));
}

QString percent(double ratio) {
  return QString::fromStdString(metrics::format_percent(ratio));
}

QString count(std::uint64_t number) {
  return QString::fromStdString(metrics::format_count(number));
}

QString within(const metrics::WindowStats& window, std::uint64_t ns) {
  return window.latency.count == 0 ? unknown() : duration(static_cast<double>(ns));
}

Figure p99(const QString& name, const metrics::WindowStats& window, const QString& stretch) {
  const metrics::Latency& latency = window.latency;
  return {name, within(window, latency.p99_ns),
          tr("99 of 100 requests of the last %1 were answered within this time, 95 within %2, 90 "
             "within %3, 50 within %4")
              .arg(stretch, within(window, latency.p95_ns), within(window, latency.p90_ns),
                   within(window, latency.p50_ns))};
}

Figure failures(const metrics::WindowStats& minute) {
  const metrics::Outcomes& outcomes = minute.outcomes;
  const std::uint64_t failed = outcomes.all() - outcomes.ok;
  return {tr("Failed 1 min"), count(failed),
          tr("%1 errors, %2 unanswered, %3 malformed, %4 cancelled")
              .arg(count(outcomes.error), count(outcomes.unanswered), count(outcomes.malformed),
                   count(outcomes.cancelled)),
          failed != 0};
}

// A daemon that has ended has no rate any more; its last counts stay visible.
Figure throughput(const metrics::Daemon& daemon) {
  const bool live = daemon.state == shm::ProducerState::live;
  const double rate = daemon.window(metrics::Window::now).rate_per_second;
  return {tr("Throughput"), live ? QString::fromStdString(metrics::format_rate(rate)) : unknown(),
          tr("Requests that ended in the last second")};
}

Figure clients(const metrics::Daemon& daemon) {
  return {tr("Clients"), count(daemon.gauges[shm::Gauge::connections]),
          tr("Connected now; %1 since the start; %2 sockets open")
              .arg(count(daemon.gauges[shm::Gauge::connections_total]),
                   count(daemon.gauges[shm::Gauge::open_descriptors]))};
}

Figure in_flight(const metrics::Snapshot& snapshot) {
  Figure figure{tr("In flight"), count(snapshot.daemon.inflight),
                tr("%1 of %2 workers busy, %3 requests queued")
                    .arg(count(snapshot.daemon.workers_busy),
                         count(snapshot.daemon.gauges[shm::Gauge::workers_configured]),
                         count(snapshot.daemon.gauges[shm::Gauge::queue_depth]))};
  figure.alarming =
      !snapshot.inflight.empty() && snapshot.inflight.front().age_ns >= InflightModel::kOldNs;
  return figure;
}

Figure cpu(const metrics::ProcessStats& process) {
  return {tr("CPU"), process.cpu_ratio ? percent(*process.cpu_ratio) : unknown(),
          tr("Of the daemon's process; 100 % is one core")};
}

QString bytes(std::uint64_t count) {
  return QString::fromStdString(metrics::format_bytes(static_cast<double>(count)));
}

Figure memory(const metrics::Snapshot& snapshot) {
  const auto resident = metrics::daemon_resident_bytes(snapshot);
  const auto& own = snapshot.own_cost.resident_bytes;
  Figure figure{
      tr("Memory"), resident ? bytes(*resident) : unknown(),
      own ? tr("Resident memory of the daemon's process without the plugin's %1").arg(bytes(*own))
          : tr("Resident memory of the daemon's process, the plugin's included")};
  if (const auto room = metrics::memory_room_bytes(snapshot)) {
    const auto target =
        static_cast<double>(snapshot.daemon.gauges[shm::Gauge::target_resident_bytes]);
    figure.value =
        tr("%1 of %2").arg(figure.value, QString::fromStdString(metrics::format_bytes(target)));
    figure.hint +=
        QStringLiteral(": ") + tr("%1 the target of %2")
                                   .arg(QString::fromStdString(metrics::format_memory_room(*room)),
                                        QString::fromStdString(metrics::format_bytes(target)));
  }
  return figure;
}

Figure own_cost(const metrics::Snapshot& snapshot) {
  const metrics::OwnCost& cost = snapshot.own_cost;
  Figure figure{tr("Plugin cost"), unknown(), tr("No call was timed")};
  if (cost.samples != 0) {
    figure.hint = tr("%1 of the daemon's busy time; %2 calls were timed, %3 of them interrupted")
                      .arg(cost.busy_ratio ? percent(*cost.busy_ratio) : unknown(),
                           count(cost.samples), count(cost.interrupted));
    figure.noteworthy = metrics::cost_level(cost) == metrics::CostLevel::high;
  }
  if (cost.waited) {
    figure.value = duration(cost.waited->ns);
    QString waits =
        tr("A request waits %1 (95 %: %2 to %3) for the plugin")
            .arg(figure.value, duration(cost.waited->low_ns), duration(cost.waited->high_ns));
    if (cost.waited_share) {
      figure.value = tr("%1, %2").arg(figure.value, percent(*cost.waited_share));
      waits = tr("%1, %2 of its latency").arg(waits, percent(*cost.waited_share));
    }
    if (const auto most = metrics::most_delayed(snapshot)) {
      waits = tr("%1, at most %2 (%3)")
                  .arg(waits, percent(most->waited_share),
                       QString::fromStdString(most->operation->key.operation));
    }
    figure.hint = tr("%1; %2").arg(waits, figure.hint);
  }
  if (cost.resident_bytes) {
    figure.hint +=
        QStringLiteral("; ") +
        tr("%1 of the process's memory, shared memory included").arg(bytes(*cost.resident_bytes));
  }
  return figure;
}

Figure lost(const metrics::Snapshot& snapshot) {
  const std::uint64_t overwritten = snapshot.ring.lost;
  const std::uint64_t missed = snapshot.daemon.gauges[shm::Gauge::lane_misses];
  return {tr("Records lost"), count(overwritten + missed),
          tr("%1 overwritten before this window read them, %2 never written because every lane was "
             "taken. Of %3 records published, %4 were read; %5 were gone before this window began")
              .arg(count(overwritten), count(missed), count(snapshot.ring.published),
                   count(snapshot.ring.read), count(snapshot.ring.before_reader)),
          overwritten + missed != 0};
}

}  // namespace

std::array<Figure, kFigureCount> figures(const metrics::Snapshot& snapshot) {
  const metrics::WindowStats& now = snapshot.daemon.window(metrics::Window::now);
  const metrics::WindowStats& minute = snapshot.daemon.window(metrics::Window::one_minute);
  return {{p99(tr("p99 now"), now, tr("second")), p99(tr("p99 1 min"), minute, tr("minute")),
           throughput(snapshot.daemon), failures(minute), clients(snapshot.daemon),
           in_flight(snapshot), cpu(snapshot.process), memory(snapshot), own_cost(snapshot),
           lost(snapshot)}};
}

}  // namespace goxel_telemetry::viewer
