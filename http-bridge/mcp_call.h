// SPDX-License-Identifier: GPL-3.0-or-later
// What OpenTelemetry's conventions for MCP call an operation.
#pragma once

#include <string>
#include <string_view>

namespace goxel_telemetry::http_bridge {

struct McpCall {
  std::string method;  // mcp.method.name
  std::string tool;    // gen_ai.tool.name; empty: it calls none
};

// MCP's methods have a slash in their names, or are initialize or ping. Any other operation is a tool.
McpCall mcp_call(std::string_view operation);

}  // namespace goxel_telemetry::http_bridge
