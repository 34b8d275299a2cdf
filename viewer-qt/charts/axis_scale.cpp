// SPDX-License-Identifier: GPL-3.0-or-later
#include "viewer-qt/charts/axis_scale.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>

#include "metrics/text/format.h"

namespace goxel_telemetry::viewer {
namespace {

constexpr std::array kSteps = {1.0, 2.0, 5.0};
constexpr int kStepsPerDecade = 3;

// Number `n` of the series 1, 2, 5, 10, 20, 50 …; `n` may be negative.
double step(int n) {
  const int decade = static_cast<int>(std::floor(n / static_cast<double>(kStepsPerDecade)));
  return kSteps[static_cast<std::size_t>(n - decade * kStepsPerDecade)] * std::pow(10.0, decade);
}

// The number of the last step that is not above `value`, which is positive.
int step_at_most(double value) {
  constexpr double kRounding = 1 + 1e-9;  // 1000 is a step, whatever pow() makes of it
  int n = static_cast<int>(std::floor(std::log10(value))) * kStepsPerDecade;
  while (step(n + 1) <= value * kRounding) ++n;
  return n;
}

QString duration_label(double ns) {
  constexpr std::array kUnits = {"ns", "µs", "ms", "s"};
  std::size_t unit = 0;
  for (; unit + 1 < kUnits.size() && ns >= 999.5; ns /= 1000) ++unit;
  return QStringLiteral("%1 %2").arg(std::llround(ns)).arg(QString::fromUtf8(kUnits[unit]));
}

// From 0, with steps of a whole 1, 2 or 5.
AxisScale from_zero(double most, const std::function<QString(double)>& label) {
  constexpr double kMostSteps = 5;
  int n = step_at_most(most / kMostSteps);
  if (step(n) * kMostSteps < most) ++n;
  const double width = step(n);
  AxisScale scale{0, std::ceil(most / width) * width, {}};
  const std::int64_t steps = std::llround(scale.high / width);
  for (std::int64_t tick = 0; tick <= steps; ++tick) {
    const double at = static_cast<double>(tick) * width;
    scale.ticks.append({at, label(at)});
  }
  return scale;
}

}  // namespace

AxisScale duration_scale(double least_ns, double most_ns) {
  int low = step_at_most(std::max(least_ns, 1.0));
  int high = step_at_most(std::max(most_ns, 1.0));
  if (step(high) < most_ns) ++high;
  while (high - low < kStepsPerDecade) {
    if (low > 0) --low;
    if (high - low < kStepsPerDecade) ++high;
  }
  // If the axis covers more than two decades, there is room only for the powers of ten.
  const bool all_steps = high - low <= 2 * kStepsPerDecade;
  AxisScale scale{std::log10(step(low)), std::log10(step(high)), {}};
  for (int n = low; n <= high; ++n) {
    if (all_steps || n % kStepsPerDecade == 0) {
      scale.ticks.append({std::log10(step(n)), duration_label(step(n))});
    }
  }
  return scale;
}

AxisScale rate_scale(double most_per_second) {
  return from_zero(std::clamp(most_per_second, 5.0, 1e12), [](double at) {
    return QString::fromStdString(
        metrics::format_count(static_cast<std::uint64_t>(std::llround(at))));
  });
}

AxisScale linear_duration_scale(double most_ns) {
  return from_zero(std::clamp(most_ns, 5.0, 1e15), [](double at) {
    return at == 0 ? QStringLiteral("0") : QString::fromStdString(metrics::format_duration(at));
  });
}

}  // namespace goxel_telemetry::viewer
