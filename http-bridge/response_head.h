// SPDX-License-Identifier: GPL-3.0-or-later
// What comes before an answer's body.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http-bridge/routes.h"

namespace goxel_telemetry::http_bridge {

inline constexpr std::string_view kCloses = "Connection: close\r\n";

using Fields = std::vector<std::pair<std::string, std::string>>;

// All fields that do not concern the connection.
Fields fields_of(const Response& response);

// Status line, fields and the empty line. `is_last`: the connection ends after this answer.
std::string head_of(const Response& response, bool is_last);

}  // namespace goxel_telemetry::http_bridge
