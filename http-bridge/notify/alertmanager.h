// SPDX-License-Identifier: GPL-3.0-or-later
// Alertmanager's API v2 (https://prometheus.io/docs/alerting/latest/alerts_api/), which routes, groups and repeats better than the bridge
// does. What it is not told of any more it takes for resolved: active alerts are told every minute, and each time for four minutes.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "http-bridge/notify/channel.h"

namespace goxel_telemetry::http_bridge::notify {

// `host`: where the bridge runs. `page` as in message.h.
std::string alertmanager_body(const Bundle& bundle, const std::string& host,
                              const std::string& page, std::uint64_t now_ns);

std::unique_ptr<Channel> make_alertmanager(const ChannelSettings& settings, const Secrets& secrets);

}  // namespace goxel_telemetry::http_bridge::notify
