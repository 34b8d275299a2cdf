// SPDX-License-Identifier: GPL-3.0-or-later
// What the metrics say of alerts: those that are active, and how right alerts were.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "metrics/alerts/alert_store.h"

namespace goxel_telemetry::http_bridge {

struct AlertCounts {
  static constexpr std::uint64_t kAccuracyDays = metrics::kAccuracyDays;

  std::vector<metrics::Alert> active;
  // Since the bridge began, by their rule and by the level at which they were raised.
  std::array<std::array<std::uint64_t, 2>, metrics::kAlertRuleCount> raised{};
  std::uint64_t left_out = 0;  // conditions that were not looked at, because there were so many
  metrics::AlertAccuracy accuracy = {};  // of the last kAccuracyDays
  std::vector<metrics::AlertStore::Waiting> waiting = {};
  bool is_kept = true;  // what there is of alerts is in their file
};

}  // namespace goxel_telemetry::http_bridge
