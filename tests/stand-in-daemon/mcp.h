// SPDX-License-Identifier: GPL-3.0-or-later
// The Model Context Protocol as it is specified (https://modelcontextprotocol.io/specification,
// 2025-11-25 and 2025-06-18): what a server answers that has tools and nothing else.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "params.h"
#include "protocol.h"

namespace stand_in {

// Calls a tool. Throws MethodError, with the code -32601 if there is no such tool.
using CallTool = std::function<Json(const std::string& tool, const Params& arguments)>;

// The reply to a message of Dialect::specified_mcp. nullopt: it needs none.
std::optional<Json> specified_mcp_reply(const Message& message, const CallTool& call_tool);

// Whether the reply says that the request failed, as a protocol error or as a tool's.
bool says_error(const Json& reply);

}  // namespace stand_in
