// SPDX-License-Identifier: GPL-3.0-or-later
#include "viewer-qt/models/daemon_state.h"

#include <QCoreApplication>

#include "metrics/text/format.h"
#include "viewer-qt/models/shown.h"

namespace goxel_telemetry::viewer {
namespace {

QString tr(const char* text) {
  return QCoreApplication::translate("StateLine", text);
}

QString duration(double seconds) {
  return QString::fromStdString(metrics::format_duration(seconds * 1e9));
}

QString host(const metrics::Daemon& daemon) {
  const QString name = shown(daemon.host_name);
  return daemon.host_version.empty() ? name : name + QLatin1Char(' ') + shown(daemon.host_version);
}

StateLine live_line(const metrics::Snapshot& snapshot) {
  const metrics::Daemon& daemon = snapshot.daemon;
  QStringList facts = {
      host(daemon), tr("process %1").arg(snapshot.process.pid),
      tr("instance %1").arg(QString::fromStdString(snapshot.instance)),
      tr("since %1 (%2)")
          .arg(QString::fromStdString(metrics::format_date_time(daemon.started_realtime_ns)),
               duration(daemon.uptime_seconds))};
  if (const auto& age = snapshot.freshness.daemon) {
    facts += tr("counted after %1 (p99)").arg(duration(static_cast<double>(age->p99_ns) / 1e9));
  }
  const bool silent = metrics::is_silent(snapshot);
  if (silent) facts += tr("no sign of life for %1").arg(duration(daemon.heartbeat_age_seconds));
  const QString text = facts.join(QStringLiteral("  ·  "));
  return silent ? StateLine{tr("Silent"), text, Tone::warning}
                : StateLine{tr("Live"), text, Tone::good};
}

// "… at about": the last sign of life is up to a second older than the end.
StateLine ended_line(const metrics::Snapshot& snapshot, const QString& badge, const QString& how,
                     Tone tone) {
  const metrics::Daemon& daemon = snapshot.daemon;
  const std::uint64_t ended_realtime_ns =
      daemon.started_realtime_ns + static_cast<std::uint64_t>(daemon.uptime_seconds * 1e9);
  const QString in_flight =
      daemon.inflight == 0 ? tr("nothing in flight")
      : daemon.inflight == 1
          ? tr("1 request in flight")
          : tr("%1 requests in flight")
                .arg(QString::fromStdString(metrics::format_count(daemon.inflight)));
  return {badge,
          tr("%1 (process %2, instance %3) %4 at about %5, after %6, with %7. "
             "Waiting for its next run.")
              .arg(host(daemon), QString::number(snapshot.process.pid),
                   QString::fromStdString(snapshot.instance), how,
                   QString::fromStdString(metrics::format_date_time(ended_realtime_ns)),
                   duration(daemon.uptime_seconds), in_flight),
          tone};
}

}  // namespace

StateLine state_line(const metrics::Snapshot& snapshot) {
  using shm::ProducerState;
  switch (snapshot.daemon.state) {
    case ProducerState::live:
      return live_line(snapshot);
    case ProducerState::dead:
      return ended_line(snapshot, tr("Died"), tr("was killed or crashed"), Tone::bad);
    case ProducerState::retired:
      return ended_line(snapshot, tr("Ended"), tr("ended in an orderly way"), Tone::quiet);
    case ProducerState::not_permitted:
      return {tr("No permission"), as_sentence(snapshot.daemon.message), Tone::bad};
    case ProducerState::unusable:
      return {tr("Unusable"), as_sentence(snapshot.daemon.message), Tone::bad};
    case ProducerState::absent:
      break;
  }
  return {tr("Waiting"), as_sentence(snapshot.daemon.message), Tone::quiet};
}

bool has_data(shm::ProducerState state) {
  using shm::ProducerState;
  return state == ProducerState::live || state == ProducerState::dead ||
         state == ProducerState::retired;
}

QString as_sentence(const std::string& message) {
  QString text = shown(message);
  if (text.isEmpty()) return text;
  text[0] = text[0].toUpper();
  return text.endsWith(QLatin1Char('.')) ? text : text + QLatin1Char('.');
}

}  // namespace goxel_telemetry::viewer
