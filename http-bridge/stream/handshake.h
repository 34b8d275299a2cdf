// SPDX-License-Identifier: GPL-3.0-or-later
// How a client of the live stream introduces itself (RFC 6455, 4): who may, and in which encoding it wants its frames.
#pragma once

#include <memory>
#include <string>

#include "documents/stream_message.h"
#include "http-bridge/access.h"
#include "http-bridge/request_head.h"
#include "http-bridge/routes.h"

namespace goxel_telemetry::http_bridge {

inline constexpr const char* kStreamPath = "/api/v1/stream";

struct StreamProtocol {
  std::string name;  // the subprotocol that was chosen; empty: none was offered that is known here
  documents::StreamEncoding encoding = documents::StreamEncoding::json;
};
// The first one of those that the client offers and that is known here.
StreamProtocol chosen_protocol(const RequestHead& request);

// What the client presents in place of Authorization, which a script in a browser cannot send: the subprotocol
// "goxel-telemetry.token.", and behind it the token, encoded as base64url (RFC 4648, 5; without padding).
std::string presented_authorization(const RequestHead& request);

// Why the client does not get the stream; null: it does.
std::shared_ptr<const Response> refused_stream(const Access& access, const RequestHead& request);

// What a request for kStreamPath is answered that does not ask to speak WebSocket.
Response stream_is_a_websocket();

}  // namespace goxel_telemetry::http_bridge
