// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/instances.h"

#include <string>

#include "cli/json.h"
#include "cli/table.h"
#include "metrics/collector.h"
#include "metrics/format.h"
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
    metrics::Collector collector(instance);
    const auto now = metrics::Collector::Time::now();
    collector.sweep(now);
    const metrics::Snapshot snapshot = collector.snapshot(now);
    if (options.json) {
      json += instance_json(snapshot);
      continue;
    }
    const std::uint64_t started_ns = snapshot.daemon.started_realtime_ns;
    table.add({instance, std::string(metrics::to_string(snapshot.daemon.state)),
               snapshot.process.pid == 0 ? "-" : std::to_string(snapshot.process.pid),
               snapshot.daemon.host_name,
               started_ns == 0 ? "-" : metrics::format_date_time(started_ns)});
  }
  if (options.json) return finish(json);
  return finish(table.empty() ? "No instances on this machine.\n" : table.render(output_style()));
}

}  // namespace goxel_telemetry::cli
