// SPDX-License-Identifier: GPL-3.0-or-later
#include "http-bridge/records/record_cursor.h"

#include <array>
#include <charconv>

#include "metrics/text/arguments.h"

namespace goxel_telemetry::http_bridge {

std::string to_text(const RecordCursor& cursor) {
  std::string text;
  for (const std::uint64_t number : {cursor.life, cursor.place, cursor.realtime_ns}) {
    std::array<char, 16> digits;
    const auto written = std::to_chars(digits.begin(), digits.end(), number, 16);
    text.append(text.empty() ? "" : "-").append(digits.begin(), written.ptr);
  }
  return text;
}

std::optional<RecordCursor> parse_cursor(std::string_view text) {
  std::array<std::uint64_t, 3> numbers;
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    const bool is_last = i + 1 == numbers.size();
    const std::size_t end = is_last ? text.size() : text.find('-');
    if (end == std::string_view::npos) return std::nullopt;
    const auto number = metrics::parse_hexadecimal(text.substr(0, end));
    if (!number) return std::nullopt;
    numbers[i] = *number;
    text.remove_prefix(is_last ? end : end + 1);
  }
  return RecordCursor{numbers[0], numbers[1], numbers[2]};
}

}  // namespace goxel_telemetry::http_bridge
