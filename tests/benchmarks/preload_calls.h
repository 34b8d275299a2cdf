// SPDX-License-Identifier: GPL-3.0-or-later
// A request of 100 bytes and its answer of 110, as the stock daemon sends them: followed by a
// newline of its own.
#pragma once

inline constexpr char kRequest[] =
    R"({"jsonrpc": "2.0", "method": "goxel.add_voxel", "id": 5, "params": [10, 20, 30, 255, 0, 0, 255]}   )"
    "\n";
inline constexpr char kAnswer[] =
    R"({ "jsonrpc": "2.0", "result": { "success": true, "x": 1, "y": 2, "z": 3, "color": [ 255, 0, 0 ] }, "id": 5 }  )";
static_assert(sizeof kRequest - 1 >= 100 && sizeof kAnswer - 1 >= 108);

// Descriptor numbers that no file of the benchmark has.
inline constexpr int kListener = 300;
inline constexpr int kFirstDescriptor = 400;
