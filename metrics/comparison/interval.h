// SPDX-License-Identifier: GPL-3.0-or-later
// Estimates that know how uncertain they are, and the difference of two of them.
#pragma once

#include <functional>

namespace goxel_telemetry::metrics {

struct Limits {
  double low = 0;
  double high = 0;
};

// One number of one side of a comparison, on a scale on which differences mean something (the
// logarithm of a latency). A limit is infinite where the data do not reach.
struct Estimate {
  double value = 0;
  double degrees = 0;  // of freedom of its standard error; 0: unknown, and so are its limits
  // The limits that lie so many standard errors away from the value.
  std::function<Limits(double errors)> limits;
};

// value ± errors * standard_error.
Estimate symmetric_estimate(double value, double standard_error, double degrees);

struct Difference {
  double value = 0;  // b - a
  Limits interval;
  double p = 1;  // probability of an interval that excludes 0 as clearly as this, if there is none
};

// Two independent estimates, both with limits. The distance from each limit to its value says how
// far that side may err, in that direction: limits of the difference come from both by squares
// (method of variance estimates recovery), at the t quantile of their joint degrees of freedom.
Difference difference(const Estimate& a, const Estimate& b, double level);

}  // namespace goxel_telemetry::metrics
