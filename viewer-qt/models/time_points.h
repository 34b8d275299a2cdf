// SPDX-License-Identifier: GPL-3.0-or-later
// What the charts draw: a range of time in columns, and what happened in it.
#pragma once

#include <QList>
#include <QString>
#include <cstdint>
#include <vector>

#include "metrics/history/answer.h"
#include "metrics/time.h"
#include "viewer-qt/selection.h"

namespace goxel_telemetry::viewer {

// A column of time. Latencies are of answered requests; without any, they are not there: NaN.
struct TimePoint {
  std::uint64_t begin_ns = 0;  // CLOCK_REALTIME
  std::uint64_t end_ns = 0;
  bool watched = false;  // else nothing is known of it
  std::uint64_t records = 0;
  std::uint64_t failed = 0;
  std::uint64_t answered = 0;
  double per_second = 0;
  double failed_per_second = 0;
  double most_per_second = 0;  // in the busiest part: a peak that is shorter than the column
  double mean_ns = 0;
  double p50_ns = 0;
  double p95_ns = 0;
  double p99_ns = 0;
  double max_ns = 0;

  std::uint64_t middle_ns() const { return begin_ns + (end_ns - begin_ns) / 2; }
};

// Counts only records that ended as `status` says; latencies are of all answered requests.
TimePoint time_point(const metrics::TallyPoint& tally, StatusChoice status);

enum class MarkKind { start, end, crash, loss, bridge, baseline, note, warning, confirmed };
struct Mark {
  std::uint64_t at_ns = 0;  // CLOCK_REALTIME
  MarkKind kind = MarkKind::note;
  QString text;  // a sentence; may hold names from clients
  // Of what lasted: an alert. 0: it is of a moment.
  std::uint64_t until_ns = 0;
  static constexpr std::uint64_t kNoEnd = UINT64_MAX;  // it still lasts

  bool lasts_at(std::uint64_t realtime_ns) const {
    return at_ns <= realtime_ns && realtime_ns < until_ns;
  }
  friend bool operator==(const Mark&, const Mark&) = default;
};
// One character that tells kinds apart without colour.
QChar glyph(MarkKind kind);

struct TimePoints {
  std::uint64_t point_ns = metrics::kNsPerSecond;
  std::vector<TimePoint> points;  // in the order of time, without overlaps

  // The column in which a moment lies; null if there is none.
  const TimePoint* at(std::uint64_t realtime_ns) const;
  std::uint64_t begin_ns() const { return points.empty() ? 0 : points.front().begin_ns; }
  std::uint64_t end_ns() const { return points.empty() ? 0 : points.back().end_ns; }
};

}  // namespace goxel_telemetry::viewer
