// SPDX-License-Identifier: GPL-3.0-or-later
#include "mcp.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "methods.h"

namespace stand_in {
namespace {

constexpr int kInvalidRequest = -32600;
constexpr int kNoSuchMethod = -32601;
constexpr int kParseError = -32700;

constexpr std::array<std::string_view, 2> kVersions{"2025-11-25", "2025-06-18"};  // latest first

const Json* member(const Json& object, const char* name) {
  if (!object.is_object()) return nullptr;
  const auto found = object.find(name);
  return found == object.end() ? nullptr : &*found;
}

std::string text_member(const Json& params, const char* name) {
  const Json* found = member(params, name);
  if (found == nullptr || !found->is_string()) {
    throw MethodError(kInvalidParams, std::string(name) + " must be a text");
  }
  return found->get<std::string>();
}

// The client's version if it is known here, else the latest, which the client may refuse.
Json initialize(const Json& params) {
  const std::string asked = text_member(params, "protocolVersion");
  const auto* const found = std::find(kVersions.begin(), kVersions.end(), asked);
  return {{"protocolVersion", std::string(found == kVersions.end() ? kVersions.front() : *found)},
          {"capabilities", {{"tools", Json::object()}}},
          {"serverInfo", {{"name", "goxel-stand-in-daemon"}, {"version", kGoxelVersion}}}};
}

Json tools() {
  Json list = Json::array();
  for (const Method& method : all_methods()) {
    list.push_back({{"name", tool_of(method)},
                    {"description", method.description},
                    {"inputSchema", {{"type", "object"}}}});
  }
  return {{"tools", list}};
}

Json tool_result(const std::string& text, bool is_error) {
  return {{"content", Json::array({{{"type", "text"}, {"text", text}}})}, {"isError", is_error}};
}

// A tool that fails has a result that says so; only one that is not there is an error of the
// protocol.
Json call(const Json& params, const CallTool& call_tool) {
  static const Json kNone = Json::object();
  const std::string name = text_member(params, "name");
  const Json* given = member(params, "arguments");
  if (given != nullptr && !given->is_object()) {
    throw MethodError(kInvalidParams, "arguments must be an object");
  }
  try {
    return tool_result(call_tool(name, Params(given == nullptr ? kNone : *given)).dump(), false);
  } catch (const MethodError& error) {
    if (error.code() == kNoSuchMethod) throw MethodError(kInvalidParams, error.what());
    return tool_result(error.what(), true);
  } catch (const StoreFull& error) {
    return tool_result(error.what(), true);
  }
}

Json result_of(const std::string& method, const Json& params, const CallTool& call_tool) {
  if (method == "initialize") return initialize(params);
  if (method == "ping") return Json::object();
  if (method == "tools/list") return tools();
  if (method == "tools/call") return call(params, call_tool);
  throw MethodError(kNoSuchMethod, "Method not found: " + method);
}

Json reply_to_request(const Json& body, const CallTool& call_tool) {
  static const Json kNone = nullptr;
  const Json id = id_of(body);
  const Json* version = member(body, "jsonrpc");
  if (id.is_null() || version == nullptr || *version != "2.0") {
    return rpc_error(id, kInvalidRequest, R"(A request has an id and "jsonrpc": "2.0")");
  }
  const Json* params = member(body, "params");
  try {
    return rpc_result(
        id, result_of(body["method"].get<std::string>(), params ? *params : kNone, call_tool));
  } catch (const MethodError& error) {
    return rpc_error(id, error.code(), error.what());
  }
}

}  // namespace

std::optional<Json> specified_mcp_reply(const Message& message, const CallTool& call_tool) {
  const Json& body = message.body;
  switch (message.kind) {
    case Message::Kind::batch:
      return rpc_error(nullptr, kInvalidRequest, "MCP has no batches");
    case Message::Kind::malformed:
      if (!message.is_json) return rpc_error(nullptr, kParseError, "Parse error");
      // Answers: this server has asked for nothing.
      if (member(body, "result") != nullptr || member(body, "error") != nullptr) {
        return std::nullopt;
      }
      return rpc_error(id_of(body), kInvalidRequest, "Invalid Request");
    case Message::Kind::request:
      break;
  }
  if (is_notification(message)) return std::nullopt;
  return reply_to_request(body, call_tool);
}

bool says_error(const Json& reply) {
  const Json* result = member(reply, "result");
  if (result == nullptr) return true;
  const Json* failed = member(*result, "isError");
  return failed != nullptr && *failed == true;
}

}  // namespace stand_in
