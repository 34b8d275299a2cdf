// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>

namespace goxel_telemetry::http_bridge {

// Compressed fast rather than small. Empty if there is no memory.
std::string gzip(std::string_view text);

}  // namespace goxel_telemetry::http_bridge
