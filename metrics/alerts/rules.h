// SPDX-License-Identifier: GPL-3.0-or-later
// All rules, of all instances: what is so now. A replayed session raises nothing: it was so long ago.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "metrics/alerts/condition.h"
#include "metrics/alerts/daemon_life.h"
#include "metrics/alerts/disks.h"
#include "metrics/alerts/resources.h"
#include "metrics/alerts/rule_settings.h"
#include "metrics/alerts/watching.h"

namespace goxel_telemetry::metrics {

class AlertRules {
 public:
  // Those that the bridge writes: whether their disks become full.
  explicit AlertRules(const std::vector<std::string>& files = {}) : disks_(files) {}

  // Of an earlier bridge, still active.
  void take_up(const Alert& alert);

  // Called about once a second, with all instances that are watched: others are forgotten. `layers`: the views that there are.
  // Rules that are switched off say nothing.
  std::vector<Condition> look(const std::vector<Snapshot>& snapshots,
                              const std::vector<std::shared_ptr<const LayersView>>& layers,
                              const AlertSettings& settings, const Time& now);

 private:
  struct Instance {
    DaemonLife life;
    Resources resources;
    Watching watching;
  };
  std::map<std::string, Instance> instances_;
  Disks disks_;
};

}  // namespace goxel_telemetry::metrics
