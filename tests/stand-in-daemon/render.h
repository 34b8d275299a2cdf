// SPDX-License-Identifier: GPL-3.0-or-later
// A small software renderer: the visible voxels from the front, above and to the side, into a PPM
// file.
#pragma once

#include <string>

#include "voxel_store.h"

namespace stand_in {

inline constexpr int kLargestImageSide = 2048;

// Sides from 1 to kLargestImageSide. False if the file cannot be written.
bool render_to_file(const VoxelStore& voxels, const std::string& path, int width, int height);

}  // namespace stand_in
