// SPDX-License-Identifier: GPL-3.0-or-later
// The operations of a stretch of time, with what the table of operations shows of them.
#pragma once

#include <cstdint>
#include <vector>

#include "metrics/comparison/observation.h"
#include "metrics/live/snapshot.h"
#include "metrics/operation_key.h"
#include "metrics/tally/statistics.h"
#include "viewer-qt/selection.h"

namespace goxel_telemetry::viewer {

struct OperationRow {
  metrics::OperationKey key;
  metrics::WindowStats stats;
  double busy_ns = 0;           // the sum of the answered requests' times
  double share = 0;             // of that of all operations at the same layer, 0 to 1
  std::uint64_t run_total = 0;  // requests since the daemon began; 0 also if that is not known
  std::uint64_t target_ns = 0;  // how long it should take on average; 0: no target
  // Mean latencies over the stretch, in nanoseconds; NaN where nothing was answered.
  std::vector<float> trend;
};

// An operation, and the ways by which it was called.
struct OperationGroup {
  // Exact: made of the tallies of `rows`, as one layer saw them, for layers see the same requests: the daemon, or if it saw
  // none, the outermost that did. Its key has only the operation: a method. Tools stand with the method whose work they do.
  OperationRow sum;
  std::vector<OperationRow> rows;  // by key
};

// Of the keys that pass the selection; sorted by operation. Totals and targets, which are not of a stretch, are those of
// `now`.
std::vector<OperationGroup> operation_groups(const metrics::Observation& observation,
                                             const metrics::Snapshot& now,
                                             const Selection& selection);

}  // namespace goxel_telemetry::viewer
