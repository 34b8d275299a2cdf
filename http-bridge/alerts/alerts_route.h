// SPDX-License-Identifier: GPL-3.0-or-later
// GET /api/v1/alerts, and what people say of alerts: POST /api/v1/alerts/judge, /silence and /unsilence. All from and into the
// file of alerts.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "http-bridge/access.h"
#include "http-bridge/routes.h"

namespace goxel_telemetry::http_bridge {

inline constexpr std::string_view kAlertsPath = "/api/v1/alerts";

// `now_realtime_ns`: the time from which relative times count.
Response answer_alerts(const Request& request, const AlertSource& source,
                       std::uint64_t now_realtime_ns);

// Where people post what they say.
std::vector<std::string> alert_post_paths();
bool is_alert_post_path(std::string_view path);

// A POST to one of them. May wait for the file, some seconds at most. A page of another origin may not post, nor anybody anything
// but JSON, which a page of another origin could not send unasked.
Response answer_alert_post(const Access& access, const Request& request, const AlertSource& source,
                           std::uint64_t now_realtime_ns);

}  // namespace goxel_telemetry::http_bridge
