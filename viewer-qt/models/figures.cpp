// SPDX-License-Identifier: GPL-3.0-or-later
#include "viewer-qt/models/figures.h"

#include <QCoreApplication>
#include <algorithm>

#include "metrics/live/own_cost.h"
#include "metrics/live/target_room.h"
#include "metrics/text/format.h"
#include "viewer-qt/models/inflight_model.h"
#include "viewer-qt/models/shown.h"

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

// The daemon's, "1m / 5m / 15m".
template <class Value>
QString of_windows(const metrics::Daemon& daemon, Value value) {
  QStringList texts;
  for (std::size_t i = 1; i < metrics::kWindowCount; ++i) texts += value(daemon.windows[i]);
  return texts.join(QStringLiteral(" / "));
}

Figure quantile(const QString& name, const metrics::Daemon& daemon,
                std::uint64_t metrics::Latency::*ns, int of_hundred) {
  const auto value = [ns](const metrics::WindowStats& window) {
    return within(window, window.latency.*ns);
  };
  return {name, value(daemon.window(metrics::Window::one_minute)),
          tr("%1 of 100 requests of the last minute were answered within this time; 1, 5 and 15 "
             "minutes: %2")
              .arg(QString::number(of_hundred), of_windows(daemon, value))};
}

FigureGroup latency(const metrics::Snapshot& snapshot, const metrics::LayersView* layers) {
  const metrics::Daemon& daemon = snapshot.daemon;
  const metrics::WindowStats& now = daemon.window(metrics::Window::now);
  const metrics::WindowStats& minute = daemon.window(metrics::Window::one_minute);
  const auto mean = [](const metrics::WindowStats& window) {
    return window.latency.count == 0 ? unknown() : duration(window.latency.mean_ns);
  };
  FigureGroup group{tr("Latency"), {}};
  group.figures += {tr("Now"), mean(now), tr("Mean of the last second")};
  group.figures += {tr("1 / 5 / 15 min"), of_windows(daemon, mean), tr("Means")};
  Figure target{tr("Target"), unknown(),
                tr("How long a whole operation should take on average, as the operator set it")};
  if (layers != nullptr && layers->targets.latency_ns != 0) {
    target.value = duration(static_cast<double>(layers->targets.latency_ns));
    if (minute.latency.count != 0) {
      const double room = static_cast<double>(layers->targets.latency_ns) - minute.latency.mean_ns;
      target.hint = tr("The last minute is %1")
                        .arg(QString::fromStdString(metrics::format_latency_room(room)));
      target.alarming = room < 0;
    }
  }
  group.figures += target;
  group.figures += quantile(QStringLiteral("p50"), daemon, &metrics::Latency::p50_ns, 50);
  group.figures += quantile(QStringLiteral("p95"), daemon, &metrics::Latency::p95_ns, 95);
  group.figures += quantile(QStringLiteral("p99"), daemon, &metrics::Latency::p99_ns, 99);
  return group;
}

Figure requests(const metrics::Daemon& daemon) {
  return {tr("Requests"), count(daemon.run_total.all()),
          tr("Since the daemon began, up to this moment")};
}

// A daemon that has ended has no rate any more; its last counts stay visible.
FigureGroup throughput(const metrics::Snapshot& snapshot, const metrics::LayersView* layers) {
  const metrics::Daemon& daemon = snapshot.daemon;
  const bool live = daemon.state == shm::ProducerState::live;
  const auto rate = [live](const metrics::WindowStats& window) {
    return live ? QString::fromStdString(metrics::format_rate(window.rate_per_second)) : unknown();
  };
  FigureGroup group{tr("Throughput"), {}};
  group.figures += {tr("Now"), rate(daemon.window(metrics::Window::now)),
                    tr("Requests that ended in the last second")};
  group.figures += {tr("1 / 5 / 15 min"), of_windows(daemon, rate), tr("Requests a second")};
  Figure target{
      tr("Target"), unknown(),
      tr("How many operations a second there should be, as the operator set it; fewer may "
         "only mean that fewer were asked for")};
  if (layers != nullptr && layers->targets.operations_per_second != 0) {
    target.value =
        QString::fromStdString(metrics::format_rate(layers->targets.operations_per_second));
  }
  group.figures += target;
  group.figures += requests(daemon);
  const metrics::Outcomes& minute = daemon.window(metrics::Window::one_minute).outcomes;
  group.figures += {tr("Not ok, 1 min"), count(minute.failed()),
                    tr("%1 errors, %2 unanswered, %3 malformed, %4 cancelled. A client that asks "
                       "for what does not exist gets errors, too")
                        .arg(count(minute.error), count(minute.unanswered), count(minute.malformed),
                             count(minute.cancelled))};
  return group;
}

Figure clients(const metrics::Daemon& daemon) {
  return {tr("Clients"), count(daemon.gauges[shm::Gauge::connections]),
          tr("Connected now; %1 since the start; %2 sockets open")
              .arg(count(daemon.gauges[shm::Gauge::connections_total]),
                   count(daemon.gauges[shm::Gauge::open_descriptors]))};
}

Figure in_flight(const metrics::Snapshot& snapshot) {
  Figure figure{tr("In flight"), count(snapshot.daemon.inflight),
                tr("Requests that are being worked on, or wait for it")};
  figure.alarming =
      !snapshot.inflight.empty() && snapshot.inflight.front().age_ns >= InflightModel::kOldNs;
  return figure;
}

