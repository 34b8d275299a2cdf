// SPDX-License-Identifier: GPL-3.0-or-later
// Which JSON-RPC method does the work of an MCP tool, so that the same work is compared with itself
// over either stack.
#pragma once

#include <string>
#include <string_view>

namespace goxel_telemetry::metrics {

// As in goxel-daemon 0.19 (g_method_mappings in its src/daemon/mcp_handler.c): a few tools have a
// method of another name; for any other tool goxel_X the method is goxel.X. A name that is not such
// a tool's is returned as it is.
std::string method_of_tool(std::string_view tool);

}  // namespace goxel_telemetry::metrics
