// SPDX-License-Identifier: GPL-3.0-or-later
// A document is defined once: which members each object has, and in which order. Both
// encoders use this definition, so JSON and msgpack always agree.
//
// describe(value, member) calls `member(name, value)` for each member of the object. A value is a
// bool, a number, text, an optional (null if empty), a vector (array) or something that has a
// describe() itself (object). Text is UTF-8, as metrics::Snapshot promises. Names contain the
// units. Identifiers have 64 bits and are sent as hexadecimal text, because a JSON number keeps
// only 53 bits.
#pragma once

#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace goxel_telemetry::documents {

inline constexpr std::uint64_t kSchemaVersion = 1;

// 16 digits; empty for 0, which means "no identifier".
inline std::string hexadecimal(std::uint64_t id) {
  if (id == 0) return {};
  std::array<char, 16> digits;
  const char* end = std::to_chars(digits.data(), digits.data() + digits.size(), id, 16).ptr;
  const std::string_view significant(digits.data(), static_cast<std::size_t>(end - digits.data()));
  return std::string(digits.size() - significant.size(), '0').append(significant);
}

}  // namespace goxel_telemetry::documents