// Without workers (the preloaded plugin sees none) there is no queue to see either.
Figure workers(const metrics::Snapshot& snapshot, const metrics::LayersView* layers) {
  const std::uint64_t all = snapshot.daemon.gauges[shm::Gauge::workers_configured];
  Figure figure{tr("Workers"), unknown(), tr("The daemon does not say how many it has")};
  if (all == 0) return figure;
  figure.value = tr("%1 of %2 busy").arg(count(snapshot.daemon.workers_busy), count(all));
  const auto& used = layers != nullptr ? layers->worker_utilisation[1] : std::nullopt;
  figure.hint = tr("Used in the last minute: %1").arg(used ? percent(*used) : unknown());
  return figure;
}

Figure queue(const metrics::Snapshot& snapshot) {
  const bool known = snapshot.daemon.gauges[shm::Gauge::workers_configured] != 0;
  return {tr("Queue"), known ? count(snapshot.daemon.gauges[shm::Gauge::queue_depth]) : unknown(),
          tr("Requests that wait for a worker")};
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
    figure.alarming = metrics::cost_level(cost) == metrics::CostLevel::high;
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
                  .arg(waits, percent(most->waited_share), shown(most->operation->key.operation));
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
  return {tr("Lost"), count(overwritten + missed),
          tr("%1 overwritten before this window read them, %2 never written because every lane was "
             "taken. Of %3 records published, %4 were read; %5 were gone before this window began")
              .arg(count(overwritten), count(missed), count(snapshot.ring.published),
                   count(snapshot.ring.read), count(snapshot.ring.before_reader)),
          overwritten + missed != 0};
}

Figure freshness(const metrics::Snapshot& snapshot) {
  Figure figure{tr("Counted after"), unknown(), tr("No record came in the last minute")};
  if (const auto& age = snapshot.freshness.daemon) {
    figure.value = duration(static_cast<double>(age->p99_ns));
    figure.hint = tr("99 of 100 records of the last minute were counted here so soon after their "
                     "request had ended, half within %1")
                      .arg(duration(static_cast<double>(age->p50_ns)));
  }
  if (const auto& age = snapshot.freshness.outer) {
    figure.hint += tr("; of the layers outside, which report in batches, within %1")
                       .arg(duration(static_cast<double>(age->p99_ns)));
  }
  return figure;
}

Figure covered(const metrics::LayersView* layers) {
  Figure figure{tr("Coverage"), unknown(), tr("No layer outside of the daemon reports")};
  if (layers == nullptr) return figure;
  QStringList parts;
  double least = 1;
  for (const char* layer : metrics::kLayerNames) {
    const auto part = metrics::coverage(*layers, layer);
    if (!part) continue;
    least = std::min(least, *part);
    parts += QStringLiteral("%1 %2").arg(QString::fromLatin1(layer), percent(*part));
  }
  if (parts.isEmpty()) return figure;
  figure.value = percent(least);
  figure.hint = tr("The part of their operations of which there are spans: %1")
                    .arg(parts.join(QStringLiteral(", ")));
  return figure;
}

Figure segment(const metrics::Snapshot& snapshot) {
  return {tr("Telemetry\'s memory"),
          snapshot.own_cost.resident_bytes ? bytes(*snapshot.own_cost.resident_bytes) : unknown(),
          tr("The plugin\'s part of the process\'s memory; the segment has room for %1")
              .arg(bytes(snapshot.ring.segment_bytes))};
}

// A process of an outer layer that reports: what it uses.
Figure process(const metrics::LayerProcess& one) {
  const metrics::ProcessStats& stats = one.process;
  return {shown(one.layer),
          tr("%1, %2").arg(stats.cpu_ratio ? percent(*stats.cpu_ratio) : unknown(),
                           stats.resident_bytes ? bytes(*stats.resident_bytes) : unknown()),
          tr("CPU and resident memory of process %1, which reports for this layer").arg(stats.pid)};
}

}  // namespace

QList<FigureGroup> figure_groups(const metrics::Snapshot& snapshot,
                                 const metrics::LayersView* layers) {
  FigureGroup host{tr("Daemon"),
                   {clients(snapshot.daemon), in_flight(snapshot), queue(snapshot),
                    workers(snapshot, layers), cpu(snapshot.process), memory(snapshot)}};
  if (layers != nullptr) {
    constexpr qsizetype kMostProcesses = 6;
    qsizetype listed = 0;
    for (const metrics::LayerProcess& one : layers->processes) {
      if (!one.running || one.layer == metrics::kDaemonLayer || listed++ == kMostProcesses)
        continue;
      host.figures += process(one);
    }
  }
  const FigureGroup watching{tr("Watching"),
                             {freshness(snapshot), lost(snapshot), covered(layers),
                              own_cost(snapshot), segment(snapshot)}};
  return {latency(snapshot, layers), throughput(snapshot, layers), host, watching};
}

QList<Figure> quick_figures(const metrics::Snapshot& snapshot, const metrics::LayersView* layers) {
  return {requests(snapshot.daemon), clients(snapshot.daemon), in_flight(snapshot), queue(snapshot),
          workers(snapshot, layers)};
}

}  // namespace goxel_telemetry::viewer
