// SPDX-License-Identifier: GPL-3.0-or-later
// Names come from clients of the daemon and end in JSON, in terminals and on screens.
#pragma once

#include <string>
#include <string_view>

namespace goxel_telemetry::metrics {

// `text` as valid UTF-8 without control characters: U+FFFD stands for each byte that is neither.
std::string printable(std::string_view text);

}  // namespace goxel_telemetry::metrics
