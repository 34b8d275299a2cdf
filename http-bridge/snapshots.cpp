// SPDX-License-Identifier: GPL-3.0-or-later
#include "http-bridge/snapshots.h"

#include <algorithm>

namespace goxel_telemetry::http_bridge {

bool any_live(const Snapshots& snapshots) {
  return std::any_of(snapshots.instances.begin(), snapshots.instances.end(), is_live);
}

const char* waiting_for(const Snapshots& snapshots) {
  if (any_live(snapshots)) return "";
  if (snapshots.instances.empty()) {
    return "No daemon with the telemetry plugin has been seen on this machine yet; waiting for "
           "one.";
  }
  return "No watched daemon is running with the telemetry plugin right now; waiting for one.";
}

}  // namespace goxel_telemetry::http_bridge
