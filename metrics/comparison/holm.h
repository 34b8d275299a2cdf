// SPDX-License-Identifier: GPL-3.0-or-later
// Corrects for many questions about the same data: of a hundred questions, five get a wrong answer
// by luck alone.
#pragma once

#include <span>

namespace goxel_telemetry::metrics {

// Raises p values in place. Afterwards, among the questions for which there is no effect, the
// chance that any of their p values falls below some value is at most that value, whichever
// questions these are (Holm 1979; the questions need not be independent).
void adjust_by_holm(std::span<double*> p_values);

}  // namespace goxel_telemetry::metrics
