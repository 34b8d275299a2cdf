// SPDX-License-Identifier: GPL-3.0-or-later
#include "viewer-qt/models/time_points.h"

#include <algorithm>
#include <limits>

#include "metrics/tally/statistics.h"

namespace goxel_telemetry::viewer {
namespace {

std::uint64_t counted(const metrics::Outcomes& outcomes, StatusChoice status) {
  const std::uint64_t failed = outcomes.failed();
  switch (status) {
    case StatusChoice::ok:
      return outcomes.all() - failed;
    case StatusChoice::failed:
      return failed;
    case StatusChoice::any:
      break;
  }
  return outcomes.all();
}

}  // namespace

TimePoint time_point(const metrics::TallyPoint& tally, StatusChoice status) {
  TimePoint point;
  point.begin_ns = tally.begin_seconds * metrics::kNsPerSecond;
  point.end_ns = point.begin_ns + tally.seconds * metrics::kNsPerSecond;
  point.watched = tally.covered_seconds > 0;
  const metrics::Outcomes& outcomes = tally.tally.outcomes;
  point.records = counted(outcomes, status);
  point.failed = status == StatusChoice::ok ? 0 : outcomes.failed();
  if (point.watched) {
    point.per_second = static_cast<double>(point.records) / tally.covered_seconds;
    point.failed_per_second = static_cast<double>(point.failed) / tally.covered_seconds;
    // The peak is of all records; of a part of them nobody knows it.
    point.most_per_second = status == StatusChoice::any
                                ? std::max(tally.most_per_second, point.per_second)
                                : point.per_second;
  }
  const metrics::Latency latency = metrics::latency_of(tally.tally.latency);
  point.answered = latency.count;
  const auto known = [&latency](auto ns) {
    return latency.count == 0 ? std::numeric_limits<double>::quiet_NaN() : static_cast<double>(ns);
  };
  point.mean_ns = known(latency.mean_ns);
  point.p50_ns = known(latency.p50_ns);
  point.p95_ns = known(latency.p95_ns);
  point.p99_ns = known(latency.p99_ns);
  point.max_ns = known(latency.max_ns);
  return point;
}

QChar glyph(MarkKind kind) {
  switch (kind) {
    case MarkKind::start:
      return QChar(0x25B6);  // ▶
    case MarkKind::end:
      return QChar(0x25A0);  // ■
    case MarkKind::crash:
      return QChar(0x2716);  // ✖
    case MarkKind::loss:
      return QChar(0x2205);  // ∅
    case MarkKind::bridge:
      return QChar(0x21BB);  // ↻
    case MarkKind::baseline:
      return QChar(0x25C6);  // ◆
    case MarkKind::warning:
      return QChar(0x25B3);  // △
    case MarkKind::confirmed:
      return QChar(0x25B2);  // ▲
    case MarkKind::note:
      break;
  }
  return QChar(0x270E);  // ✎
}

const TimePoint* TimePoints::at(std::uint64_t realtime_ns) const {
  const auto found = std::partition_point(
      points.begin(), points.end(),
      [realtime_ns](const TimePoint& point) { return point.end_ns <= realtime_ns; });
  return found == points.end() || found->begin_ns > realtime_ns ? nullptr : &*found;
}

}  // namespace goxel_telemetry::viewer
