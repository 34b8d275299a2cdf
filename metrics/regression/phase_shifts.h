// SPDX-License-Identifier: GPL-3.0-or-later
// Which phase of a request inside the daemon holds how much of a shift.
#pragma once

#include <vector>

#include "metrics/alerts/alert.h"
#include "metrics/comparison/observation.h"
#include "metrics/tally/tally.h"

namespace goxel_telemetry::metrics {

// Sums over answered requests, nanoseconds.
struct PhaseSums {
  double requests = 0;
  double receiving = 0;
  double waiting = 0;
  double working = 0;
  double sending = 0;

  void add(const Tally& tally);
  // Of an operation, or of all if it has no name.
  static PhaseSums of(const Observation& observation, const OperationKey& key);
};

// Of the means; the greatest part first. Empty unless there are requests before and after, and they take longer in all phases together.
std::vector<PhaseShift> phase_shifts(const PhaseSums& before, const PhaseSums& after);

}  // namespace goxel_telemetry::metrics
