// SPDX-License-Identifier: GPL-3.0-or-later
// Methods that write and read files.
#include <algorithm>
#include <filesystem>

#include "methods.h"
#include "model_files.h"
#include "render.h"

namespace stand_in {
namespace {

std::string path_of(const Params& params) {
  const auto path = params.text("path", 0);
  if (!path || path->empty()) {
    throw MethodError(kInvalidParams, "Missing required parameter: path");
  }
  return *path;
}

Json save(Project& project, const Params& params) {
  const std::string path = path_of(params);
  if (!save_project(project, path)) {
    throw MethodError(-1003, "Failed to save project '" + path + "': error code -1");
  }
  return {{"success", true}, {"path", path}};
}

Json load(Project& project, const Params& params) {
  const std::string path = path_of(params);
  if (!load_project(project, path)) {
    throw MethodError(-1002, "Failed to load project '" + path + "': error code -1");
  }
  return {{"success", true}, {"path", path}};
}

Json export_model(Project& project, const Params& params) {
  const std::string path = path_of(params);
  if (!export_voxels(project.voxels, path)) {
    throw MethodError(-1004, "Failed to export model '" + path + "': error code -1");
  }
  return {{"success", true}, {"path", path}};
}

Json render_scene(Project& project, const Params& params) {
  if (project.stock_faults) {
    throw MethodError(-1015, "Failed to render scene: error code -1");
  }
  const auto side = [&params](const char* name, std::size_t place) {
    return std::clamp(params.integer(name, place).value_or(256), 1, kLargestImageSide);
  };
  Render render;
  render.path = params.text("output_path", 0).value_or("render.ppm");
  render.width = side("width", 1);
  render.height = side("height", 2);
  if (!render_to_file(project.voxels, render.path, render.width, render.height)) {
    throw MethodError(-1015, "Failed to render scene: error code -1");
  }
  project.renders[render.path] = render;
  return {{"success", true},
          {"width", render.width},
          {"height", render.height},
          {"format", "ppm"},
          {"output_path", render.path}};
}

const Render& known_render(Project& project, const Params& params) {
  const auto path = params.text("path", 0);
  if (!path) throw MethodError(kInvalidParams, "Must specify path parameter");
  const auto found = project.renders.find(*path);
  if (found == project.renders.end()) throw MethodError(-1016, "Render not found");
  return found->second;
}

Json render_json(const Render& render) {
  return {{"path", render.path}, {"width", render.width}, {"height", render.height}};
}

Json get_render_info(Project& project, const Params& params) {
  return render_json(known_render(project, params));
}

// Removes only files that render_scene made.
Json cleanup_render(Project& project, const Params& params) {
  const std::string path = known_render(project, params).path;
  std::error_code ignored;
  std::filesystem::remove(path, ignored);
  project.renders.erase(path);
  return {{"success", true}, {"path", path}};
}

Json list_renders(Project& project, const Params&) {
  Json renders = Json::array();
  for (const auto& [path, render] : project.renders) renders.push_back(render_json(render));
  return {{"success", true}, {"count", renders.size()}, {"renders", renders}};
}

}  // namespace

const std::vector<Method>& file_methods() {
  static const std::vector<Method> methods{
      {"goxel.save_project", "Writes the project to a file", save},
      {"goxel.load_project", "Reads a project from a file", load},
      {"goxel.export_model", "Writes the visible voxels as .vox, .obj or .txt", export_model},
      {"goxel.render_scene", "Draws the scene into a PPM file", render_scene},
      {"goxel.get_render_info", "What is known of a rendered file", get_render_info},
      {"goxel.cleanup_render", "Removes a rendered file", cleanup_render},
      {"goxel.list_renders", "All rendered files", list_renders},
  };
  return methods;
}

}  // namespace stand_in
