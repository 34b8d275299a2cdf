// SPDX-License-Identifier: GPL-3.0-or-later
#include "protocol.h"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace stand_in {
namespace {

// Writing JSON recurses; a client must not choose how deep.
constexpr std::size_t kDeepest = 256;

bool too_deep(std::string_view text) {
  std::size_t depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') {
        ++i;
      } else if (c == '"') {
        in_string = false;
      }
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{' || c == '[') {
      if (++depth > kDeepest) return true;
    } else if ((c == '}' || c == ']') && depth > 0) {
      --depth;
    }
  }
  return false;
}

std::string traceparent_in(const Json& object) {
  if (!object.is_object()) return {};
  const auto meta = object.find("_meta");
  if (meta == object.end() || !meta->is_object()) return {};
  const auto value = meta->find("traceparent");
  return value != meta->end() && value->is_string() ? value->get<std::string>() : std::string();
}

std::string member_traceparent(const Json& body, const char* member) {
  const auto found = body.find(member);
  return found == body.end() ? std::string() : traceparent_in(*found);
}

bool has_text(const Json& body, const char* member) {
  const auto found = body.find(member);
  return found != body.end() && found->is_string();
}

void classify_object(Message& message) {
  const Json& body = message.body;
  if (has_text(body, "method")) {
    message.dialect = Dialect::json_rpc;
    message.operation = body["method"].get<std::string>();
  } else if (has_text(body, "tool")) {
    message.dialect = Dialect::mcp;
    message.operation = body["tool"].get<std::string>();
  } else {
    return;
  }
  message.kind = Message::Kind::request;
  message.traceparent = traceparent_in(body);
  const char* member = message.dialect == Dialect::mcp ? "arguments" : "params";
  if (message.traceparent.empty()) message.traceparent = member_traceparent(body, member);
}

}  // namespace

Message parse_message(std::string_view text) {
  Message message;
  if (too_deep(text)) return message;
  message.body = Json::parse(text, nullptr, false);
  message.is_json = !message.body.is_discarded();
  if (message.body.is_object()) {
    classify_object(message);
  } else if (message.body.is_array() && !message.body.empty()) {
    message.kind = Message::Kind::batch;
    message.operation = "_BATCH";
  }
  return message;
}

Message Conversation::parse(std::string_view text) {
  Message message = parse_message(text);
  const bool is_method =
      message.kind == Message::Kind::request && message.dialect == Dialect::json_rpc;
  speaks_mcp_ |= knows_mcp_ && is_method && message.operation == "initialize";
  if (!speaks_mcp_) return message;
  message.dialect = Dialect::specified_mcp;
  if (message.operation == "tools/call") {
    const auto params = message.body.find("params");
    if (params != message.body.end() && params->is_object() && has_text(*params, "name")) {
      message.operation = (*params)["name"].get<std::string>();
    }
  }
  return message;
}

bool is_notification(const Message& message) {
  return message.kind == Message::Kind::request && message.dialect == Dialect::specified_mcp &&
         !message.body.contains("id");
}

bool is_strictly_valid(const Message& message) {
  if (message.kind != Message::Kind::request || message.dialect != Dialect::json_rpc) return true;
  const Json& body = message.body;
  const auto version = body.find("jsonrpc");
  if (version == body.end() || *version != "2.0") return false;
  const auto id = body.find("id");
  if (id != body.end() && !id->is_number_integer() && !id->is_string() && !id->is_null()) {
    return false;
  }
  const auto params = body.find("params");
  return params == body.end() || params->is_structured();
}

Json id_of(const Json& request) {
  if (!request.is_object()) return nullptr;
  const auto id = request.find("id");
  if (id == request.end() || !(id->is_number() || id->is_string())) return nullptr;
  return *id;
}

Json rpc_result(const Json& id, Json result) {
  return {{"jsonrpc", "2.0"}, {"result", std::move(result)}, {"id", id}};
}

Json rpc_error(const Json& id, int code, const std::string& text) {
  return {{"jsonrpc", "2.0"}, {"error", {{"code", code}, {"message", text}}}, {"id", id}};
}

Json mcp_result(Json content) {
  return {{"success", true}, {"content", std::move(content)}};
}

Json mcp_error(int code, const std::string& text) {
  return {{"success", false}, {"error_code", code}, {"error_message", text}};
}

}  // namespace stand_in
