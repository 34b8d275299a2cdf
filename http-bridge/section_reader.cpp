// SPDX-License-Identifier: GPL-3.0-or-later
#include "http-bridge/section_reader.h"

#include <algorithm>

#include "metrics/text/arguments.h"
#include "metrics/text/format.h"
#include "metrics/text/time_range.h"

namespace goxel_telemetry::http_bridge {
namespace {

const ConfigEntry* find(const ConfigSection& section, std::string_view name) {
  const auto at = std::find_if(section.entries.begin(), section.entries.end(),
                               [name](const ConfigEntry& entry) { return entry.name == name; });
  return at == section.entries.end() ? nullptr : &*at;
}

std::string plain(double value) {
  std::string text = std::to_string(value);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text;
}

std::string duration_text(std::uint64_t seconds) {
  for (const auto& [length, unit] : {std::pair{std::uint64_t{86'400}, "d"},
                                     {std::uint64_t{3'600}, "h"},
                                     {std::uint64_t{60}, "m"}})
    if (seconds != 0 && seconds % length == 0) return std::to_string(seconds / length) + unit;
  return std::to_string(seconds) + "s";
}

}  // namespace

bool SectionReader::has(std::string_view name) const {
  return find(section_, name) != nullptr;
}

const ConfigEntry* SectionReader::take(std::string_view name) {
  taken_.push_back(name);
  return find(section_, name);
}

const std::string* SectionReader::take_one(std::string_view name) {
  const ConfigEntry* const entry = take(name);
  if (entry == nullptr) return nullptr;
  if (entry->values.size() == 1) return entry->values.data();
  refuse(name, "is one value and no list");
  return nullptr;
}

void SectionReader::read(std::string_view name, bool& value) {
  const std::string* const text = take_one(name);
  if (text == nullptr) return;
  if (*text != "true" && *text != "false") return refuse(name, "is true or false");
  value = *text == "true";
}

void SectionReader::read(std::string_view name, double& value, double least, double most) {
  const std::string* const text = take_one(name);
  if (text == nullptr) return;
  const auto number = metrics::parse_number(*text, least, most);
  if (!number) return refuse(name, "is a number from " + plain(least) + " to " + plain(most));
  value = *number;
}

void SectionReader::read(std::string_view name, std::string& value) {
  if (const std::string* const text = take_one(name)) value = *text;
}

void SectionReader::read(std::string_view name, std::vector<std::string>& values) {
  if (const ConfigEntry* const entry = take(name)) values = entry->values;
}

void SectionReader::read_duration(std::string_view name, std::uint64_t& seconds,
                                  std::uint64_t least, std::uint64_t most) {
  const std::string* const text = take_one(name);
  if (text == nullptr) return;
  const auto duration = metrics::parse_duration(*text);
  if (!duration || *duration < least || *duration > most) {
    return refuse(
        name, "is a time from \"" + duration_text(least) + "\" to \"" + duration_text(most) + '"');
  }
  seconds = *duration;
}

void SectionReader::refuse(std::string_view name, const std::string& sentence) {
  const ConfigEntry* const entry = find(section_, name);
  faults_.push_back(in_line(entry == nullptr ? section_.line : entry->line,
                            std::string(name) + " of [" + section_.name + "] " + sentence));
}

void SectionReader::finish() {
  for (const ConfigEntry& entry : section_.entries) {
    if (std::find(taken_.begin(), taken_.end(), entry.name) != taken_.end()) continue;
    faults_.push_back(in_line(entry.line, "[" + section_.name + "] has no \"" + entry.name + '"'));
  }
}

}  // namespace goxel_telemetry::http_bridge
