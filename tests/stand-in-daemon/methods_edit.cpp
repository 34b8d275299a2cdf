// SPDX-License-Identifier: GPL-3.0-or-later
// Methods that change voxels.
#include "methods.h"
#include "voxel_edit.h"

namespace stand_in {
namespace {

constexpr std::size_t kMostFilled = 200000;
constexpr std::size_t kMostOperations = 10000;

// The stock daemon's defaults: black by place, white by name.
Color color_or_default(const Params& params, std::size_t place) {
  const std::uint8_t level = params.by_name() ? 255 : 0;
  return params.color("color", place).value_or(Color{level, level, level, 255});
}

Json add_voxel(Project& project, const Params& params) {
  const Position position = params.position();
  const Color color = color_or_default(params, 3);
  Layer& layer = layer_of(project, params, 7);
  layer.grid.set(position, color);
  return {{"success", true}, {"x", position.x},      {"y", position.y},
          {"z", position.z}, {"layer_id", layer.id}, {"color", color_json(color)}};
}

// Several voxels at once: { "voxels": [ { "x": …, "color": … }, … ] }.
Json add_voxels(Project& project, const Params& params) {
  const Json* voxels = params.find("voxels", 0);
  if (voxels == nullptr || !voxels->is_array()) {
    throw MethodError(kInvalidParams, "Must specify voxels array");
  }
  for (const Json& voxel : *voxels) add_voxel(project, Params(voxel));
  return {{"success", true}, {"added", voxels->size()}};
}

Json remove_voxel(Project& project, const Params& params) {
  const Position position = params.position();
  Layer& layer = layer_of(project, params, 3);
  layer.grid.erase(position);
  return {{"success", true},
          {"x", position.x},
          {"y", position.y},
          {"z", position.z},
          {"layer_id", layer.id}};
}

Json paint_voxels(Project& project, const Params& params) {
  const Position position = params.position();
  const Color color = color_or_default(params, 3);
  Layer& layer = layer_of(project, params, 7);
  if (layer.grid.get(position).a == 0) {
    throw MethodError(-1010, "Failed to paint voxel: error code -1");
  }
  layer.grid.set(position, color);
  return {{"success", true}, {"painted", 1}};
}

Json fill(Project& project, const Params& params) {
  const Position position = params.position();
  Layer& layer = layer_of(project, params, 7);
  const std::size_t filled =
      flood_fill(layer.grid, position, color_or_default(params, 3), kMostFilled);
  return {{"success", true}, {"voxels_filled", filled}};
}

// By place: shape, x, y, z, size, r, g, b, a.
Position shape_center(const Params& params) {
  if (params.by_name()) return params.position();
  const Position center{params.integer("", 1).value_or(0), params.integer("", 2).value_or(0),
                        params.integer("", 3).value_or(0)};
  if (!in_range(center)) throw MethodError(kInvalidParams, "Position out of range");
  return center;
}

Json procedural_shape(Project& project, const Params& params) {
  const std::string shape =
      params.text(params.raw().contains("shape_type") ? "shape_type" : "shape", 0).value_or("cube");
  const Position center = shape_center(params);
  Position size{10, 10, 10};
  if (const auto sides = params.triple("size")) {
    size = *sides;
  } else if (const auto side = params.integer("size", 4)) {
    size = {*side, *side, *side};
  }
  Layer& layer = layer_of(project, params, 9);
  const ShapeResult result =
      add_shape(layer.grid, shape, center, size, color_or_default(params, 5));
  if (!result.known) throw MethodError(-1011, "Unknown shape: " + shape);
  return {{"success", true}, {"shape_type", shape}, {"voxels_created", result.written}};
}

// One of { "type": "add"|"remove"|"paint", … } or { "method": "goxel.add_voxel", "params": … }.
bool apply(Project& project, const Json& operation) {
  if (!operation.is_object()) return false;
  const std::string type = operation.value("type", operation.value("op", std::string()));
  std::string name = operation.value("method", std::string());
  if (type == "add") name = "goxel.add_voxel";
  if (type == "remove") name = "goxel.remove_voxel";
  if (type == "paint") name = "goxel.paint_voxels";
  // Only these, so that a batch holds no batch.
  if (name != "goxel.add_voxel" && name != "goxel.remove_voxel" && name != "goxel.paint_voxels") {
    return false;
  }
  const auto params = operation.find("params");
  try {
    find_method(name)->handler(project, Params(params == operation.end() ? operation : *params));
    return true;
  } catch (const MethodError&) {
    return false;
  }
}

Json batch_operations(Project& project, const Params& params) {
  const Json* operations = params.find("operations", 0);
  if (operations == nullptr || !operations->is_array()) {
    throw MethodError(kInvalidParams, "Must specify operations array");
  }
  if (operations->size() > kMostOperations) {
    throw MethodError(kInvalidParams, "Too many operations");
  }
  std::size_t successful = 0;
  for (const Json& operation : *operations) successful += apply(project, operation) ? 1U : 0U;
  return {{"success", true},
          {"total_operations", operations->size()},
          {"successful_operations", successful}};
}

}  // namespace

const std::vector<Method>& edit_methods() {
  static const std::vector<Method> methods{
      {"add_voxels", "Sets several voxels", add_voxels},
      {"goxel.add_voxel", "Sets a voxel", add_voxel},
      {"goxel.remove_voxel", "Removes a voxel", remove_voxel},
      {"goxel.paint_voxels", "Recolours a voxel that is there", paint_voxels},
      {"goxel.flood_fill", "Recolours connected voxels of one colour", fill},
      {"goxel.procedural_shape", "Adds a cube, sphere, cylinder or cone", procedural_shape},
      {"goxel.batch_operations", "Several edits in one request", batch_operations},
  };
  return methods;
}

}  // namespace stand_in
