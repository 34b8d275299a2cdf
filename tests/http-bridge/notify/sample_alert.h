// SPDX-License-Identifier: GPL-3.0-or-later
// For tests: an alert with evidence of every kind.
#pragma once

#include "metrics/alerts/alert.h"

namespace goxel_telemetry::http_bridge::notify {

inline constexpr std::uint64_t kSecondNs = 1'000'000'000;
// 2026-03-01 14:05:06 UTC
inline constexpr std::uint64_t kSinceNs = 1'772'373'906 * kSecondNs;

inline metrics::Alert sample_alert(const std::string& id = "slower-7f3a") {
  metrics::Alert alert;
  alert.id = id;
  alert.rule = metrics::AlertRule::slower;
  alert.instance = "goxel";
  alert.subject = "list_scenes";
  alert.since_ns = kSinceNs;
  alert.raised_ns = kSinceNs + 20 * kSecondNs;
  alert.updated_ns = alert.raised_ns;
  alert.summary = "list_scenes of goxel takes half as long again";
  alert.advice = "Look at the daemon layer: that is where the time goes.";
  metrics::OperationShift shift;
  shift.key = {"2-layer", "mcp", "daemon", "list_scenes"};
  shift.ratio = 1.52;
  shift.ratio_low = 1.44;
  shift.ratio_high = 1.61;
  shift.before = 1'200'000;
  shift.after = 1'830'000;
  shift.count_before = 120'301;
  shift.count_after = 4'120;
  shift.layers = {{"daemon", 580'000, 0.92}, {"mcp-server", 50'000, 0.08}};
  shift.phases = {
      {"working", 500'000, 0.9}, {"waiting", 80'000, 0.15}, {"sending", -30'000, -0.05}};
  alert.evidence.operations = {shift};
  alert.evidence.compared_with = "the last 24 hours";
  alert.evidence.not_looked_at = {"save_scene: too few requests"};
  alert.evidence.facts = {{"queue depth", "14, 12 at least for 60 s"}};
  alert.evidence.course = {1.2e6, 1.1e6, 1.2e6, 1.2e6, 1.5e6, 1.8e6, 1.9e6, 1.8e6};
  alert.evidence.course_usual = 1.2e6;
  alert.evidence.unit = "ns";
  return alert;
}

inline metrics::Alert ended(metrics::Alert alert,
                            metrics::AlertEnd end = metrics::AlertEnd::resolved) {
  alert.end = end;
  alert.ended_ns = alert.raised_ns + 300 * kSecondNs;
  alert.updated_ns = alert.ended_ns;
  return alert;
}

inline metrics::Alert confirmed(metrics::Alert alert) {
  alert.level = metrics::AlertLevel::confirmed;
  alert.confirmed_ns = alert.raised_ns + 60 * kSecondNs;
  alert.updated_ns = alert.confirmed_ns;
  return alert;
}

}  // namespace goxel_telemetry::http_bridge::notify
