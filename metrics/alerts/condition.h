// SPDX-License-Identifier: GPL-3.0-or-later
// Something that is so at this moment, as a rule or a detector sees it. What is made of it, and when anybody is told, is the
// book's business (alert_book.h).
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "metrics/alerts/alert.h"
#include "metrics/time.h"

namespace goxel_telemetry::metrics {

struct Condition {
  AlertRule rule = AlertRule::slower;
  std::string instance = {};  // empty: of the bridge itself
  std::string subject = {};
  AlertLevel level = AlertLevel::warning;
  std::uint64_t since_ns = 0;  // CLOCK_REALTIME: as far back as is known
  bool refines_since = false;  // the alert's follows it: it becomes better known when it began
  std::string summary = {};
  std::string advice = {};
  AlertEvidence evidence = {};
  // It is over, and its alert ends by that at once: it has been so for so long that it is the new usual (new_level), or nobody can
  // know any more (not_watched). What is just no longer so is left out.
  std::optional<AlertEnd> over = {};
};

// All that is so now. One of a rule, instance and subject.
using ConditionSource = std::function<std::vector<Condition>(const Time&)>;

}  // namespace goxel_telemetry::metrics
