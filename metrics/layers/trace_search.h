// SPDX-License-Identifier: GPL-3.0-or-later
// Finds traces: one by its id in what the rings still hold, or the slowest operations among those that are kept.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "metrics/layers/slowest_operations.h"
#include "metrics/record_listener.h"

namespace goxel_telemetry::metrics {

// The span of a record. What seems to go on in the future ends now. None if its layer is none of Layer's, or it begins in
// the future: then it is damaged, or of another clock.
std::optional<TracedSpan> traced_span(const NamedRecord& record, const Time& now);

// All records of a trace that the rings of an instance and of its outer layers hold, whatever became of the requests.
// Reads both rings once, as a reader of its own.
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
