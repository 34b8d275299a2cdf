// SPDX-License-Identifier: GPL-3.0-or-later
// The model in files. Each function returns false if the file could not be written, or read and
// understood.
#pragma once

#include <string>

#include "methods.h"
#include "voxel_store.h"

namespace stand_in {

// Our own text format: see the beginning of model_files.cpp.
bool save_project(const Project& project, const std::string& path);
// On failure the project stays as it was.
bool load_project(Project& project, const std::string& path);

// By the ending of the path: .obj (a cube per voxel), .vox (MagicaVoxel), else a text "x y z
// rrggbb" per line.
bool export_voxels(const VoxelStore& voxels, const std::string& path);

}  // namespace stand_in
