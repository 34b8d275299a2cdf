// SPDX-License-Identifier: GPL-3.0-or-later
#include "http-bridge/config_file.h"

#include <toml++/toml.h>

#include <algorithm>
#include <optional>

namespace goxel_telemetry::http_bridge {
namespace {

std::string in_line(unsigned line, const std::string& sentence) {
  return "line " + std::to_string(line) + ": " + sentence;
}

// Empty if it is no value that a flag could have.
std::optional<std::string> text_of(const toml::node& value) {
  if (auto text = value.value_exact<std::string>(); text && !text->empty()) return text;
  if (const auto number = value.value_exact<std::int64_t>()) return std::to_string(*number);
  return std::nullopt;
}

}  // namespace

std::vector<ConfigEntry> parse_config(std::string_view text, std::string& why) {
  std::vector<ConfigEntry> entries;
  try {
    const toml::table table = toml::parse(text);
    for (const auto& [key, node] : table) {
      ConfigEntry& entry = entries.emplace_back();
      entry.name = key.str();
      entry.line = node.source().begin.line;
      const auto add = [&](const toml::node& value) {
        const auto one = text_of(value);
        if (one) {
          entry.values.push_back(*one);
        } else if (why.empty()) {
          why = in_line(entry.line, entry.name +
                                        " is neither a text, which must not be empty, "
                                        "nor a number, nor a list of these");
        }
      };
      if (node.is_table() || node.is_array_of_tables()) {
        why = in_line(entry.line, "there are no sections, so no \"" + entry.name + '"');
      } else if (const toml::array* const list = node.as_array()) {
        for (const toml::node& value : *list) add(value);
      } else {
        add(node);
      }
      if (!why.empty()) return {};
    }
  } catch (const toml::parse_error& error) {
    why = in_line(error.source().begin.line, std::string(error.description()));
    return {};
  }
  std::sort(entries.begin(), entries.end(),
            [](const ConfigEntry& a, const ConfigEntry& b) { return a.line < b.line; });
  return entries;
}

}  // namespace goxel_telemetry::http_bridge
