// SPDX-License-Identifier: GPL-3.0-or-later
#include "http-bridge/config_file.h"

#include <toml++/toml.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>

namespace goxel_telemetry::http_bridge {
namespace {

constexpr int kMostParts = 3;  // of a section's name

// Empty if it is no value that a flag could have.
std::optional<std::string> text_of(const toml::node& value) {
  if (auto text = value.value_exact<std::string>(); text && !text->empty()) return text;
  if (const auto number = value.value_exact<std::int64_t>()) return std::to_string(*number);
  return std::nullopt;
}

// Empty if it is no value that a section could have.
std::optional<std::string> text_in_section(const toml::node& value) {
  if (const auto flag = value.value_exact<bool>()) return *flag ? "true" : "false";
  if (const auto number = value.value_exact<double>(); number && std::isfinite(*number)) {
    std::array<char, 32> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), *number).ptr;
    return std::string(digits.data(), end);
  }
  return text_of(value);
}

void sort_by_line(auto& list) {
  std::sort(list.begin(), list.end(), [](const auto& a, const auto& b) { return a.line < b.line; });
}

class Reading {
 public:
  explicit Reading(std::string& why) : why_(why) {}

  ConfigText read(const toml::table& table) {
    read(table, "", 0);
    sort_by_line(text_.entries);
    sort_by_line(text_.sections);
    return std::move(text_);
  }

 private:
  // Sections within it become sections beside it: "alerts" and "alerts.request_stuck".
  void read(const toml::table& table, const std::string& name, int parts) {
    ConfigSection section{name, table.source().begin.line, {}};
    bool has_sections = false;
    for (const auto& [key, node] : table) {
      std::string full = name;
      full.append(name.empty() ? "" : ".").append(key.str());
      const unsigned line = node.source().begin.line;
      if (node.is_array_of_tables()) {
        std::string sentence = "each section needs a name of its own: [";
        refuse(line, sentence.append(full).append(".NAME] and not [[").append(full).append("]]"));
      } else if (const toml::table* const inner = node.as_table()) {
        has_sections = true;
        if (parts == kMostParts) {
          refuse(line, "there is no section \"" + full + '"');
        } else {
          read(*inner, full, parts + 1);
        }
      } else {
        read(node, std::string(key.str()), parts > 0, parts > 0 ? section.entries : text_.entries);
      }
    }
    if (parts == 0 || (section.entries.empty() && has_sections)) return;
    sort_by_line(section.entries);
    text_.sections.push_back(std::move(section));
  }

  void read(const toml::node& node, std::string name, bool in_section,
            std::vector<ConfigEntry>& entries) {
    ConfigEntry entry{std::move(name), {}, node.source().begin.line};
    const auto add = [&](const toml::node& value) {
      const auto one = in_section ? text_in_section(value) : text_of(value);
      if (one) {
        entry.values.push_back(*one);
      } else {
        refuse(entry.line,
               entry.name + (in_section ? " is neither a text, which must not be empty, nor a "
                                          "number, nor true or false, nor a list of these"
                                        : " is neither a text, which must not be empty, "
                                          "nor a number, nor a list of these"));
      }
    };
    if (const toml::array* const list = node.as_array()) {
      for (const toml::node& value : *list) add(value);
    } else {
      add(node);
    }
    entries.push_back(std::move(entry));
  }

  // The fault that stands first.
  void refuse(unsigned line, const std::string& sentence) {
    if (!why_.empty() && line >= line_) return;
    why_ = in_line(line, sentence);
    line_ = line;
  }

  std::string& why_;
  unsigned line_ = 0;
  ConfigText text_;
};

}  // namespace

std::string in_line(unsigned line, const std::string& sentence) {
  return "line " + std::to_string(line) + ": " + sentence;
}

ConfigText parse_config(std::string_view text, std::string& why) {
  try {
    ConfigText read = Reading(why).read(toml::parse(text));
    return why.empty() ? read : ConfigText{};
  } catch (const toml::parse_error& error) {
    why = in_line(error.source().begin.line, std::string(error.description()));
    return {};
  }
}

}  // namespace goxel_telemetry::http_bridge
