// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/comparison/tool_method.h"

#include <gtest/gtest.h>

#include <utility>

namespace goxel_telemetry::metrics {
namespace {

// The daemon's own list.
TEST(ToolMethod, AFewToolsHaveAMethodOfAnotherName) {
  for (const auto& [tool, method] : {std::pair{"goxel_add_voxels", "goxel.add_voxel"},
                                     {"goxel_batch_voxel_operations", "goxel.batch_operations"},
                                     {"goxel_export_file", "goxel.export_model"},
                                     {"goxel_new_layer", "goxel.create_layer"},
                                     {"goxel_open_file", "goxel.load_project"},
                                     {"goxel_remove_voxels", "goxel.remove_voxel"},
                                     {"goxel_save_file", "goxel.save_project"}}) {
    EXPECT_EQ(method_of_tool(tool), method);
  }
}

TEST(ToolMethod, AnyOtherToolHasTheMethodOfItsName) {
  EXPECT_EQ(method_of_tool("goxel_create_project"), "goxel.create_project");
  EXPECT_EQ(method_of_tool("goxel_add_voxels_now"), "goxel.add_voxels_now");
  EXPECT_EQ(method_of_tool("goxel_"), "goxel.");
}

TEST(ToolMethod, WhatIsNoToolStaysAsItIs) {
  for (const char* name : {"", "goxel", "goxel.add_voxels", "add_voxels", "my_goxel_add_voxels",
                           "Goxel_add_voxels", "ping", "_BATCH"}) {
    EXPECT_EQ(method_of_tool(name), name);
  }
}

}  // namespace
}  // namespace goxel_telemetry::metrics
