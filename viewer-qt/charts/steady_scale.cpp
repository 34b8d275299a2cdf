// SPDX-License-Identifier: GPL-3.0-or-later
#include "viewer-qt/charts/steady_scale.h"

#include <algorithm>
#include <utility>

namespace goxel_telemetry::viewer {

bool SteadyScale::begin(double least, double most, std::uint64_t now_ns) {
  before_ = now_ = {};
  began_ns_ = now_ns;
  return hold(least, most, now_ns);
}

bool SteadyScale::hold(double least, double most, std::uint64_t now_ns) {
  if (now_ns - began_ns_ >= kShrinkAfterNs) {
    before_ = std::exchange(now_, {});
    began_ns_ = now_ns;
  }
  now_ = {std::min(now_.least, least), std::max(now_.most, most)};
  if (locked_) return false;
  AxisScale fitting = fit_(std::min(now_.least, before_.least), std::max(now_.most, before_.most));
  if (fitting == scale_) return false;
  scale_ = std::move(fitting);
  return true;
}

}  // namespace goxel_telemetry::viewer
