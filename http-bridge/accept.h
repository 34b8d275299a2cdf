// SPDX-License-Identifier: GPL-3.0-or-later
// Which kind of answer a client would rather have (RFC 9110, 12.5.1).
#pragma once

#include <string_view>

namespace goxel_telemetry::http_bridge {

// Whether a client that sends `accept` (the value of the Accept field) would rather have `wanted` than
// `usual`, both media types in lower case. No, if it has no preference or would take neither.
bool prefers(std::string_view accept, std::string_view wanted, std::string_view usual);

}  // namespace goxel_telemetry::http_bridge
