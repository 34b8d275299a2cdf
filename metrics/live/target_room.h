// SPDX-License-Identifier: GPL-3.0-or-later
// The room that is left to the target that the operator set for a figure; negative if the target is
// missed.
#pragma once

#include <optional>

#include "metrics/live/snapshot.h"

namespace goxel_telemetry::metrics {

// The operation's target less the mean of its answered requests in the window. Empty without a
// target, or without an answered request.
std::optional<double> latency_room_ns(const OperationStats& operation, Window window);

// The target less the resident memory of the daemon's process without the plugin's part. Empty without a target, or if the
// memory is not known.
std::optional<double> memory_room_bytes(const Snapshot& snapshot);

}  // namespace goxel_telemetry::metrics
