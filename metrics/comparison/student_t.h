// SPDX-License-Identifier: GPL-3.0-or-later
// Student's t distribution: how far an estimate may lie from the truth when its own spread was
// estimated, too. `degrees` need not be whole.
#pragma once

namespace goxel_telemetry::metrics {

// Probability of a value further from 0 than `t`, on either side.
double student_t_outside(double t, double degrees);

// The t that student_t_outside() gives 1 - level for: 1.96 at level 0.95 and many degrees.
double student_t_critical(double level, double degrees);

}  // namespace goxel_telemetry::metrics
