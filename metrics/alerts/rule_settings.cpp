// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/alerts/rule_settings.h"

#include <algorithm>

namespace goxel_telemetry::metrics {
namespace {

constexpr std::uint64_t kMinute = 60;
constexpr std::uint64_t kHour = 3'600;

constexpr LimitShape kSeconds = {LimitUnit::seconds, 1, 86'400};
constexpr LimitShape kShare = {LimitUnit::share, 0, 1};
constexpr LimitShape kFactor = {LimitUnit::factor, 1, 1'000};
constexpr LimitShape kCount = {LimitUnit::count, 1, 1e9};

// In the order of AlertRule. docs/alerts.md says why.
constexpr std::array<RuleShape, kAlertRuleCount> kShapes = {{
    // slower, failing, slower_than_pinned: the detector decides when it is so, and when it is no longer so.
    {{.hold = 0, .clear = 5 * kMinute}, {}, {}, kMinute},
    {{.hold = 0, .clear = 5 * kMinute}, {}, {}, kMinute},
    {{.hold = 0, .clear = 10 * kMinute}, {}, {}, 30 * kMinute},
    // daemon_gone: window: how long ago it may have ended when it is first seen.
    {{.hold = kMinute, .clear = 5, .window = kHour}},
    // daemon_restarted: confirmed: so many starts within the window.
    {{.hold = 0, .clear = 0, .confirmed = 3, .window = 15 * kMinute}, {}, kCount},
    // daemon_silent: limit: without a heartbeat.
    {{.hold = 30, .clear = 10, .limit = 10}, kSeconds},
    // request_stuck: limit: in hand; confirmed: so many requests are stuck at once.
    {{.hold = 0, .clear = 10, .limit = 60, .confirmed = 3}, kSeconds, kCount},
    // requests_unanswered
    {{.hold = 5 * kMinute, .clear = 5 * kMinute, .limit = 0.01, .confirmed = 0.1, .requests = 100},
     kShare,
     kShare,
     5 * kMinute},
    // target_missed: of the target.
    {{.hold = 0, .clear = 5 * kMinute, .limit = 1, .confirmed = 2, .requests = 100},
     kFactor,
     kFactor,
     15 * kMinute},
    // workers_saturated: of the workers' time in 5 and 15 minutes.
    {{.hold = kMinute, .clear = 5 * kMinute, .limit = 0.9, .confirmed = 0.97},
     kShare,
     kShare,
     15 * kMinute},
    // queue_growing: requests that wait.
    {{.hold = 0, .clear = kMinute, .limit = 10, .confirmed = 100, .window = 5 * kMinute},
     kCount,
     kCount},
    // connections_leaking: more than at the beginning of the window.
    {{.hold = 0, .clear = 10 * kMinute, .limit = 50, .window = kHour}, kCount},
    // descriptors_leaking: limit, confirmed: of those that the process may have.
    {{.hold = kMinute, .clear = 10 * kMinute, .limit = 0.5, .confirmed = 0.8, .window = kHour},
     kShare,
     kShare},
    // records_lost: of those that were written in the window.
    {{.hold = 0, .clear = 5 * kMinute, .limit = 0.001, .window = 15 * kMinute}, kShare},
    // data_stale
    {{.hold = kMinute, .clear = kMinute, .limit = 10}, kSeconds},
    // observer_expensive: of the time that requests take.
    {{.hold = 30 * kMinute, .clear = 10 * kMinute, .limit = 0.05, .requests = 1'000},
     kShare,
     {},
     10 * kMinute},
    // history_failing
    {{.hold = kMinute, .clear = 10}, {}, {}, kMinute},
    // disk_full: of the file system, free.
    {{.hold = kMinute, .clear = kMinute, .limit = 0.05, .confirmed = 0.01}, kShare, kShare},
}};

}  // namespace

const RuleShape& rule_shape(AlertRule rule) {
  return kShapes.at(static_cast<std::size_t>(rule));
}

AlertSettings::AlertSettings() {
  for (std::size_t i = 0; i < kAlertRuleCount; ++i) rules_.at(i) = kShapes.at(i).usual;
}

std::uint64_t AlertSettings::learning(AlertRule rule) const {
  if (rule == AlertRule::daemon_gone) return 0;  // its window is none of time that is looked at
  return std::max(rule_shape(rule).learns, (*this)[rule].window);
}

}  // namespace goxel_telemetry::metrics
