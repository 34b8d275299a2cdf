// SPDX-License-Identifier: GPL-3.0-or-later
// The colours of a heat map: one hue whose lightness rises, or on light falls, evenly with the value.
//
// Even in OKLab, a space in which equal distances look equal (Björn Ottosson, "A perceptual color space for image
// processing", 2020, https://bottosson.github.io/posts/oklab/, public domain). The hue is that of a clear blue, which also
// those who do not tell red from green see. The faintest colour has 3.2 : 1 of contrast against the palette's Base, so that a
// single request is visible (WCAG 2.1, 1.4.11 asks for 3 : 1); the strongest is near the other end of lightness.
#pragma once

#include <QColor>
#include <QPalette>
#include <array>

namespace goxel_telemetry::viewer {

class HeatRamp {
 public:
  static constexpr std::size_t kLevels = 64;
  explicit HeatRamp(const QPalette& palette);
  // 0 is the faintest, 1 the strongest.
  QColor at(double share) const;

 private:
  std::array<QRgb, kLevels> levels_;
};

// Where a count stands between one and `most`, on a logarithmic scale. `count` is not 0.
double heat_share(quint64 count, quint64 most);
// The next of 10, 20, 50, 100 …: the strongest colour's count, which does not change with each request.
quint64 heat_most(quint64 largest_count);

}  // namespace goxel_telemetry::viewer
