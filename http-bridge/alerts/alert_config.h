// SPDX-License-Identifier: GPL-3.0-or-later
// The rules of alerts as the configuration file has them:
//
//   [alerts.request_stuck]
//   limit = "30s"
//   confirmed = 5
//
//   [alerts.observer_expensive]
//   enabled = false
#pragma once

#include <string>
#include <vector>

#include "http-bridge/config_file.h"
#include "metrics/alerts/rule_settings.h"

namespace goxel_telemetry::http_bridge {

// Of all sections, those whose names begin with "alerts". What is wrong goes to `faults`, a sentence with its line each.
metrics::AlertSettings read_alert_settings(const std::vector<ConfigSection>& sections,
                                           std::vector<std::string>& faults);

}  // namespace goxel_telemetry::http_bridge
