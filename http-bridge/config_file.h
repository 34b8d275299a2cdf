// SPDX-License-Identifier: GPL-3.0-or-later
// The text of a configuration file: TOML. Before the first section, keys are the long names of flags; sections are handed on as
// they are.
//
//   port = 9464
//   instance = ["goxel", "other"]
//
//   [alerts.request_stuck]
//   limit = "30s"
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace goxel_telemetry::http_bridge {

inline constexpr std::size_t kMostConfigBytes = std::size_t{64} * 1024;

struct ConfigEntry {
  std::string name;
  std::vector<std::string>
      values;         // as they would stand on a command line; in a section also "true", "0.5"
  unsigned line = 0;  // the first is 1
};

struct ConfigSection {
  std::string name;  // "alerts", "alerts.request_stuck"
  unsigned line = 0;
  std::vector<ConfigEntry> entries;  // in the order of the lines
};

struct ConfigText {
  std::vector<ConfigEntry> entries;     // before any section, in the order of the lines
  std::vector<ConfigSection> sections;  // in the order of the lines
};

// If `text` is none, `why` is a sentence that names the line.
ConfigText parse_config(std::string_view text, std::string& why);

// "line 3: …"
std::string in_line(unsigned line, const std::string& sentence);

}  // namespace goxel_telemetry::http_bridge
