// SPDX-License-Identifier: GPL-3.0-or-later
// What all programs ask of their command lines, and the bridge of its parameters, whatever reads
// them.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace goxel_telemetry::metrics {

// `text` as a number from `least` to `most`; empty if it is none. NaN and the infinities are no
// numbers.
std::optional<double> parse_number(std::string_view text, double least, double most);

// Nothing but hexadecimal digits, of either case; empty if it is anything else, or more than 64 bits.
std::optional<std::uint64_t> parse_hexadecimal(std::string_view text);

// The id that all records of a trace have: the low 64 bits of W3C's 32 hexadecimal digits, of which the last 16 do, too.
// Empty if `text` is none, or 0.
std::optional<std::uint64_t> parse_trace_id(std::string_view text);

// One sentence about the first argument without any text: no flag and no word of ours may be empty,
// "--flag=" included. Empty if there is none such. `arguments` begin with the program's name.
std::string empty_argument(std::span<const char* const> arguments);

}  // namespace goxel_telemetry::metrics
