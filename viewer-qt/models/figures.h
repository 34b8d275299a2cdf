// SPDX-License-Identifier: GPL-3.0-or-later
// The headline figures: those that a person looks at first.
#pragma once

#include <QString>
#include <array>

#include "metrics/live/snapshot.h"

namespace goxel_telemetry::viewer {

struct Figure {
  QString name;
  QString value;
  QString hint;  // what exactly the figure counts
  bool alarming = false;
  bool noteworthy = false;  // less than alarming
};
inline constexpr std::size_t kFigureCount = 10;
std::array<Figure, kFigureCount> figures(const metrics::Snapshot& snapshot);

}  // namespace goxel_telemetry::viewer
