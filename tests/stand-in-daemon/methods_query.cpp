// SPDX-License-Identifier: GPL-3.0-or-later
// Methods that look at voxels.
#include <algorithm>
#include <map>
#include <utility>

#include "methods.h"

namespace stand_in {
namespace {

constexpr std::size_t kMostListed = 10000;

Json voxel_json(const Position& position, Color color) {
  return {{"x", position.x}, {"y", position.y}, {"z", position.z}, {"color", color_json(color)}};
}

Json position_json(const Position& position) {
  return Json::array({position.x, position.y, position.z});
}

// Voxels for an answer, up to kMostListed of them.
struct Listing {
  Json voxels = Json::array();
  std::size_t seen = 0;

  void add(const Position& position, Color color) {
    if (seen++ < kMostListed) voxels.push_back(voxel_json(position, color));
  }
  Json answer() const {
    return {{"voxels", voxels}, {"count", voxels.size()}, {"truncated", seen > voxels.size()}};
  }
};

// The grid of the layer that is asked for, else every visible voxel.
void for_each_asked(Project& project, const Params& params,
                    const std::function<void(const Position&, Color)>& visit) {
  if (params.integer("layer_id", 0)) {
    layer_of(project, params, 0).grid.for_each(visit);
  } else {
    project.voxels.for_each_visible(visit);
  }
}

std::map<std::uint32_t, std::pair<Color, std::size_t>> colors(Project& project,
                                                              const Params& params) {
  std::map<std::uint32_t, std::pair<Color, std::size_t>> counts;
  for_each_asked(project, params, [&counts](const Position&, Color color) {
    auto& entry = counts[color.packed()];
    entry.first = color;
    ++entry.second;
  });
  return counts;
}

Json get_voxel(Project& project, const Params& params) {
  const Position position = params.position();
  const Color color = project.voxels.visible_color(position);
  return {{"x", position.x},
          {"y", position.y},
          {"z", position.z},
          {"exists", color.a != 0},
          {"color", color_json(color)}};
}

Json get_voxels_region(Project& project, const Params& params) {
  const auto low = params.triple("min");
  const auto high = params.triple("max");
  if (!low) throw MethodError(kInvalidParams, "Parameter 'min' must be an array of 3 integers");
  if (!high) throw MethodError(kInvalidParams, "Parameter 'max' must be an array of 3 integers");
  Listing listing;
  layer_of(project, params, 2)
      .grid.for_each_in({*low, *high}, [&listing](const Position& position, Color color) {
        listing.add(position, color);
      });
  return listing.answer();
}

Json get_layer_voxels(Project& project, const Params& params) {
  if (project.stock_faults) throw MethodError(-32603, "Bulk operation failed");
  Listing listing;
  layer_of(project, params, 0).grid.for_each([&listing](const Position& position, Color color) {
    listing.add(position, color);
  });
  return listing.answer();
}

Json get_bounding_box(Project& project, const Params& params) {
  const std::optional<Box> box = params.integer("layer_id", 0)
                                     ? layer_of(project, params, 0).grid.bounds()
                                     : project.voxels.visible_bounds();
  if (!box) return {{"empty", true}};
  return {{"empty", false}, {"min", position_json(box->low)}, {"max", position_json(box->high)}};
}

Json get_color_histogram(Project& project, const Params& params) {
  Json histogram = Json::array();
  std::size_t total = 0;
  for (const auto& [packed, entry] : colors(project, params)) {
    total += entry.second;
    histogram.push_back({{"color", color_json(entry.first)}, {"count", entry.second}});
  }
  return {{"total_voxels", total}, {"unique_colors", histogram.size()}, {"histogram", histogram}};
}

Json get_unique_colors(Project& project, const Params& params) {
  Json list = Json::array();
  for (const auto& [packed, entry] : colors(project, params))
    list.push_back(color_json(entry.first));
  return {{"count", list.size()}, {"colors", list}};
}

Json find_voxels_by_color(Project& project, const Params& params) {
  const std::optional<Color> wanted = params.color("color", 0);
  if (!wanted) throw MethodError(kInvalidParams, "Must specify color");
  Listing listing;
  project.voxels.for_each_visible([&](const Position& position, Color color) {
    if (color == *wanted) listing.add(position, color);
  });
  return listing.answer();
}

}  // namespace

const std::vector<Method>& query_methods() {
  static const std::vector<Method> methods{
      {"goxel.get_voxel", "The visible voxel at a position", get_voxel},
      {"goxel.get_voxels_region", "The voxels in a box", get_voxels_region},
      {"goxel.get_layer_voxels", "The voxels of a layer", get_layer_voxels},
      {"goxel.get_bounding_box", "The smallest box around all voxels", get_bounding_box},
      {"goxel.get_color_histogram", "How many voxels there are of each colour",
       get_color_histogram},
      {"goxel.find_voxels_by_color", "The voxels of one colour", find_voxels_by_color},
      {"goxel.get_unique_colors", "The colours in use", get_unique_colors},
  };
  return methods;
}

}  // namespace stand_in
