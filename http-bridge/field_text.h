// SPDX-License-Identifier: GPL-3.0-or-later
// The values of HTTP fields as text (RFC 9110, 5.6).
#pragma once

#include <string_view>

namespace goxel_telemetry::http_bridge {

// Whether two names are the same in any case.
bool same_name(std::string_view a, std::string_view b);

// Without white space around it.
std::string_view trimmed(std::string_view text);

// Takes what comes before `separator`, or all, from the front of `text`; trimmed.
std::string_view take_part(std::string_view& text, char separator);

}  // namespace goxel_telemetry::http_bridge
