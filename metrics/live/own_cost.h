// SPDX-License-Identifier: GPL-3.0-or-later
// What telemetry costs the daemon: estimates from the calls that the plugin timed.
#pragma once

#include <optional>

#include "metrics/live/snapshot.h"
#include "shm/clock.h"
#include "shm/reader.h"

namespace goxel_telemetry::metrics {

// All but `resident_bytes`, which is no time.
OwnCost own_cost(const shm::Totals& totals, const shm::Calibration& calibration);

// What a request of this operation waits for telemetry, as a share of the mean latency of the last five
// minutes. Requests differ little in what they wait for, so the mean of all of them is taken. Empty: not known, or
// none was answered.
std::optional<double> waited_share(const OwnCost& cost, const OperationStats& operation);

// The daemon's operation of which that share is the largest.
struct MostDelayed {
  const OperationStats* operation;
  double waited_share;
};
std::optional<MostDelayed> most_delayed(const Snapshot& snapshot);

// How a screen should take a share of a request's latency or of the daemon's busy time.
enum class CostLevel { calm, noticeable, high };
CostLevel cost_level(double share);
// Of the two shares the worse one; `noticeable` if neither is known.
CostLevel cost_level(const OwnCost& cost);

}  // namespace goxel_telemetry::metrics
