// SPDX-License-Identifier: GPL-3.0-or-later
#include "viewer-qt/points_cache.h"

#include <algorithm>

namespace goxel_telemetry::viewer {
namespace {

using metrics::kNsPerSecond;

// Layers report in batches: columns this young may still change.
constexpr std::uint64_t kYoungNs = 3 * kNsPerSecond;

bool same(const metrics::HistoryFilter& a, const metrics::HistoryFilter& b) {
  return a.instance == b.instance && a.operation == b.operation && a.stack == b.stack &&
         a.protocol == b.protocol && a.layer == b.layer && a.with_tools == b.with_tools;
}

}  // namespace

std::shared_ptr<const TimePoints> PointsCache::points(Past& past,
                                                      const metrics::HistoryFilter& filter,
                                                      StatusChoice status,
                                                      const metrics::TimeStretch& range,
                                                      std::uint32_t most, std::uint64_t now_ns) {
  const std::uint64_t length = metrics::whole_seconds(range).length;
  const std::uint64_t step = point_seconds(length, most);
  metrics::TimeStretch missing = range;
  const bool goes_on = kept_ && same(kept_->filter, filter) && kept_->status == status &&
                       kept_->point_seconds == step && !kept_->points.empty() &&
                       kept_->points.front().begin_ns <= range.begin_ns &&
                       kept_->points.back().end_ns > range.begin_ns;
  if (goes_on) {
    auto& points = kept_->points;
    while (!points.empty() && points.back().end_ns + kYoungNs > now_ns) points.pop_back();
    std::erase_if(points, [&](const TimePoint& p) { return p.end_ns <= range.begin_ns; });
    if (!points.empty()) missing.begin_ns = points.back().end_ns;
  } else {
    kept_ = Kept{filter, status, step, {}};
  }
  if (missing.begin_ns < missing.end_ns) {
    for (const metrics::TallyPoint& point : past.points(filter, missing, step)) {
      if ((point.begin_seconds + point.seconds) * kNsPerSecond > now_ns) continue;
      if (!kept_->points.empty() &&
          point.begin_seconds * kNsPerSecond < kept_->points.back().end_ns) {
        continue;
      }
      kept_->points.push_back(time_point(point, status));
    }
  }
  auto out = std::make_shared<TimePoints>();
  out->point_ns = step * kNsPerSecond;
  out->points = kept_->points;
  return out;
}

}  // namespace goxel_telemetry::viewer
