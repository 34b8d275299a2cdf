// SPDX-License-Identifier: GPL-3.0-or-later
// A gauge over the latest stretch of time, and whether it only grows.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

namespace goxel_telemetry::metrics {

class Trend {
 public:
  static constexpr std::size_t kParts = 6;
  static constexpr std::size_t kMostPoints =
      120;  // the lowest value of each stretch of time between two points

  // Called about once a second. Another `window_seconds` begins anew.
  void add(double value, std::uint64_t window_seconds, std::uint64_t monotonic_ns);
  void clear() { points_.clear(); }

  // How much the lowest value of the window's last part lies above that of its first, if in each part the lowest value is
  // higher than in the one before. Lowest values, because what comes and goes leaves them as they are. Empty: it does not
  // grow, or the window is not full yet.
  std::optional<double> growth() const;
  std::uint64_t window_seconds() const { return window_seconds_; }
  double lowest_of_last_part() const;
  std::vector<double> course() const;

 private:
  struct Point {
    std::uint64_t begin_ns;
    double lowest;
  };
  bool is_full() const { return points_.size() == kMostPoints; }
  std::vector<double> lowest_of_parts() const;

  std::deque<Point> points_;
  std::uint64_t window_seconds_ = 0;
};

}  // namespace goxel_telemetry::metrics
