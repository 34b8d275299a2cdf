// SPDX-License-Identifier: GPL-3.0-or-later
// Alerts as metrics. There is a series for each rule of an instance of which an alert is active, and none else, as with
// Prometheus' own ALERTS.
#pragma once

#include "http-bridge/alerts/alert_counts.h"
#include "http-bridge/exposition.h"

namespace goxel_telemetry::http_bridge {

void write_alerts(Exposition& out, const AlertCounts& alerts);

}  // namespace goxel_telemetry::http_bridge
