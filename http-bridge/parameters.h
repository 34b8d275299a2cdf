// SPDX-License-Identifier: GPL-3.0-or-later
// Parameters (?name=value&…) of routes that take more than an instance.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "http-bridge/routes.h"

namespace goxel_telemetry::http_bridge {

std::optional<std::string> parameter(const Request& request, const std::string& name);

// The answer to a request that has a parameter other than these; empty if it has none. A misspelt
// name must not select everything. `whose` is for the answer's sentence, for example "the history".
std::optional<Response> refuse_others(const Request& request, std::string_view whose,
                                      std::span<const std::string_view> known);

}  // namespace goxel_telemetry::http_bridge
