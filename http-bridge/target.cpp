// SPDX-License-Identifier: GPL-3.0-or-later
#include "http-bridge/target.h"

#include <charconv>
#include <cstddef>

namespace goxel_telemetry::http_bridge {
namespace {

std::string decoded(std::string_view text, bool plus_is_space) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    unsigned char byte = 0;
    const char* const digits = text.data() + i + 1;
    if (text[i] == '%' && i + 2 < text.size() &&
        std::from_chars(digits, digits + 2, byte, 16).ptr == digits + 2) {
      out += static_cast<char>(byte);
      i += 2;
    } else {
      out += plus_is_space && text[i] == '+' ? ' ' : text[i];
    }
  }
  return out;
}

}  // namespace

Target parse_target(std::string_view target) {
  const std::size_t question = target.find('?');
  Target parsed{decoded(target.substr(0, question), false), {}};
  if (question == std::string_view::npos) return parsed;
  std::string_view query = target.substr(question + 1);
  while (!query.empty()) {
    const std::string_view part = query.substr(0, query.find('&'));
    query.remove_prefix(part.size() == query.size() ? part.size() : part.size() + 1);
    if (part.empty()) continue;
    const std::size_t equals = part.find('=');
    const std::string_view value =
        equals == std::string_view::npos ? std::string_view() : part.substr(equals + 1);
    parsed.parameters.emplace(decoded(part.substr(0, equals), true), decoded(value, true));
  }
  return parsed;
}

}  // namespace goxel_telemetry::http_bridge
