// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/live/requests_in_flight.h"

#include <algorithm>
#include <map>

#include "metrics/live/ingest.h"
#include "shm/reader.h"

namespace goxel_telemetry::metrics {
namespace {

const char* phase_name(std::uint64_t phase) {
  switch (phase) {
    case static_cast<std::uint64_t>(shm::Phase::queued):
      return "queued";
    case static_cast<std::uint64_t>(shm::Phase::started):
      return "started";
    default:
      return "received";
  }
}

}  // namespace

std::vector<InflightRequest> requests_in_flight(shm::Reader& reader, std::uint64_t until_ns) {
  std::vector<InflightRequest> requests;
  const shm::Calibration calibration = reader.calibration();
  std::map<std::uint64_t, OperationKey> keys;  // by ids: most requests have few of them
  for (const shm::InflightEntry& entry : reader.inflight()) {
    const std::uint64_t ids = std::uint64_t{entry.operation} << 24 |
                              std::uint64_t{entry.layer} << 16 |
                              std::uint64_t{entry.protocol} << 8 | std::uint64_t{entry.stack};
    const auto [known, is_new] = keys.try_emplace(ids);
    OperationKey& key = known->second;
    if (is_new) {
      key = operation_key(reader, entry.stack, entry.protocol, entry.layer, entry.operation);
    }
    InflightRequest& request = requests.emplace_back();
    request.operation = key.operation;
    request.protocol = key.protocol;
    request.stack = key.stack;
    request.layer = key.layer;
    request.phase = phase_name(entry.phase);
    request.connection = entry.connection;
    request.trace_id = entry.trace_id;
    request.age_ns = until_ns - std::min(until_ns, calibration.to_ns(entry.since_ticks));
    request.bytes_in = entry.bytes_in;
    request.thread = entry.thread;
  }
  std::stable_sort(
      requests.begin(), requests.end(),
      [](const InflightRequest& a, const InflightRequest& b) { return a.age_ns > b.age_ns; });
  return requests;
}

}  // namespace goxel_telemetry::metrics
