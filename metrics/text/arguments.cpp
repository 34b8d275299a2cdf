// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/text/arguments.h"

#include <charconv>

#include "metrics/text/printable.h"

namespace goxel_telemetry::metrics {

std::optional<double> parse_number(std::string_view text, double least, double most) {
  double value = 0;
  const char* const end = text.data() + text.size();
  const auto [parsed, error] = std::from_chars(text.data(), end, value);
  const bool in_range = value >= least && value <= most;  // false if it is NaN
  if (error != std::errc() || parsed != end || !in_range) return std::nullopt;
  return value;
}

std::optional<std::uint64_t> parse_hexadecimal(std::string_view text) {
  std::uint64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [parsed, error] = std::from_chars(text.data(), end, value, 16);
  if (error != std::errc() || parsed != end) return std::nullopt;
  return value;
}

std::optional<std::uint64_t> parse_trace_id(std::string_view text) {
  constexpr std::size_t kHalf = 16;
  if (text.size() != kHalf && text.size() != 2 * kHalf) return std::nullopt;
  const std::size_t low = text.size() - kHalf;
  if (low != 0 && !parse_hexadecimal(text.substr(0, low))) return std::nullopt;
  const auto id = parse_hexadecimal(text.substr(low));
  return id == 0 ? std::nullopt : id;
}

std::string empty_argument(std::span<const char* const> arguments) {
  for (std::size_t i = 1; i < arguments.size(); ++i) {
    const std::string_view argument = arguments[i];
    if (argument.empty()) return "what follows " + printable(arguments[i - 1]) + " is empty";
    if (argument.starts_with("--") && argument.ends_with('=')) {
      return printable(argument.substr(0, argument.size() - 1)) + " is given without a value";
    }
  }
  return {};
}

}  // namespace goxel_telemetry::metrics
