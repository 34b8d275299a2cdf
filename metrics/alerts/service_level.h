// SPDX-License-Identifier: GPL-3.0-or-later
// Whether requests get what they were promised: an answer, within the operator's target.
//
// A target is missed if the mean is above it, as everywhere (docs/metrics-math.md, Targets), in a long window, so that it
// matters, and in a short one, so that it is still so (the multi-window burn rate of Google's SRE workbook, chapter 5). A
// warning looks at 15 and 1 minutes; what is confirmed is worse and faster: 5 and 1 minutes.
#pragma once

#include <vector>

#include "metrics/alerts/condition.h"
#include "metrics/alerts/rule_settings.h"
#include "metrics/layers/layers.h"
#include "metrics/live/snapshot.h"

namespace goxel_telemetry::metrics {

// The share of requests of the last 5 minutes, and of the last one, that got no answer.
void look_for_unanswered_requests(const Snapshot& snapshot, const RuleSettings& settings,
                                  std::vector<Condition>& conditions);

// The targets of stacks, and of operations in the daemon. `layers` may be null.
void look_for_missed_targets(const Snapshot& snapshot, const LayersView* layers,
                             const RuleSettings& settings, std::vector<Condition>& conditions);

}  // namespace goxel_telemetry::metrics
