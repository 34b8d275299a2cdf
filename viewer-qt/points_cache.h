// SPDX-License-Identifier: GPL-3.0-or-later
// The columns of the last look, so that a second that passes costs the reading of a few columns and not of all.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "metrics/history/answer.h"
#include "viewer-qt/models/time_points.h"
#include "viewer-qt/past.h"

namespace goxel_telemetry::viewer {

class PointsCache {
 public:
  // Columns of the range that are over: those that end at `now_ns`, CLOCK_REALTIME, or before. At most about `most`.
  std::shared_ptr<const TimePoints> points(Past& past, const metrics::HistoryFilter& filter,
                                           StatusChoice status, const metrics::TimeStretch& range,
                                           std::uint32_t most, std::uint64_t now_ns);
  void forget() { kept_.reset(); }

 private:
  struct Kept {
    metrics::HistoryFilter filter;
    StatusChoice status;
    std::uint64_t point_seconds;
    std::vector<TimePoint> points;
  };
  std::optional<Kept> kept_;
};

}  // namespace goxel_telemetry::viewer
