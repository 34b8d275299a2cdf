// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/comparison/shift.h"

#include <cmath>

#include "metrics/comparison/holm.h"

namespace goxel_telemetry::metrics {

const char* to_string(Change change) {
  switch (change) {
    case Change::too_little_data:
      break;
    case Change::not_proven:
      return "not proven";
    case Change::less:
      return "less";
    case Change::more:
      return "more";
  }
  return "too little data";
}

Shift shift_of(const std::optional<Estimate>& a, const std::optional<Estimate>& b, Scale scale,
               double level) {
  const bool ratio = scale == Scale::logarithm;
  const auto number = [ratio](const Estimate& e) { return ratio ? std::exp(e.value) : e.value; };
  const auto on_scale = [ratio](double difference) {
    const double shift = ratio ? std::expm1(difference) : difference;
    return std::isfinite(shift) ? std::optional(shift) : std::nullopt;
  };
  Shift out;
  if (a) out.a = number(*a);
  if (b) out.b = number(*b);
  if (!a || !b) return out;
  out.shift = on_scale(b->value - a->value);
  if (a->degrees == 0 || b->degrees == 0) return out;
  const Difference found = difference(*a, *b, level);
  // A limit is infinite if there were not enough data for it. As a ratio, an infinite low limit
  // would become 0 and look like a result.
  if (std::isfinite(found.interval.low)) out.low = on_scale(found.interval.low);
  if (std::isfinite(found.interval.high)) out.high = on_scale(found.interval.high);
  out.p = found.p;
  out.change = Change::not_proven;
  return out;
}

void adjust_as_one_set(const std::vector<Shift*>& shifts) {
  std::vector<double*> values;
  for (Shift* shift : shifts) {
    if (shift->p) values.push_back(&*shift->p);
  }
  adjust_by_holm(values);
}

bool relevant_ratio(double shift, double least) {
  return std::abs(std::log1p(shift)) >= std::log1p(least);
}

void judge(Shift& shift, bool relevant, double level) {
  if (!shift.p || !relevant || *shift.p >= 1 - level) return;
  shift.change = *shift.shift > 0 ? Change::more : Change::less;
}

}  // namespace goxel_telemetry::metrics
