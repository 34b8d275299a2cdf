// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/comparison/interval.h"

#include <cassert>
#include <cmath>

#include "metrics/comparison/student_t.h"

namespace goxel_telemetry::metrics {
namespace {

constexpr double kMostErrors = 1e3;

Limits limits_of_difference(const Estimate& a, const Estimate& b, double errors) {
  const Limits of_a = a.limits(errors);
  const Limits of_b = b.limits(errors);
  const double value = b.value - a.value;
  return {value - std::hypot(b.value - of_b.low, of_a.high - a.value),
          value + std::hypot(of_b.high - b.value, a.value - of_a.low)};
}

// The joint degrees of freedom by Welch and Satterthwaite. The standard error is half the distance
// between the limits at one standard error. Unknown if those of one estimate are unknown.
double joint_degrees(const Estimate& a, const Estimate& b) {
  const auto variance = [](const Estimate& e) {
    const Limits one = e.limits(1);
    return std::pow((one.high - one.low) / 2, 2);
  };
  const double va = variance(a);
  const double vb = variance(b);
  const double joint = (va + vb) * (va + vb) / (va * va / a.degrees + vb * vb / b.degrees);
  return std::isfinite(joint) && joint > 0 ? joint : std::min(a.degrees, b.degrees);
}

}  // namespace

Estimate symmetric_estimate(double value, double standard_error, double degrees) {
  return {value, degrees, [value, standard_error](double errors) {
            return Limits{value - errors * standard_error, value + errors * standard_error};
          }};
}

Difference difference(const Estimate& a, const Estimate& b, double level) {
  assert(a.degrees > 0 && b.degrees > 0);
  const double degrees = joint_degrees(a, b);
  Difference out;
  out.value = b.value - a.value;
  out.interval = limits_of_difference(a, b, student_t_critical(level, degrees));

  const auto excludes_zero = [&](double errors) {
    const Limits limits = limits_of_difference(a, b, errors);
    return limits.low > 0 || limits.high < 0;
  };
  double reaches = kMostErrors;
  double excludes = 0;
  if (excludes_zero(kMostErrors)) {
    excludes = kMostErrors;
  } else {
    for (int i = 0; i < 60; ++i) {
      const double middle = (excludes + reaches) / 2;
      (excludes_zero(middle) ? excludes : reaches) = middle;
    }
  }
  out.p = student_t_outside(excludes, degrees);
  return out;
}

}  // namespace goxel_telemetry::metrics
