// SPDX-License-Identifier: GPL-3.0-or-later
#include "viewer-qt/theme.h"

#include <gtest/gtest.h>

namespace goxel_telemetry::viewer::theme {
namespace {

QPalette palette_of(const QColor& base, const QColor& text) {
  QPalette palette;
  palette.setColor(QPalette::Base, base);
  palette.setColor(QPalette::Text, text);
  return palette;
}

// The examples of WCAG 2.1: black on white is 21 : 1; #777 on white 4.48 : 1.
TEST(Theme, ContrastIsThatOfTheGuidelines) {
  EXPECT_NEAR(contrast(Qt::black, Qt::white), 21, 1e-9);
  EXPECT_NEAR(contrast(QColor(0x77, 0x77, 0x77), Qt::white), 4.48, 0.005);
  EXPECT_NEAR(contrast(Qt::red, Qt::red), 1, 1e-9);
}

TEST(Theme, EveryInkIsLegibleOnLightAndOnDark) {
  const QPalette palettes[] = {
      palette_of(Qt::white, Qt::black), palette_of(QColor(0xF2, 0xF2, 0xF2), Qt::black),
      palette_of(QColor(0x2D, 0x2D, 0x30), Qt::white), palette_of(Qt::black, Qt::white)};
  for (const QPalette& palette : palettes) {
    for (int i = 0; i <= static_cast<int>(Ink::daemon); ++i) {
      const QColor color = ink(static_cast<Ink>(i), palette);
      EXPECT_GE(contrast(color, palette.color(QPalette::Base)), 4.5)
          << i << " on " << palette.color(QPalette::Base).name().toStdString();
    }
  }
}

TEST(Theme, InksOfOneViewAreDifferentColours) {
  const QPalette light = palette_of(Qt::white, Qt::black);
  for (const auto& [first, last] :
       {std::pair(Ink::p50, Ink::p99), std::pair(Ink::mcp_client, Ink::daemon)}) {
    for (int a = static_cast<int>(first); a <= static_cast<int>(last); ++a) {
      for (int b = a + 1; b <= static_cast<int>(last); ++b) {
        EXPECT_NE(ink(static_cast<Ink>(a), light), ink(static_cast<Ink>(b), light));
      }
    }
  }
}

}  // namespace
}  // namespace goxel_telemetry::viewer::theme
