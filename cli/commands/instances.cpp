// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/commands/instances.h"

#include <string>

#include "cli/screen/json.h"
#include "cli/screen/table.h"
#include "metrics/live/follower.h"
#include "metrics/text/format.h"
#include "shm/segment.h"

namespace goxel_telemetry::cli {

int run_instances(const InstancesOptions& options) {
  Table table({{"INSTANCE", Align::left},
               {"STATE", Align::left},
               {"PID"},
               {"PROGRAM", Align::left, 1},
               {"SINCE", Align::left, 2}});
  std::string json;
  for (const std::string& instance : shm::list_instances()) {
    metrics::Follower follower(instance);
    const auto now = metrics::Time::now();
    follower.sweep(now, 0);  // only to see what it is
    const metrics::Snapshot snapshot = follower.snapshot(now);
    if (options.json) {
      json += instance_json(snapshot);
      continue;
    }
    const std::uint64_t started_ns = snapshot.daemon.started_realtime_ns;
    std::string state = shm::to_string(snapshot.daemon.state);
    if (metrics::is_silent(snapshot)) {
      state +=
          ", silent for " + metrics::format_duration(snapshot.daemon.heartbeat_age_seconds * 1e9);
    }
    table.add(
        {instance, state, snapshot.process.pid == 0 ? "-" : std::to_string(snapshot.process.pid),
         snapshot.daemon.host_name, started_ns == 0 ? "-" : metrics::format_date_time(started_ns)});
  }
  if (options.json) return finish(json);
  return finish(table.empty() ? "No instances on this machine.\n" : table.render(output_style()));
}

}  // namespace goxel_telemetry::cli
