// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/commands/inflight.h"

#include "cli/screen/facts.h"
#include "cli/screen/json.h"
#include "cli/target.h"

namespace goxel_telemetry::cli {

int run_inflight(const InflightOptions& options) {
  metrics::Follower follower(choose_instance(options.instance));
  const metrics::Snapshot snapshot = first_look(follower);
  if (options.json) return finish(inflight_json(snapshot));
  const bool live = snapshot.daemon.state == shm::ProducerState::live;
  if (!live) complain(snapshot.daemon.message + "; this is what it left in flight");
  if (snapshot.inflight.empty()) return finish("No requests in flight.\n");
  return finish(inflight_table(snapshot.inflight, live ? "AGE" : "AGE AT END", output_style()));
}

}  // namespace goxel_telemetry::cli
