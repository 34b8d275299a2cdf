// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/text/printable.h"

#include <cstddef>
#include <cstdint>

namespace goxel_telemetry::metrics {
namespace {

// Length in bytes of the character that `text` begins with; 0 if it begins with none (RFC 3629: no
// overlong forms, no surrogates, nothing above U+10FFFF) or with a control character.
std::size_t character_length(std::string_view text) {
  const auto byte = [text](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const std::uint8_t lead = byte(0);
  if (lead < 0x80) return lead >= 0x20 && lead != 0x7F ? 1 : 0;
  const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0u) != 0x80u) return 0;
  }
  const std::uint8_t second = byte(1);
  const bool valid = !(lead == 0xC2 && second < 0xA0) &&  // C1 controls
                     !(lead == 0xE0 && second < 0xA0) && !(lead == 0xED && second > 0x9F) &&
                     !(lead == 0xF0 && second < 0x90) && !(lead == 0xF4 && second > 0x8F);
  return valid ? length : 0;
}

}  // namespace

std::string printable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const std::size_t length = character_length(text);
    out += length == 0 ? "\uFFFD" : text.substr(0, length);
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return out;
}

}  // namespace goxel_telemetry::metrics
