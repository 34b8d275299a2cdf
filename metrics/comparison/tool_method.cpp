// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/comparison/tool_method.h"

#include <algorithm>
#include <array>

namespace goxel_telemetry::metrics {
namespace {

constexpr std::string_view kToolPrefix = "goxel_";

struct Renamed {
  std::string_view tool;
  std::string_view method;
};
// Names without their prefixes.
constexpr std::array kRenamed = {
    Renamed{"add_voxels", "add_voxel"},     Renamed{"batch_voxel_operations", "batch_operations"},
    Renamed{"export_file", "export_model"}, Renamed{"new_layer", "create_layer"},
    Renamed{"open_file", "load_project"},   Renamed{"remove_voxels", "remove_voxel"},
    Renamed{"save_file", "save_project"},
};

}  // namespace

std::string method_of_tool(std::string_view tool) {
  if (!tool.starts_with(kToolPrefix)) return std::string(tool);
  std::string_view name = tool.substr(kToolPrefix.size());
  const auto renamed = std::find_if(kRenamed.begin(), kRenamed.end(),
                                    [name](const Renamed& r) { return r.tool == name; });
  if (renamed != kRenamed.end()) name = renamed->method;
  return "goxel." + std::string(name);
}

}  // namespace goxel_telemetry::metrics
