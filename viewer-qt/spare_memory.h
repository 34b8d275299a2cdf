// SPDX-License-Identifier: GPL-3.0-or-later
// Gives back to the system, once a minute, the memory that was freed. What is read of a long time is large and short-lived, and what lives on
// lies between it: without this, a viewer holds half as much again as it needs after some hours.
#pragma once

class QObject;

namespace goxel_telemetry::viewer {

// As long as `owner` lives, on its thread.
void give_back_spare_memory(QObject* owner);

}  // namespace goxel_telemetry::viewer
