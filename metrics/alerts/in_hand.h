// SPDX-License-Identifier: GPL-3.0-or-later
// Requests that a daemon has in hand, or had when it ended: which are stuck, and how they are told to people.
#pragma once

#include <vector>

#include "metrics/alerts/condition.h"
#include "metrics/alerts/rule_settings.h"
#include "metrics/live/snapshot.h"

namespace goxel_telemetry::metrics {

// The oldest of them.
std::vector<AlertFact> facts_of_requests_in_hand(const std::vector<InflightRequest>& requests);

// Requests of the daemon that are in hand longer than the limit: a condition for each operation.
void look_for_stuck_requests(const Snapshot& snapshot, const RuleSettings& settings,
                             std::vector<Condition>& conditions);

}  // namespace goxel_telemetry::metrics
