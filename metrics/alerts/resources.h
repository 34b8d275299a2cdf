// SPDX-License-Identifier: GPL-3.0-or-later
// Whether a daemon runs out of something: workers, room in its queue, connections, descriptors.
//
// Leaks are told from load by their shape: what only grows, part of the window after part, while there are not more requests.
// A daemon that leaks a descriptor for each client that went away (the stock one does) is no alert for that alone, but if it
// will run out of them.
#pragma once

#include <optional>
#include <vector>

#include "metrics/alerts/condition.h"
#include "metrics/alerts/rule_settings.h"
#include "metrics/alerts/trend.h"
#include "metrics/layers/layers.h"
#include "metrics/live/snapshot.h"

namespace goxel_telemetry::metrics {

// `layers` may be null.
void look_for_saturated_workers(const Snapshot& snapshot, const LayersView* layers,
                                const RuleSettings& settings, std::vector<Condition>& conditions);

// Of one instance.
class Resources {
 public:
  void look(const Snapshot& snapshot, const AlertSettings& settings, const Time& now,
            std::vector<Condition>& conditions);

 private:
  void look_at_queue(const Snapshot& snapshot, const RuleSettings& settings, const Time& now,
                     std::vector<Condition>& conditions);
  void look_at_connections(const Snapshot& snapshot, const RuleSettings& settings, const Time& now,
                           std::vector<Condition>& conditions);
  void look_at_descriptors(const Snapshot& snapshot, const RuleSettings& settings, const Time& now,
                           std::vector<Condition>& conditions);

  std::uint64_t run_ = 0;  // another one begins anew, but not a segment that was made anew
  Trend queue_;
  Trend connections_;
  Trend descriptors_;
  Trend requests_;  // a second
};

}  // namespace goxel_telemetry::metrics
