// SPDX-License-Identifier: GPL-3.0-or-later
// Colours with a meaning; all other colours come from the palette. Each is visible on a light and
// on a dark background.
#pragma once

#include <QColor>

namespace goxel_telemetry::viewer::theme {

inline constexpr QColor kP50(0x2A, 0x7D, 0xC9);
inline constexpr QColor kP99(0xE0, 0x7B, 0x1A);
inline constexpr QColor kOperations(0x2E, 0x9B, 0x62);
inline constexpr QColor kFailures(0xD6, 0x45, 0x45);

// Colours of the state line.
inline constexpr QColor kGood(0x2E, 0x9B, 0x62);
inline constexpr QColor kQuiet(0x5A, 0x64, 0x70);
inline constexpr QColor kWarning(0x9A, 0x62, 0x00);
inline constexpr QColor kBad(0xB8, 0x32, 0x32);

}  // namespace goxel_telemetry::viewer::theme
