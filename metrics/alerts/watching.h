// SPDX-License-Identifier: GPL-3.0-or-later
// Whether what is shown can be relied on, and costs what it may: records that were lost, figures that lag, a plugin that
// requests wait for, a history that is not written.
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "metrics/alerts/condition.h"
#include "metrics/alerts/rule_settings.h"
#include "metrics/live/snapshot.h"

namespace goxel_telemetry::metrics {

// Of one instance.
class Watching {
 public:
  void look(const Snapshot& snapshot, const AlertSettings& settings, const Time& now,
            std::vector<Condition>& conditions);

 private:
  // What the ring had counted at some time.
  struct Counted {
    std::uint64_t monotonic_ns = 0;
    std::uint64_t published = 0;
    std::uint64_t lost = 0;
  };
  void look_for_losses(const Snapshot& snapshot, const RuleSettings& settings, const Time& now,
                       std::vector<Condition>& conditions);

  std::deque<Counted> counted_;  // one a minute at most, the oldest first
};

// `message`: what HistoryService says; empty: all is well.
void look_at_history(const std::string& message, const Time& now,
                     std::vector<Condition>& conditions);

}  // namespace goxel_telemetry::metrics
