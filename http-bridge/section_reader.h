// SPDX-License-Identifier: GPL-3.0-or-later
// Takes the values of one section of the configuration file, and says what is wrong with it, line by line.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "http-bridge/config_file.h"

namespace goxel_telemetry::http_bridge {

class SectionReader {
 public:
  // Sentences go to `faults`. Both must outlive this object.
  SectionReader(const ConfigSection& section, std::vector<std::string>& faults)
      : section_(section), faults_(faults) {}

  // Each sets `value` if the section has a valid value of this name, and else leaves it.
  void read(std::string_view name, bool& value);
  void read(std::string_view name, double& value, double least, double most);
  void read(std::string_view name, std::string& value);
  void read(std::string_view name, std::vector<std::string>& values);
  // "90s", "10m", "2h", "1d" as seconds.
  void read_duration(std::string_view name, std::uint64_t& seconds, std::uint64_t least,
                     std::uint64_t most);

  bool has(std::string_view name) const;
  // What is wrong with a value that was read, or, if there is none of that name, with the section.
  void refuse(std::string_view name, const std::string& sentence);
  // Every name that nobody has read is a fault.
  void finish();

 private:
  const ConfigEntry* take(std::string_view name);
  // Null, and a fault, also if there are several.
  const std::string* take_one(std::string_view name);

  const ConfigSection& section_;
  std::vector<std::string>& faults_;
  std::vector<std::string_view> taken_;
};

}  // namespace goxel_telemetry::http_bridge
