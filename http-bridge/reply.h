// SPDX-License-Identifier: GPL-3.0-or-later
// Makes the replies of all routes.
#pragma once

#include <cctype>
#include <memory>
#include <string>
#include <string_view>

#include "documents/encode_json.h"
#include "documents/encode_msgpack.h"
#include "http-bridge/accept.h"
#include "http-bridge/reason.h"
#include "http-bridge/routes.h"

namespace goxel_telemetry::http_bridge {

inline Response error_reply(int status, std::string_view sentence) {
  return {status, documents::kProblemType,
          documents::encode_json_problem(status, reason_of(status), sentence)};
}

// To a client for whom there is no room now.
inline std::shared_ptr<const Response> busy_reply() {
  Response response = error_reply(503, "This bridge is busy; ask again in a second.");
  response.retry_after_seconds = 1;
  return std::make_shared<const Response>(std::move(response));
}

// `message` is a sentence without its capital letter and its full stop.
inline Response sentence_reply(int status, std::string message) {
  message[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(message[0])));
  return error_reply(status, message + '.');
}

inline bool wants_msgpack(const Request& request) {
  return prefers(request.accept, documents::kMsgpackType, documents::kJsonType);
}

// As JSON, or as msgpack if that is asked for.
template <class Document>
Response document_reply(const Request& request, const Document& document) {
  if (wants_msgpack(request)) {
    return {200, documents::kMsgpackType, documents::encode_msgpack(document)};
  }
  return {200, documents::kJsonType, documents::encode_json(document)};
}

}  // namespace goxel_telemetry::http_bridge
