// SPDX-License-Identifier: GPL-3.0-or-later
// What the daemon can do, by name.
#pragma once

#include <atomic>
#include <ctime>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "params.h"
#include "spaced_json.h"
#include "voxel_store.h"

namespace stand_in {

inline constexpr const char* kGoxelVersion = "0.18.6";  // as the stock daemon reports it

struct Render {
  std::string path;
  int width = 0;
  int height = 0;
};

// Everything the methods work on. Guarded by the dispatcher's project lock.
struct Project {
  std::string name = "New Project";
  int width = 64;
  int height = 64;
  int depth = 64;
  VoxelStore voxels;
  std::map<std::string, Render> renders;
  std::time_t started = std::time(nullptr);
  // create_layer, render_scene and get_layer_voxels fail as they do in the recording.
  bool stock_faults = false;
};

using Handler = Json (*)(Project&, const Params&);

struct Method {
  const char* name;
  const char* description;
  Handler handler;
};

// Each table is one file, methods_*.cpp.
const std::vector<Method>& general_methods();
const std::vector<Method>& edit_methods();
const std::vector<Method>& layer_methods();
const std::vector<Method>& query_methods();
const std::vector<Method>& file_methods();

const std::vector<Method>& all_methods();
const Method* find_method(std::string_view name);
// The method that an MCP tool stands for: "goxel_add_voxels" is goxel.add_voxel. nullptr for an
// unknown tool.
const Method* find_tool(std::string_view tool);
// The tool that stands for the method.
std::string tool_of(const Method& method);

// Shared by the tables.
Layer& layer_of(Project& project, const Params& params, std::size_t place);
Json color_json(Color color);

}  // namespace stand_in
