// SPDX-License-Identifier: GPL-3.0-or-later
// What the metrics say of alerts: those that are active, and how right alerts were.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "metrics/alerts/alert_store.h"

namespace goxel_telemetry::http_bridge {

// What becomes of the alerts of this bridge.
enum class AlertKeeping : std::uint8_t {
  in_file,
  in_memory,       // there is no file: they are over with the bridge
  another_bridge,  // keeps the file, and tells people. This one looks, and goes on for it when it ends
  not_written,     // the file cannot be written: they are in memory until it can
};
const char* to_string(AlertKeeping keeping);  // "in_file", …
inline constexpr std::size_t kAlertKeepings = 4;

struct AlertCounts {
  static constexpr std::uint64_t kAccuracyDays = metrics::kAccuracyDays;

  std::vector<metrics::Alert> active;
  // Since the bridge began, by their rule and by the level at which they were raised.
  std::array<std::array<std::uint64_t, 2>, metrics::kAlertRuleCount> raised{};
  std::uint64_t left_out = 0;  // conditions that were not looked at, because there were so many
  metrics::AlertAccuracy accuracy = {};  // of the last kAccuracyDays
  std::vector<metrics::AlertStore::Channel> channels = {};
  AlertKeeping keeping = AlertKeeping::in_memory;
};

}  // namespace goxel_telemetry::http_bridge
