// SPDX-License-Identifier: GPL-3.0-or-later
// Estimates together with their uncertainty, and the difference of two estimates.
#pragma once

#include <functional>

namespace goxel_telemetry::metrics {

struct Limits {
  double low = 0;
  double high = 0;
};

// One number of one side of a comparison, on a scale on which differences mean something (the
// logarithm of a latency). A limit is infinite if there are not enough data for it.
struct Estimate {
  double value = 0;
  // Degrees of freedom of its standard error; 0: unknown, and so are its limits.
  double degrees = 0;
  // The limits that lie `errors` standard errors away from the value.
  std::function<Limits(double errors)> limits;
};

// An estimate with the limits value ± errors * standard_error.
Estimate symmetric_estimate(double value, double standard_error, double degrees);

struct Difference {
  double value = 0;  // b - a
  Limits interval;
  // Probability of an interval that excludes 0 as clearly as this one, if the true difference is 0.
  double p = 1;
};

// Two independent estimates, both with limits. The distance from a limit to its value says how far
// the estimate may err in that direction. Each limit of the difference is made from the squares of
// two such distances (method of variance estimates recovery), at the t quantile of the joint
// degrees of freedom.
Difference difference(const Estimate& a, const Estimate& b, double level);

}  // namespace goxel_telemetry::metrics
