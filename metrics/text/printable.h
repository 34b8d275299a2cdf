// SPDX-License-Identifier: GPL-3.0-or-later
// Makes text safe to show: names come from clients of the daemon and end in JSON, in terminals and
// on screens.
#pragma once

#include <string>
#include <string_view>

namespace goxel_telemetry::metrics {

// `text` as valid UTF-8 without control characters: U+FFFD takes the place of each byte that does
// not belong to a valid, printable character.
std::string printable(std::string_view text);

}  // namespace goxel_telemetry::metrics
