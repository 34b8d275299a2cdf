// SPDX-License-Identifier: GPL-3.0-or-later
#include "viewer-qt/models/header_line.h"

#include <QCoreApplication>
#include <algorithm>
#include <cmath>

#include "metrics/text/format.h"

namespace goxel_telemetry::viewer {
namespace {

// A window that gets eleven frames a second and none for so long shows what is no longer so.
constexpr std::uint64_t kStaleNs = 1'000'000'000;

QString tr(const char* text) {
  return QCoreApplication::translate("HeaderLine", text);
}

// Tenths below ten seconds, rounded up, so that the line neither flickers nor claims to be younger than it is.
QString age_text(std::uint64_t ns) {
  constexpr double kTenthNs = 1e8;
  const double tenths = std::max(1.0, std::ceil(static_cast<double>(ns) / kTenthNs));
  const double seconds = tenths / 10;
  if (seconds < 10) return tr("%1 s").arg(seconds, 0, 'f', 1);
  return QString::fromStdString(metrics::format_duration(std::floor(seconds) * 1e9));
}

QString clock(std::uint64_t realtime_ns) {
  constexpr int kToTheSecond = 8;
  return QString::fromStdString(metrics::format_time_of_day(realtime_ns)).left(kToTheSecond);
}

QString sign(Tone tone) {
  switch (tone) {
    case Tone::good:
      return QStringLiteral("● ");
    case Tone::warning:
      return QStringLiteral("▲ ");
    case Tone::bad:
      return QStringLiteral("✖ ");
    case Tone::quiet:
      break;
  }
  return QStringLiteral("■ ");
}

}  // namespace

HeaderLine header_line(const metrics::Snapshot& snapshot, const Selection& selection,
                       std::uint64_t now_realtime_ns, std::uint64_t records_since) {
  const StateLine state = state_line(snapshot);
  HeaderLine line{state.badge, state.text, {}, state.tone};
  const std::uint64_t taken = snapshot.taken_realtime_ns;
  const std::uint64_t age = now_realtime_ns > taken ? now_realtime_ns - taken : 0;
  const bool live = snapshot.daemon.state == shm::ProducerState::live;
  if (age >= kStaleNs) {
    line.badge = tr("Stale, %1 old").arg(age_text(age));
    line.tone = Tone::warning;
  } else if (live && line.tone == Tone::good) {
    line.badge = tr("Live, %1 old").arg(age_text(age));
  } else if (has_data(snapshot.daemon.state) && !live) {
    line.badge = tr("Gone since %1").arg(clock(metrics::last_sign_of_life_ns(snapshot)));
  }
  if (selection.range && has_data(snapshot.daemon.state)) {
    const std::uint64_t end = selection.range->end_ns;
    const std::uint64_t behind = now_realtime_ns > end ? now_realtime_ns - end : 0;
    const QString paused = tr("Paused at %1, %2 behind, %3 new")
                               .arg(clock(end), age_text(behind),
                                    QString::fromStdString(metrics::format_count(records_since)));
    // What is wrong with the daemon is not hidden by a pause.
    line.badge = line.tone == Tone::good ? paused : line.badge + QStringLiteral(" · ") + paused;
    if (line.tone == Tone::good) line.tone = Tone::quiet;
  }
  line.title = line.badge;
  const metrics::Latency& minute = snapshot.daemon.window(metrics::Window::one_minute).latency;
  if (live && minute.count != 0) {
    line.title +=
        QStringLiteral(", ") + tr("p99 %1").arg(QString::fromStdString(
                                   metrics::format_duration(static_cast<double>(minute.p99_ns))));
  }
  // A title that changes ten times a second makes a task bar flicker.
  if (live && age < kStaleNs && !selection.range && line.tone == Tone::good) {
    line.title.replace(line.badge, tr("Live"));
  }
  line.badge.prepend(selection.range ? QStringLiteral("❚❚ ") : sign(line.tone));
  return line;
}

}  // namespace goxel_telemetry::viewer
