// SPDX-License-Identifier: GPL-3.0-or-later
// What of each rule can be set, in which range, and how it is set by default.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "metrics/alerts/alert.h"

namespace goxel_telemetry::metrics {

// Times in seconds. What a rule does not have (rule_shape()) is 0.
struct RuleSettings {
  bool enabled = true;
  std::uint64_t hold = 0;   // so long it must be so until an alert is raised
  std::uint64_t clear = 0;  // so long it must not be so any more until the alert ends
  double limit = 0;
  double confirmed = 0;        // from this limit on the alert is no warning any more
  std::uint64_t window = 0;    // of time that is looked at
  std::uint64_t requests = 0;  // fewer of them prove nothing
};

// What a limit is a number of.
enum class LimitUnit : std::uint8_t { none, seconds, share, factor, count };

struct LimitShape {
  LimitUnit unit = LimitUnit::none;
  double least = 0;
  double most = 0;
};

struct RuleShape {
  RuleSettings usual;  // the defaults; no window, no requests: the rule has none
  LimitShape limit = {};
  LimitShape confirmed = {};
  std::uint64_t learns =
      0;  // so many seconds, before a bridge that has just begun can say that it is not so
};
const RuleShape& rule_shape(AlertRule rule);

class AlertSettings {
 public:
  AlertSettings();
  RuleSettings& operator[](AlertRule rule) { return rules_.at(static_cast<std::size_t>(rule)); }
  const RuleSettings& operator[](AlertRule rule) const {
    return rules_.at(static_cast<std::size_t>(rule));
  }

  // Seconds for which an alert of an earlier bridge goes on, although nothing says any more that it is so: it is not known yet.
  std::uint64_t learning(AlertRule rule) const;

  // Of AlertRule::slower_than_pinned: the name of a baseline; empty: none is pinned.
  std::string pinned;

 private:
  std::array<RuleSettings, kAlertRuleCount> rules_;
};

}  // namespace goxel_telemetry::metrics
