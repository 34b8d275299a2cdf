// SPDX-License-Identifier: GPL-3.0-or-later
// The shape of single records, and of the black box that they fill, as documents: see document.h.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "documents/snapshot_document.h"
#include "metrics/record_listener.h"
#include "metrics/tally/outcomes.h"

namespace goxel_telemetry::documents {

// goxel-telemetry blackbox --json: a snapshot, and what was recorded last.
struct BlackBoxDocument {
  SnapshotDocument snapshot;
  std::uint64_t last_sign_of_life_realtime_ns;
  const std::vector<metrics::NamedRecord>& records;  // oldest first
};

// GET /api/v1/records
struct RecordsDocument {
  std::uint64_t taken_realtime_ns;
  std::string message;
  std::string instance;
  std::string cursor;
  std::optional<std::uint64_t> missed;
  const std::vector<metrics::NamedRecord>& records;  // in the order in which they were read
};

template <class Member>
void describe(const metrics::NamedRecord& r, Member&& member) {
  member("operation", r.operation);
  member("status", std::string_view(metrics::to_string(r.status)));
  const bool error = r.error != shm::ErrorCode::none;
  member("error_type", error ? std::optional(metrics::error_type(r.error)) : std::nullopt);
  member("protocol", r.protocol);
  member("stack", r.stack);
  member("layer", r.layer);
  member("start_realtime_ns", r.start_realtime_ns);
  member("start_monotonic_ns", r.start_ns);
  member("duration_ns", r.duration_ns);
  member("receive_ns", r.receive_ns);
  member("wait_ns", r.wait_ns);
  member("send_ns", r.send_ns);
  member("bytes_in", r.bytes_in);
  member("bytes_out", r.bytes_out);
  const bool known = r.worker != shm::kNoWorker;
  member("worker", known ? std::optional(r.worker) : std::nullopt);
  member("lane", r.lane);
  member("trace_id", hexadecimal(r.trace_id));
}

template <class Member>
void describe(const RecordsDocument& d, Member&& member) {
  member("schema_version", kSchemaVersion);
  member("taken_realtime_ns", d.taken_realtime_ns);
  member("message", d.message);
  member("instance", d.instance);
  member("cursor", d.cursor);
  member("missed", d.missed);
  member("records", d.records);
}

template <class Member>
void describe(const BlackBoxDocument& d, Member&& member) {
  describe(d.snapshot, member);
  member("last_sign_of_life_realtime_ns", d.last_sign_of_life_realtime_ns);
  member("records", d.records);
}

}  // namespace goxel_telemetry::documents
