// SPDX-License-Identifier: GPL-3.0-or-later
// The data that one answer of the bridge is made from: all watched instances at one moment.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "http-bridge/alerts/alert_counts.h"
#include "http-bridge/export_counts.h"
#include "metrics/alerts/watched_series.h"
#include "metrics/layers/layers.h"
#include "metrics/layers/slowest_operations.h"
#include "metrics/live/snapshot.h"

namespace goxel_telemetry::http_bridge {

struct Snapshots {
  std::uint64_t taken_realtime_ns = 0;
  std::vector<metrics::Snapshot> instances;  // sorted by name
  std::uint64_t instances_left_out = 0;      // on this machine, but more than are watched
  // By instance; none is null.
  std::vector<std::shared_ptr<const metrics::LayersView>> layers;
  std::vector<std::shared_ptr<const metrics::SlowestOperations::Kept>> slowest = {};
  std::optional<ExportCounts> exported = {};       // empty: nothing is sent to a collector
  std::shared_ptr<const AlertCounts> alerts = {};  // null: nobody looks
  // What is watched for regressions, as of the last tick that was looked at; null: nobody looks.
  std::shared_ptr<const std::vector<metrics::InstanceSeries>> series = {};
};

// Whether we are attached to a daemon that runs, with its plugin.
inline bool is_live(const metrics::Snapshot& snapshot) {
  return snapshot.daemon.state == shm::ProducerState::live;
}
bool any_live(const Snapshots& snapshots);

// One sentence for a person that says what is being waited for; empty while an instance is live.
const char* waiting_for(const Snapshots& snapshots);

}  // namespace goxel_telemetry::http_bridge
