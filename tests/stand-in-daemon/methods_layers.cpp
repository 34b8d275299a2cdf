// SPDX-License-Identifier: GPL-3.0-or-later
// Methods on layers.
#include "methods.h"

namespace stand_in {
namespace {

constexpr std::size_t kMostLayers = 256;

Json list_layers(Project& project, const Params&) {
  Json layers = Json::array();
  for (const auto& layer : project.voxels.layers()) {
    layers.push_back({{"id", layer->id}, {"name", layer->name}, {"visible", layer->visible}});
  }
  return {{"count", layers.size()}, {"layers", layers}};
}

Json create_layer(Project& project, const Params& params) {
  const std::size_t count = project.voxels.layers().size();
  if (project.stock_faults || count >= kMostLayers) {
    throw MethodError(-1008, "Failed to create layer: error code 2");
  }
  const Layer& layer =
      project.voxels.add_layer(params.text("name", 0).value_or("Layer " + std::to_string(count)));
  return {{"success", true}, {"layer_id", layer.id}, {"name", layer.name}};
}

Json delete_layer(Project& project, const Params& params) {
  std::optional<int> id = params.integer("layer_id", 0);
  const auto name = params.text("layer_name", 1);
  if (!id && name) {
    const Layer* layer = project.voxels.find_layer(*name);
    id = layer == nullptr ? -1 : layer->id;
  }
  if (!id) throw MethodError(kInvalidParams, "Must specify either layer_id or layer_name");
  if (!project.voxels.remove_layer(*id)) {
    throw MethodError(-1012, "Failed to delete layer: error code -1");
  }
  return {{"success", true}, {"layer_id", *id}};
}

Json merge_layers(Project& project, const Params& params) {
  const auto source = params.integer("source_layer_id", 0);
  const auto target = params.integer("target_layer_id", 1);
  if (!source || !target || !project.voxels.merge_layers(*source, *target)) {
    throw MethodError(kInvalidParams, "Must specify valid source_layer_id and target_layer_id");
  }
  return {{"success", true}, {"source_layer_id", *source}, {"target_layer_id", *target}};
}

Json set_layer_visibility(Project& project, const Params& params) {
  const auto id = params.integer("layer_id", 0);
  Layer* layer = id ? project.voxels.find_layer(*id) : nullptr;
  if (layer == nullptr) throw MethodError(kInvalidParams, "Must specify valid layer_id");
  layer->visible = params.boolean("visible", 1).value_or(true);
  return {{"success", true}, {"layer_id", layer->id}, {"visible", layer->visible}};
}

}  // namespace

const std::vector<Method>& layer_methods() {
  static const std::vector<Method> methods{
      {"goxel.list_layers", "All layers, bottom first", list_layers},
      {"goxel.create_layer", "Adds a layer on top", create_layer},
      {"goxel.delete_layer", "Removes a layer", delete_layer},
      {"goxel.merge_layers", "Puts one layer's voxels into another", merge_layers},
      {"goxel.set_layer_visibility", "Shows or hides a layer", set_layer_visibility},
  };
  return methods;
}

}  // namespace stand_in
