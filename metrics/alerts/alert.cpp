// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/alerts/alert.h"

#include <algorithm>

namespace goxel_telemetry::metrics {
namespace {

constexpr std::array<const char*, kAlertRuleCount> kRules = {"slower",
                                                             "failing",
                                                             "slower_than_pinned",
                                                             "daemon_gone",
                                                             "daemon_restarted",
                                                             "daemon_silent",
                                                             "request_stuck",
                                                             "requests_unanswered",
                                                             "target_missed",
                                                             "workers_saturated",
                                                             "queue_growing",
                                                             "connections_leaking",
                                                             "descriptors_leaking",
                                                             "records_lost",
                                                             "data_stale",
                                                             "observer_expensive",
                                                             "history_failing",
                                                             "disk_full"};
constexpr std::array<const char*, 2> kLevels = {"warning", "confirmed"};
constexpr std::array<const char*, 4> kEnds = {"active", "resolved", "new_level", "not_watched"};
constexpr std::array<const char*, 4> kJudgements = {"", "true", "false", "known"};
constexpr std::array<const char*, 3> kChannels = {"centre", "tail", "errors"};
constexpr std::array<const char*, 4> kChanges = {"raised", "confirmed", "widened", "ended"};

}  // namespace

const char* to_string(AlertRule rule) {
  return kRules.at(static_cast<std::size_t>(rule));
}
const char* to_string(AlertLevel level) {
  return kLevels.at(static_cast<std::size_t>(level));
}
const char* to_string(AlertEnd end) {
  return kEnds.at(static_cast<std::size_t>(end));
}
const char* to_string(Judgement judgement) {
  return kJudgements.at(static_cast<std::size_t>(judgement));
}
const char* to_string(OperationShift::Channel channel) {
  return kChannels.at(static_cast<std::size_t>(channel));
}
const char* to_string(AlertChange change) {
  return kChanges.at(static_cast<std::size_t>(change));
}

std::optional<AlertRule> alert_rule_named(std::string_view name) {
  const auto* const at = std::find(kRules.begin(), kRules.end(), name);
  if (at == kRules.end()) return std::nullopt;
  return static_cast<AlertRule>(at - kRules.begin());
}

std::optional<Judgement> judgement_named(std::string_view name) {
  const auto* const at = std::find(kJudgements.begin() + 1, kJudgements.end(), name);
  if (at == kJudgements.end()) return std::nullopt;
  return static_cast<Judgement>(at - kJudgements.begin());
}

}  // namespace goxel_telemetry::metrics
