// SPDX-License-Identifier: GPL-3.0-or-later
// What all programs ask of their command lines, and the bridge of its parameters, whatever reads
// them.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace goxel_telemetry::metrics {

// `text` as a number from `least` to `most`; empty if it is none. NaN and the infinities are no
// numbers.
std::optional<double> parse_number(std::string_view text, double least, double most);

// One sentence about the first argument without any text: no flag and no word of ours may be empty,
// "--flag=" included. Empty if there is none such. `arguments` begin with the program's name.
std::string empty_argument(std::span<const char* const> arguments);

}  // namespace goxel_telemetry::metrics
