// SPDX-License-Identifier: GPL-3.0-or-later
// Where a time axis has its ticks: at round times of the wall clock.
#pragma once

#include <QList>
#include <QString>
#include <QTimeZone>
#include <cstdint>

#include "metrics/time.h"

namespace goxel_telemetry::viewer {

struct ClockTick {
  std::uint64_t at_ns = 0;  // CLOCK_REALTIME
  // "14:02:30", "14:02"; at midnight the day, "30 Nov"; where the zone's offset changes with it, "02:00 UTC+1".
  QString label;
  friend bool operator==(const ClockTick&, const ClockTick&) = default;
};

// At most about `most` ticks (at least 2), in rising order, at multiples of 1, 2, 5, 10, 15, 30 s or min, 1, 2, 3, 6, 12 h,
// 1, 2, 7 days of local time, across changes of the clocks. An hour that comes twice has its ticks twice.
QList<ClockTick> clock_ticks(const metrics::TimeStretch& range, int most, const QTimeZone& zone);

// The same step, in seconds.
std::uint64_t clock_step(const metrics::TimeStretch& range, int most);

// "14:02:31", with as many digits of a second as `step_ns`, a distance between two points, asks for.
QString clock_time(std::uint64_t realtime_ns, std::uint64_t step_ns, const QTimeZone& zone);
// "30 Nov, UTC+1"
QString clock_day(std::uint64_t realtime_ns, const QTimeZone& zone);

}  // namespace goxel_telemetry::viewer
