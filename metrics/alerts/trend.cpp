// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/alerts/trend.h"

#include <algorithm>
#include <limits>

#include "metrics/time.h"

namespace goxel_telemetry::metrics {

void Trend::add(double value, std::uint64_t window_seconds, std::uint64_t monotonic_ns) {
  if (window_seconds != window_seconds_) points_.clear();
  window_seconds_ = window_seconds;
  const std::uint64_t length = window_seconds * kNsPerSecond / kMostPoints;
  // After a pause of several points nobody knows what happened meanwhile.
  if (!points_.empty() && monotonic_ns > points_.back().begin_ns + 3 * length) points_.clear();
  if (points_.empty() || monotonic_ns >= points_.back().begin_ns + length) {
    points_.push_back({monotonic_ns, value});
    if (points_.size() > kMostPoints) points_.pop_front();
  } else {
    points_.back().lowest = std::min(points_.back().lowest, value);
  }
}

std::vector<double> Trend::lowest_of_parts() const {
  std::vector<double> lowest(kParts, std::numeric_limits<double>::infinity());
  for (std::size_t i = 0; i < points_.size(); ++i) {
    double& part = lowest[i * kParts / kMostPoints];
    part = std::min(part, points_[i].lowest);
  }
  return lowest;
}

std::optional<double> Trend::growth() const {
  if (!is_full()) return std::nullopt;
  const std::vector<double> parts = lowest_of_parts();
  for (std::size_t i = 1; i < parts.size(); ++i) {
    if (parts[i] <= parts[i - 1]) return std::nullopt;
  }
  return parts.back() - parts.front();
}

double Trend::lowest_of_last_part() const {
  return is_full() ? lowest_of_parts().back() : 0;
}

std::vector<double> Trend::course() const {
  std::vector<double> values;
  for (const Point& point : points_) values.push_back(point.lowest);
  return values;
}

}  // namespace goxel_telemetry::metrics
