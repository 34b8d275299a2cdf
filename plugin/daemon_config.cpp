// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugin/daemon_config.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string_view>

#include "plugin/settings.h"

namespace goxel_telemetry::plugin {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kMostPathBytes = 4095;

bool is_one_line(const std::string& text) {
  return text.find_first_of(std::string_view("\n\0", 2)) == std::string::npos;
}

// A setting's value as the text that apply_setting() takes; false for a value that is no scalar.
bool as_text(const Json& value, std::string& out) {
  if (value.is_string()) {
    out = value.get<std::string>();
  } else if (value.is_boolean() || value.is_number()) {
    out = value.dump();
  } else {
    return false;
  }
  return is_one_line(out);
}

std::string read_setting(const std::string& name, const Json& value, Settings& checked,
                         std::string& out) {
  std::string text;
  if (!is_one_line(name)) return "plugins.telemetry.config has a name with a line break";
  if (!as_text(value, text)) {
    return "plugins.telemetry.config." + name +
           " must be a one-line string, a number or true/false";
  }
  if (std::string problem = apply_setting(checked, name, text); !problem.empty()) return problem;
  out.append(name).append("=").append(text).append("\n");
  return "";
}

std::string read_settings(const Json& config, std::string& out) {
  if (!config.is_object()) return "plugins.telemetry.config must be an object";
  Settings checked;
  for (const auto& [name, value] : config.items()) {
    if (name != kOperationTargets) {
      if (std::string problem = read_setting(name, value, checked, out); !problem.empty()) {
        return problem;
      }
      continue;
    }
    if (!value.is_object()) {
      return "plugins.telemetry.config." + name +
             " must be an object of operations and milliseconds";
    }
    for (const auto& [operation, target] : value.items()) {
      const std::string full_name = std::string(kOperationTargets).append(".").append(operation);
      if (std::string problem = read_setting(full_name, target, checked, out); !problem.empty()) {
        return problem;
      }
    }
  }
  return "";
}

std::string read_section(const Json& root, PluginSection& out) {
  if (!root.is_object()) return "it must hold a JSON object";
  const auto plugins = root.find("plugins");
  if (plugins == root.end()) return "";
  if (!plugins->is_object()) return "\"plugins\" must be an object";
  const auto section = plugins->find("telemetry");
  if (section == plugins->end()) return "";
  if (!section->is_object()) return "plugins.telemetry must be an object";
  for (const auto& [name, value] : section->items()) {
    if (name == "enabled") {
      if (!value.is_boolean()) return "plugins.telemetry.enabled must be true or false";
      out.enabled = value.get<bool>();
    } else if (name == "library") {
      if (!value.is_string() || value.get_ref<const std::string&>().empty() ||
          value.get_ref<const std::string&>().size() > kMostPathBytes) {
        return "plugins.telemetry.library must be the name or path of a library";
      }
      out.library = value.get<std::string>();
    } else if (name == "config") {
      if (std::string problem = read_settings(value, out.settings); !problem.empty()) {
        return problem;
      }
    } else {
      return "plugins.telemetry has an unknown member \"" + name + "\"";
    }
  }
  return "";
}

}  // namespace

std::string read_plugin_section(const std::string& path, PluginSection& out) {
  constexpr std::size_t kMostBytes = 16u << 20;
  std::ifstream file(path, std::ios::binary);
  if (!file) return path + " cannot be read: " + std::strerror(errno);
  std::string text;
  char buffer[65536];
  while (file.read(buffer, sizeof buffer), file.gcount() > 0) {
    text.append(buffer, static_cast<std::size_t>(file.gcount()));
    if (text.size() > kMostBytes) return path + " is larger than 16 MiB";
  }
  if (file.bad()) return path + " cannot be read: " + std::strerror(errno);
  Json root;
  try {
    root = Json::parse(text);
  } catch (const Json::exception& error) {
    // For example "[json.exception.parse_error.101] parse error at line 1, …"
    std::string detail = error.what();
    if (const std::size_t end = detail.find("] "); end != std::string::npos) {
      detail.erase(0, end + 2);
    }
    return path + " is not valid JSON: " + detail;
  }
  if (std::string problem = read_section(root, out); !problem.empty()) {
    return path + ": " + problem;
  }
  return "";
}

}  // namespace goxel_telemetry::plugin
