// SPDX-License-Identifier: GPL-3.0-or-later
// One operation as a waterfall: the spans of all layers, each below the one that it lies in.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "metrics/layers/span_chain.h"

namespace goxel_telemetry::metrics {

struct TracedSpan {
  Layer layer = Layer::daemon;
  std::string operation;  // as this layer names it
  std::string stack;
  std::string status;          // "ok", "error", ...: shm::Status
  std::uint64_t start_ns = 0;  // CLOCK_MONOTONIC
  std::uint64_t duration_ns = 0;
  std::uint16_t error_us = 0;  // see Span
  shm::Protocol protocol = shm::Protocol::none;
  shm::ErrorCode error = shm::ErrorCode::none;
  // The next two are set by traced_operations().
  std::uint32_t depth = 0;   // how many spans it lies in
  std::uint64_t own_ns = 0;  // of its duration, what spans right below it do not cover
};

struct TracedOperation {
  std::uint64_t trace_id = 0;  // the low 64 bits
  std::string operation;       // of the first span, as is the next
  std::string stack;
  std::uint64_t start_ns = 0;           // CLOCK_MONOTONIC
  std::uint64_t start_realtime_ns = 0;  // CLOCK_REALTIME, by the clocks' distance when it was made
  std::uint64_t duration_ns = 0;        // from the first start to the last end
  LayerSet layers = 0;
  std::vector<TracedSpan> spans;  // in the order of a tree: each after the one that it lies in
  std::uint64_t spans_left_out = 0;

  std::uint64_t end_ns() const { return start_ns + duration_ns; }
};

// Beyond so many, the spans of an operation that begin last are left out.
inline constexpr std::size_t kMostTracedSpans = 128;

// The spans of one trace, in any order, as operations: spans that overlap, each with the next, are one. Equal ones
// count once. A span lies in the one of the next outer layer that contains it (span_chain.h) and began last. The
// operation that began first comes first. `realtime_ahead_ns`: by how much CLOCK_REALTIME is ahead of CLOCK_MONOTONIC.
std::vector<TracedOperation> traced_operations(std::uint64_t trace_id,
                                               std::vector<TracedSpan> spans,
                                               std::uint64_t realtime_ahead_ns);

}  // namespace goxel_telemetry::metrics
