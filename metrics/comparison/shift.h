// SPDX-License-Identifier: GPL-3.0-or-later
// How one number moved from side A (before) to side B (after) of a comparison, and whether that is
// proven.
#pragma once

#include <optional>
#include <vector>

#include "metrics/comparison/interval.h"

namespace goxel_telemetry::metrics {

enum class Change {
  too_little_data,  // for an interval
  not_proven,
  less,
  more,
};
const char* to_string(Change change);  // "too little data", "not proven", "less", "more"

struct Shift {
  std::optional<double> a;
  std::optional<double> b;
  std::optional<double> shift;
  // Empty if there are not enough data for this limit.
  std::optional<double> low;
  std::optional<double> high;
  std::optional<double> p;  // adjusted for the number of shifts that were asked about together
  Change change = Change::too_little_data;
};

enum class Scale {
  logarithm,  // a and b are the exponentials of the estimates, the shift is b / a - 1
  plain,      // the shift is b - a
};

// Not judged yet: `change` is not_proven if there is an interval.
Shift shift_of(const std::optional<Estimate>& a, const std::optional<Estimate>& b, Scale scale,
               double level);

// Adjusts the p values of shifts that are asked about together (holm.h).
void adjust_as_one_set(const std::vector<Shift*>& shifts);

// Whether a ratio less 1 is as far from 0 as `least`, up or down. The answer does not depend on
// which side is called A: a ratio of 0.95 is as far from 1 as a ratio of 1 / 0.95.
bool relevant_ratio(double shift, double least);

// A shift is proven if it is relevant and its p value is below 1 - level.
void judge(Shift& shift, bool relevant, double level);

}  // namespace goxel_telemetry::metrics
