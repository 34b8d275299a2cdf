// SPDX-License-Identifier: GPL-3.0-or-later
// The text of a configuration file: TOML, whose keys are the long names of flags, without sections.
//
//   port = 9464
//   instance = ["goxel", "other"]
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace goxel_telemetry::http_bridge {

inline constexpr std::size_t kMostConfigBytes = std::size_t{64} * 1024;

struct ConfigEntry {
  std::string name;
  std::vector<std::string> values;  // as they would stand on a command line
  unsigned line = 0;                // the first is 1
};

// In the order of the lines. If `text` is none, `why` is a sentence that names the line.
std::vector<ConfigEntry> parse_config(std::string_view text, std::string& why);

}  // namespace goxel_telemetry::http_bridge
