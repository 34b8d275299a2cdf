// SPDX-License-Identifier: GPL-3.0-or-later
// ?name=value&… of routes that take more than an instance.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "http-bridge/routes.h"

namespace goxel_telemetry::http_bridge {

std::optional<std::string> parameter(const Request& request, const std::string& name);

// The answer to a request that has another parameter than these: a slip of the pen must not select
// everything. `whose`: "the history".
std::optional<Response> refuse_others(const Request& request, std::string_view whose,
                                      std::span<const std::string_view> known);

}  // namespace goxel_telemetry::http_bridge
