// SPDX-License-Identifier: GPL-3.0-or-later
// Whether a daemon ended, was started again, or gives no sign of life.
//
// What crashed stays an alert until it runs again. What ended in an orderly way is a warning for a while (somebody may have
// forgotten to start it), and then how it is. What was gone long before it was first looked at is nobody's surprise.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "metrics/alerts/condition.h"
#include "metrics/alerts/rule_settings.h"
#include "metrics/live/snapshot.h"

namespace goxel_telemetry::metrics {

// Of one instance.
class DaemonLife {
 public:
  // An alert of an earlier bridge goes on.
  void take_up(const Alert& alert);
  void look(const Snapshot& snapshot, const AlertSettings& settings, const Time& now,
            std::vector<Condition>& conditions);

 private:
  struct Start {
    std::uint64_t at_ns = 0;  // CLOCK_REALTIME
    bool after_crash = false;
  };
  void crashed(std::uint64_t ended_ns, const std::vector<InflightRequest>& in_hand);
  void look_for_end(const Snapshot& snapshot, const RuleSettings& settings, const Time& now);
  void look_for_starts(const Snapshot& snapshot, const RuleSettings& settings, const Time& now);

  std::uint64_t runs_ = 0;       // as many as were looked at; 0: none
  bool was_live_ = false;        // seen by this bridge
  bool has_ended_ = false;       // and not long before it was first seen
  bool crashed_ = false;         // its latest run did
  std::uint64_t ended_ns_ = 0;   // CLOCK_REALTIME: its last sign of life
  std::vector<AlertFact> last_;  // of the latest crash: when it was, and what was in hand
  std::deque<Start> starts_;     // within the rule's window
};

}  // namespace goxel_telemetry::metrics
