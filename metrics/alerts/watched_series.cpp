// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/alerts/watched_series.h"

namespace goxel_telemetry::metrics {

const char* to_string(WatchedSeries::State state) {
  switch (state) {
    case WatchedSeries::State::learning:
      return "learning";
    case WatchedSeries::State::arming:
      return "arming";
    case WatchedSeries::State::watching:
      return "watching";
    case WatchedSeries::State::suspects:
      return "suspects";
    case WatchedSeries::State::warning:
      return "warning";
    case WatchedSeries::State::confirmed:
      break;
  }
  return "confirmed";
}

}  // namespace goxel_telemetry::metrics
