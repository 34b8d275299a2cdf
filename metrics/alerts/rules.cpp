// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/alerts/rules.h"

#include <algorithm>
#include <utility>

#include "metrics/alerts/in_hand.h"
#include "metrics/alerts/service_level.h"

namespace goxel_telemetry::metrics {

void AlertRules::take_up(const Alert& alert) {
  instances_[alert.instance].life.take_up(alert);
}

std::vector<Condition> AlertRules::look(
    const std::vector<Snapshot>& snapshots,
    const std::vector<std::shared_ptr<const LayersView>>& layers, const AlertSettings& settings,
    const Time& now) {
  std::vector<Condition> conditions;
  std::map<std::string, Instance> known = std::exchange(instances_, {});
  for (const Snapshot& snapshot : snapshots) {
    if (snapshot.daemon.door == "replay") continue;
    Instance& instance =
        instances_.emplace(snapshot.instance, std::move(known[snapshot.instance])).first->second;
    const auto view = std::find_if(layers.begin(), layers.end(), [&](const auto& one) {
      return one != nullptr && one->instance == snapshot.instance;
    });
    const LayersView* const its_layers = view == layers.end() ? nullptr : view->get();
    instance.life.look(snapshot, settings, now, conditions);
    instance.resources.look(snapshot, settings, now, conditions);
    instance.watching.look(snapshot, settings, now, conditions);
    look_for_stuck_requests(snapshot, settings[AlertRule::request_stuck], conditions);
    look_for_unanswered_requests(snapshot, settings[AlertRule::requests_unanswered], conditions);
    look_for_missed_targets(snapshot, its_layers, settings[AlertRule::target_missed], conditions);
    look_for_saturated_workers(snapshot, its_layers, settings[AlertRule::workers_saturated],
                               conditions);
  }
  disks_.look(settings[AlertRule::disk_full], now, conditions);
  std::erase_if(conditions, [&settings](const Condition& condition) {
    return !settings[condition.rule].enabled;
  });
  return conditions;
}

}  // namespace goxel_telemetry::metrics
