// SPDX-License-Identifier: GPL-3.0-or-later
// Student's t distribution: how far an estimate may lie from the truth if its spread was estimated,
// too. `degrees` (of freedom) need not be a whole number.
#pragma once

namespace goxel_telemetry::metrics {

// The probability of a value that is further from 0 than `t`, on either side.
double student_t_outside(double t, double degrees);

// The t for which student_t_outside() is 1 - level: 1.96 at level 0.95 and many degrees.
double student_t_critical(double level, double degrees);

}  // namespace goxel_telemetry::metrics
