// SPDX-License-Identifier: GPL-3.0-or-later
// Reads what comes before a request's body, by RFC 9112. Refuses everything that two programs could
// understand differently, so that no request can be hidden in another one.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

namespace goxel_telemetry::http_bridge {

struct RequestHead {
  std::string method;
  std::string target;  // begins with a slash
  // Only those fields that an answer depends on; empty if missing. Left out are fields that ask for parts of it.
  std::string host;  // missing only in HTTP/1.0
  std::string accept;
  std::string accept_encoding;
  std::string if_none_match;
  std::string authorization;
  std::string origin;  // of the page that asks, in a browser
  // Of the question that a browser asks before a page's request (CORS preflight):
  std::string requested_method;
  std::string private_network;
  std::string content_type;
  std::string content_encoding;
  // Of a request that asks to speak WebSocket from now on (RFC 6455, 4.2.1).
  bool upgrades = false;  // Connection and Upgrade say so
  std::string websocket_key;
  std::string websocket_version;
  std::string websocket_protocols;  // a list
  bool announces_body = false;
  std::uint64_t body_bytes = 0;
  bool is_chunked = false;        // how long the body is will only be known at its end
  bool expects_continue = false;  // before the body is sent
  // Another request may follow, if the body is read; else it would be taken for one.
  bool keep_alive = false;
};

struct RefusedHead {
  int status;
  std::string_view sentence;  // for a person
};

// How many bytes of `received` are a head, up to and including its empty line, whether it is valid or
// not; 0: its end is not there. The first `scanned` bytes are known to have no end.
std::size_t head_size(std::string_view received, std::size_t scanned);

// Of all bytes of a head.
std::variant<RequestHead, RefusedHead> parse_request_head(std::string_view head);

// Accept-Encoding under a name that the backend's server does not know: we compress, and it does not.
inline constexpr const char* kAcceptEncodingField = "Goxel-Accept-Encoding";

inline constexpr const char* kRequestedMethodField = "Access-Control-Request-Method";
inline constexpr const char* kPrivateNetworkField = "Access-Control-Request-Private-Network";

// The request as the only one on its connection, for the backend.
std::string essential_bytes(const RequestHead& head);

}  // namespace goxel_telemetry::http_bridge
