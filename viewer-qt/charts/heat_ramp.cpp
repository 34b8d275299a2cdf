// SPDX-License-Identifier: GPL-3.0-or-later
#include "viewer-qt/charts/heat_ramp.h"

#include <algorithm>
#include <cmath>

#include "viewer-qt/theme.h"

namespace goxel_telemetry::viewer {
namespace {

constexpr double kHue = 4.45;  // radians: blue
constexpr double kMostChroma = 0.13;
constexpr double kLeastContrast = 3.2;
constexpr double kDarkest = 0.25;
constexpr double kLightest = 0.97;

// Linear sRGB of a colour in OKLab.
std::array<double, 3> linear_rgb(double lightness, double chroma) {
  const double a = chroma * std::cos(kHue);
  const double b = chroma * std::sin(kHue);
  const double l = std::pow(lightness + 0.3963377774 * a + 0.2158037573 * b, 3);
  const double m = std::pow(lightness - 0.1055613458 * a - 0.0638541728 * b, 3);
  const double s = std::pow(lightness - 0.0894841775 * a - 1.2914855480 * b, 3);
  return {4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
          -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
          -0.0041960863 * l - 0.7034186147 * m + 1.7076147010 * s};
}

// As colourful as the screen can show it at this lightness.
QColor color_of(double lightness) {
  std::array<double, 3> rgb{};
  for (double chroma = kMostChroma; chroma >= 0; chroma -= 0.005) {
    rgb = linear_rgb(lightness, chroma);
    if (std::all_of(rgb.begin(), rgb.end(), [](double x) { return x >= 0 && x <= 1; })) break;
  }
  const auto channel = [](double x) {
    x = std::clamp(x, 0.0, 1.0);
    const double encoded = x <= 0.0031308 ? 12.92 * x : 1.055 * std::pow(x, 1 / 2.4) - 0.055;
    return static_cast<float>(encoded);
  };
  return QColor::fromRgbF(channel(rgb[0]), channel(rgb[1]), channel(rgb[2]));
}

}  // namespace

HeatRamp::HeatRamp(const QPalette& palette) {
  constexpr int kSteps = 200;
  const QColor base = palette.color(QPalette::Base);
  const bool dark = theme::is_dark(palette);
  const double strongest = dark ? kLightest : kDarkest;
  double faintest = strongest;
  // From the strongest towards the base, as far as the contrast allows.
  for (int step = 1; step <= kSteps; ++step) {
    const double lightness = strongest + ((dark ? 0 : 1) - strongest) * step / kSteps;
    if (theme::contrast(color_of(lightness), base) < kLeastContrast) break;
    faintest = lightness;
  }
  for (std::size_t level = 0; level < kLevels; ++level) {
    const double share = static_cast<double>(level) / (kLevels - 1);
    levels_[level] = color_of(faintest + (strongest - faintest) * share).rgb();
  }
}

QColor HeatRamp::at(double share) const {
  const double level = std::round(std::clamp(share, 0.0, 1.0) * (kLevels - 1));
  return QColor(levels_[static_cast<std::size_t>(level)]);
}

double heat_share(quint64 count, quint64 most) {
  if (most <= 1) return 1;
  return std::min(std::log2(static_cast<double>(count)) / std::log2(static_cast<double>(most)),
                  1.0);
}

quint64 heat_most(quint64 largest_count) {
  for (quint64 decade = 10;; decade *= 10) {
    for (const quint64 times : {1U, 2U, 5U}) {
      if (decade * times >= largest_count || decade > UINT64_MAX / 100) return decade * times;
    }
  }
}

}  // namespace goxel_telemetry::viewer
