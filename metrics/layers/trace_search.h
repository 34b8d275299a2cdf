// SPDX-License-Identifier: GPL-3.0-or-later
// Finds traces: one by its id in what the rings still hold, or the slowest operations among those that are kept.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "metrics/layers/slowest_operations.h"

namespace goxel_telemetry::metrics {

// All records of a trace that the rings of an instance and of its outer layers hold, whatever became of the requests.
// Reads both rings once, as a reader of its own. What seems to go on in the future ends now; what begins there is left out.
std::vector<TracedOperation> find_trace(const std::string& instance, std::uint64_t trace_id,
                                        const Time& now);

struct SlowestQuery {
  std::uint64_t seconds = 300;  // up to now; rounded up to whole slots
  // Of this operation, as its outermost layer names it, the slowest ones. Empty: of each operation the slowest one.
  std::string operation = {};
  std::string stack = {};  // empty: any
  std::size_t most = 10;
};
// The slowest first.
SlowestOperations::Kept slowest(const SlowestOperations::Kept& kept, const SlowestQuery& query,
                                std::uint64_t now_ns);

}  // namespace goxel_telemetry::metrics
