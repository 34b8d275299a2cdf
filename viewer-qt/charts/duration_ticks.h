// SPDX-License-Identifier: GPL-3.0-or-later
// Ticks of an axis of durations that is cut into bars.
#pragma once

#include "viewer-qt/charts/axis_scale.h"
#include "viewer-qt/models/distribution.h"

namespace goxel_telemetry::viewer {

// Positions are places of the grid. The bar beyond has its own label, in its middle.
QList<Tick> duration_ticks(const DurationGrid& grid);

}  // namespace goxel_telemetry::viewer
