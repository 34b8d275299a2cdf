// SPDX-License-Identifier: GPL-3.0-or-later
#include "viewer-qt/theme.h"

#include <QGuiApplication>
#include <algorithm>
#include <array>
#include <cmath>

namespace goxel_telemetry::viewer::theme {
namespace {

struct Pair {
  QRgb light;
  QRgb dark;
};

// In the order of Ink.
constexpr std::array kInks = {
    Pair{0xFF1F6FB5, 0xFF6BB1EE}, Pair{0xFF7A55B8, 0xFFB79AF0}, Pair{0xFFB05200, 0xFFF0A050},
    Pair{0xFF1F7A4D, 0xFF5CCB92}, Pair{0xFFB83232, 0xFFF58A8A}, Pair{0xFF1F7A4D, 0xFF5CCB92},
    Pair{0xFF5A6470, 0xFFA9B3BF}, Pair{0xFF8A5700, 0xFFE0AC4A}, Pair{0xFFB83232, 0xFFF58A8A},
    Pair{0xFF7A55B8, 0xFFB79AF0}, Pair{0xFF0F7480, 0xFF58C4D0}, Pair{0xFF8A5700, 0xFFE0AC4A},
    Pair{0xFF1F6FB5, 0xFF6BB1EE}};

double luminance(const QColor& color) {
  const auto linear = [](double channel) {
    return channel <= 0.04045 ? channel / 12.92 : std::pow((channel + 0.055) / 1.055, 2.4);
  };
  return 0.2126 * linear(color.redF()) + 0.7152 * linear(color.greenF()) +
         0.0722 * linear(color.blueF());
}

}  // namespace

bool is_dark(const QPalette& palette) {
  return luminance(palette.color(QPalette::Base)) < luminance(palette.color(QPalette::Text));
}

QColor ink(Ink ink, const QPalette& palette) {
  const Pair& pair = kInks[static_cast<std::size_t>(ink)];
  return is_dark(palette) ? pair.dark : pair.light;
}

QColor ink(Ink wanted) {
  return ink(wanted, QGuiApplication::palette());
}

double contrast(const QColor& a, const QColor& b) {
  const double one = luminance(a);
  const double other = luminance(b);
  return (std::max(one, other) + 0.05) / (std::min(one, other) + 0.05);
}

}  // namespace goxel_telemetry::viewer::theme
