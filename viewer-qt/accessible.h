// SPDX-License-Identifier: GPL-3.0-or-later
// What a screen reader is told of widgets that paint by themselves: that they are texts or charts, and what they say now.
// Others Qt tells of.
//
// Called before the first widget is made: Qt asks once for each.
#pragma once

namespace goxel_telemetry::viewer {

void tell_screen_readers();

}  // namespace goxel_telemetry::viewer
