// SPDX-License-Identifier: GPL-3.0-or-later
// A value axis that holds still: it grows at once, so that nothing is cut off, and shrinks 10 to 20 s after less would
// do, so that one can compare by eye.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>

#include "viewer-qt/charts/axis_scale.h"

namespace goxel_telemetry::viewer {

class SteadyScale {
 public:
  static constexpr std::uint64_t kShrinkAfterNs = 10'000'000'000;

  // Makes the scale that fits values from `least` to `most`.
  using Fit = std::function<AxisScale(double least, double most)>;
  SteadyScale(Fit fit, AxisScale first) : fit_(std::move(fit)), scale_(std::move(first)) {}

  const AxisScale& scale() const { return scale_; }
  // The values that are shown now; `now_ns` may be of any clock that goes on. True if the scale changed.
  bool hold(double least, double most, std::uint64_t now_ns);
  // Values of something else: what was before does not matter. True if the scale changed.
  bool begin(double least, double most, std::uint64_t now_ns);

  // Locked, it neither grows nor shrinks.
  void lock(bool locked) { locked_ = locked; }
  bool is_locked() const { return locked_; }

 private:
  struct Extremes {
    double least = std::numeric_limits<double>::infinity();
    double most = -std::numeric_limits<double>::infinity();
  };

  Fit fit_;
  AxisScale scale_;
  bool locked_ = false;
  // Of the running ten seconds, and of the ten before.
  Extremes now_;
  Extremes before_;
  std::uint64_t began_ns_ = 0;
};

}  // namespace goxel_telemetry::viewer
