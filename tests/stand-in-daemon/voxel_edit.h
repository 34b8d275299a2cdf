// SPDX-License-Identifier: GPL-3.0-or-later
// Edits that touch many voxels at once.
#pragma once

#include <cstddef>
#include <string>

#include "voxel_store.h"

namespace stand_in {

// Recolours all voxels that are connected to the one at `start` by faces and have its colour. If
// `start` is empty, sets only that voxel. Returns how many were written, at most `most`.
std::size_t flood_fill(VoxelGrid& grid, const Position& start, Color color, std::size_t most);

// "cube", "sphere", "cylinder" or "cone" around `center`; `size` in voxels, 1 to kLargestShape.
// `known` is false for another name.
inline constexpr int kLargestShape = 128;
struct ShapeResult {
  bool known = true;
  std::size_t written = 0;
};
ShapeResult add_shape(VoxelGrid& grid, const std::string& shape, const Position& center,
                      const Position& size, Color color);

}  // namespace stand_in
