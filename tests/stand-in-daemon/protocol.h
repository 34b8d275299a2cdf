// SPDX-License-Identifier: GPL-3.0-or-later
// The two dialects of the socket: what a message is, and how an answer to it is written.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "spaced_json.h"

namespace stand_in {

enum class Dialect { json_rpc, mcp };

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
