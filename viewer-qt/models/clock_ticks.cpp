// SPDX-License-Identifier: GPL-3.0-or-later
#include "viewer-qt/models/clock_ticks.h"

#include <QDateTime>
#include <QLocale>
#include <algorithm>
#include <array>

namespace goxel_telemetry::viewer {
namespace {

using metrics::kNsPerSecond;

constexpr std::int64_t kDay = 86'400;

QDateTime local(std::int64_t seconds, const QTimeZone& zone) {
  return QDateTime::fromSecsSinceEpoch(seconds, zone);
}

std::int64_t offset_at(std::int64_t seconds, const QTimeZone& zone) {
  return zone.offsetFromUtc(QDateTime::fromSecsSinceEpoch(seconds, QTimeZone::utc()));
}

QString day(const QDateTime& time) {
  return QLocale::c().toString(time, QStringLiteral("d MMM"));
}

QString offset_text(std::int64_t offset) {
  if (offset == 0) return QStringLiteral("UTC");
  const std::int64_t minutes = std::abs(offset) / 60;
  QString text = QStringLiteral("UTC") + (offset < 0 ? QChar(0x2212) : QChar('+')) +
                 QString::number(minutes / 60);
  if (minutes % 60 != 0) text += QStringLiteral(":%1").arg(minutes % 60, 2, 10, QLatin1Char('0'));
  return text;
}

// The first moment not before `seconds` at which the local clock shows a multiple of `step`. A change of the clocks
// between the two may need a second look.
std::int64_t round_up_local(std::int64_t seconds, std::int64_t step, const QTimeZone& zone) {
  for (int look = 0; look < 4; ++look) {
    const std::int64_t past = (seconds + offset_at(seconds, zone)) % step;
    if (past == 0) break;
    seconds += step - past;
  }
  return seconds;
}

}  // namespace

std::uint64_t clock_step(const metrics::TimeStretch& range, int most) {
  constexpr std::array<std::uint64_t, 20> kSteps = {
      1,   2,     5,     10,    15,     30,     60,     120,    300,     600,
      900, 1'800, 3'600, 7'200, 10'800, 21'600, 43'200, 86'400, 172'800, 604'800};
  const std::uint64_t length = (range.end_ns - range.begin_ns) / kNsPerSecond;
  const auto ticks = static_cast<std::uint64_t>(std::max(most, 2));
  for (const std::uint64_t step : kSteps) {
    if (length / step < ticks) return step;
  }
  return kSteps.back() * (length / kSteps.back() / ticks + 1);
}

QList<ClockTick> clock_ticks(const metrics::TimeStretch& range, int most, const QTimeZone& zone) {
  QList<ClockTick> ticks;
  if (range.end_ns <= range.begin_ns) return ticks;
  const auto step = static_cast<std::int64_t>(clock_step(range, most));
  const auto begin = static_cast<std::int64_t>((range.begin_ns + kNsPerSecond - 1) / kNsPerSecond);
  const auto end = static_cast<std::int64_t>(range.end_ns / kNsPerSecond);
  std::int64_t before = offset_at(begin, zone);
  // Half a step on, so that no multiple is missed when the clocks go forward in between.
  for (std::int64_t at = round_up_local(begin, step, zone); at <= end;
       at = round_up_local(at + std::max<std::int64_t>(step / 2, 1), step, zone)) {
    const QDateTime time = local(at, zone);
    const std::int64_t offset = offset_at(at, zone);
    QString label;
    if ((at + offset) % kDay == 0) {
      label = day(time);
    } else {
      label = time.toString(step < 60 ? QStringLiteral("HH:mm:ss") : QStringLiteral("HH:mm"));
    }
    if (offset != before) label += QLatin1Char(' ') + offset_text(offset);
    before = offset;
    ticks.append({static_cast<std::uint64_t>(at) * kNsPerSecond, label});
  }
  return ticks;
}

QString clock_time(std::uint64_t realtime_ns, std::uint64_t step_ns, const QTimeZone& zone) {
  const auto seconds = static_cast<std::int64_t>(realtime_ns / kNsPerSecond);
  QString text = local(seconds, zone).toString(QStringLiteral("HH:mm:ss"));
  int digits = 0;
  for (std::uint64_t unit = kNsPerSecond; unit > std::max<std::uint64_t>(step_ns, 1) && digits < 9;
       unit /= 10) {
    ++digits;
  }
  if (digits == 0) return text;
  return text + QLatin1Char('.') +
         QStringLiteral("%1").arg(realtime_ns % kNsPerSecond, 9, 10, QLatin1Char('0')).left(digits);
}

QString clock_day(std::uint64_t realtime_ns, const QTimeZone& zone) {
  const auto seconds = static_cast<std::int64_t>(realtime_ns / kNsPerSecond);
  return day(local(seconds, zone)) + QStringLiteral(", ") + offset_text(offset_at(seconds, zone));
}

}  // namespace goxel_telemetry::viewer
