// SPDX-License-Identifier: GPL-3.0-or-later
// What telemetry costs the daemon: estimates from the calls that the plugin timed.
#pragma once

#include "metrics/live/snapshot.h"
#include "shm/clock.h"
#include "shm/reader.h"

namespace goxel_telemetry::metrics {

// All but `resident_bytes`, which is no time.
OwnCost own_cost(const shm::Totals& totals, const shm::Calibration& calibration);

// How a screen should take a share of a request's latency or of the daemon's busy time.
enum class CostLevel { calm, noticeable, high };
CostLevel cost_level(double share);
// Of the two shares the worse one; `noticeable` if neither is known.
CostLevel cost_level(const OwnCost& cost);

}  // namespace goxel_telemetry::metrics
