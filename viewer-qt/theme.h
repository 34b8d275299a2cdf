// SPDX-License-Identifier: GPL-3.0-or-later
// Colours with a meaning; all other colours come from the palette. Each has 4.5 : 1 of contrast against the palette's
// Base (WCAG 2.1, 1.4.3 and 1.4.11), on a light and on a dark one, so it serves for lines and for text. Colour is never
// the only sign of anything.
#pragma once

#include <QColor>
#include <QPalette>

namespace goxel_telemetry::viewer::theme {

enum class Ink {
  p50,
  p95,
  p99,
  operations,
  failures,
  good,
  quiet,
  warning,
  bad,
  // The layers of a stack.
  mcp_client,
  mcp_server,
  ts_client,
  daemon,
};

bool is_dark(const QPalette& palette);
QColor ink(Ink ink, const QPalette& palette);
// Of the application's palette: for models, which have none of their own.
QColor ink(Ink ink);

// The contrast of two colours, 1 to 21, as WCAG 2.1 defines it.
double contrast(const QColor& a, const QColor& b);

}  // namespace goxel_telemetry::viewer::theme
