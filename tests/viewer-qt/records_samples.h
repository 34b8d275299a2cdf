// SPDX-License-Identifier: GPL-3.0-or-later
// For tests: records, lists of them, and traces.
#pragma once

#include <string>
#include <vector>

#include "viewer-qt/models/records.h"

namespace goxel_telemetry::viewer {

inline constexpr std::uint64_t kMs = 1'000'000;
inline constexpr std::uint64_t kNoon = 1'700'000'000 * metrics::kNsPerSecond;  // CLOCK_REALTIME

// Ended `ms` milliseconds after kNoon and took so many.
inline RankedRecord ranked(std::uint64_t number, const std::string& operation, std::uint64_t end_ms,
                           std::uint64_t took_ms, std::uint64_t trace_id = 7) {
  RankedRecord row;
  row.found.number = number;
  metrics::NamedRecord& record = row.found.record;
  record.operation = operation;
  record.protocol = "jsonrpc";
  record.layer = "daemon";
  record.stack = "4-layer";
  record.duration_ns = took_ms * kMs;
  record.start_ns = 1'000'000 * kMs + (end_ms - took_ms) * kMs;
  record.start_realtime_ns = kNoon + (end_ms - took_ms) * kMs;
  record.trace_id = trace_id;
  record.bytes_in = 120;
  record.bytes_out = 80;
  row.rank = metrics::Rank{0.992, 3'412, false};
  return row;
}

inline RecordList list_of(std::vector<RankedRecord> rows) {
  RecordList list;
  list.range = {kNoon, kNoon + 60 * metrics::kNsPerSecond};
  list.matched = rows.size();
  list.rows = std::move(rows);
  return list;
}

// In milliseconds after the record's own span began.
inline metrics::TracedSpan span_around(const metrics::NamedRecord& record, metrics::Layer layer,
                                       const std::string& operation, std::uint64_t before_ms,
                                       std::uint64_t after_ms) {
  metrics::TracedSpan span;
  span.layer = layer;
  span.operation = operation;
  span.stack = record.stack;
  span.status = "ok";
  span.start_ns = record.start_ns - before_ms * kMs;
  span.duration_ns = record.duration_ns + (before_ms + after_ms) * kMs;
  return span;
}

// All four layers around a record of the daemon.
inline std::vector<metrics::TracedOperation> four_layers(const metrics::NamedRecord& record) {
  using metrics::Layer;
  return metrics::traced_operations(
      record.trace_id,
      {span_around(record, Layer::mcp_client, "goxel_add_voxels", 3, 3),
       span_around(record, Layer::mcp_server, "goxel_add_voxels", 2, 2),
       span_around(record, Layer::ts_client, record.operation, 1, 1),
       span_around(record, Layer::daemon, record.operation, 0, 0)},
      0);
}

}  // namespace goxel_telemetry::viewer
