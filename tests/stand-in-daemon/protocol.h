// SPDX-License-Identifier: GPL-3.0-or-later
// The dialects of the socket: what a message is, and how an answer to it is written.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "spaced_json.h"

namespace stand_in {

enum class Dialect {
  json_rpc,
  mcp,           // the stock daemon's own: { "tool": …, "arguments": … }
  specified_mcp  // as it is specified: see mcp.h
};

struct Message {
  enum class Kind { request, batch, malformed };
  Kind kind = Kind::malformed;
  Dialect dialect = Dialect::json_rpc;
  Json body;              // of a request: the object; of a batch: the array
  std::string operation;  // method or tool; "_BATCH" for a batch
  std::string traceparent;
  // Of a malformed message: it was JSON, but not a request.
  bool is_json = false;
};

Message parse_message(std::string_view text);

// What a connection's messages are depends on how it began.
class Conversation {
 public:
  // Only if `knows_mcp`, the method `initialize` makes what follows MCP as it is specified.
  explicit Conversation(bool knows_mcp) : knows_mcp_(knows_mcp) {}

  Message parse(std::string_view text);
  // From now on a message is a line.
  bool speaks_mcp() const { return speaks_mcp_; }

 private:
  const bool knows_mcp_;
  bool speaks_mcp_ = false;
};

// It needs no answer and gets none.
bool is_notification(const Message& message);

// `strict` asks for "jsonrpc": "2.0" and a whole number, a text or null as the id, as the stock
// daemon does.
bool is_strictly_valid(const Message& message);

Json rpc_result(const Json& id, Json result);
Json rpc_error(const Json& id, int code, const std::string& text);
Json mcp_result(Json content);
Json mcp_error(int code, const std::string& text);

// The id for the answer; null if there is no id that can be repeated.
Json id_of(const Json& request);

}  // namespace stand_in
