// SPDX-License-Identifier: GPL-3.0-or-later
#include "http-bridge/mcp_call.h"

namespace goxel_telemetry::http_bridge {

McpCall mcp_call(std::string_view operation) {
  const bool is_method = operation.find('/') != std::string_view::npos ||
                         operation == "initialize" || operation == "ping";
  if (is_method) return {std::string(operation), ""};
  return {"tools/call", std::string(operation)};
}

}  // namespace goxel_telemetry::http_bridge
