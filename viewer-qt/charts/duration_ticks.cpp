// SPDX-License-Identifier: GPL-3.0-or-later
#include "viewer-qt/charts/duration_ticks.h"

#include <cmath>

namespace goxel_telemetry::viewer {

QList<Tick> duration_ticks(const DurationGrid& grid) {
  QList<Tick> ticks;
  const std::uint64_t low = grid.low_ns(0);
  const std::uint64_t high = grid.high_ns(grid.bars() - 1);
  for (const Tick& tick :
       duration_scale(static_cast<double>(low), static_cast<double>(high)).ticks) {
    const auto ns = static_cast<std::uint64_t>(std::llround(std::pow(10, tick.at)));
    if (ns >= low && ns <= high) ticks.append({grid.place_of(ns), tick.label});
  }
  if (grid.has_beyond())
    ticks.append({grid.begin_of(grid.bars()) + 0.5, QStringLiteral("> 137 s")});
  return ticks;
}

}  // namespace goxel_telemetry::viewer
