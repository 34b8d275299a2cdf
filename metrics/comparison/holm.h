// SPDX-License-Identifier: GPL-3.0-or-later
// Many questions asked of the same data: who asks a hundred is wrong in five by luck alone.
#pragma once

#include <span>

namespace goxel_telemetry::metrics {

// Raises p values in place so that, whichever of the questions have nothing to find, the chance
// that any of those falls below a value is at most that value (Holm 1979; needs no independence).
void adjust_by_holm(std::span<double*> p_values);

}  // namespace goxel_telemetry::metrics
