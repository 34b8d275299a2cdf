// SPDX-License-Identifier: GPL-3.0-or-later
// The plugins section of daemon_config.json:
//
//   "plugins": {
//     "telemetry": { "enabled": true, "library": "goxel_telemetry.so", "config": { … } }
//   }
#pragma once

#include <string>

namespace goxel_telemetry::plugin {

struct PluginSection {
  bool enabled = false;
  std::string library = "goxel_telemetry.so";
  std::string settings;  // checked lines of name=value
};

// Reads the section of the plugin "telemetry". A file without it means that the plugin is switched
// off. Returns an empty string, or one sentence that names the file and says what is wrong with it.
// Files over 16 MiB are refused.
std::string read_plugin_section(const std::string& path, PluginSection& out);

}  // namespace goxel_telemetry::plugin
