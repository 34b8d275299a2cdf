// SPDX-License-Identifier: GPL-3.0-or-later
// What stands before a request's body, read strictly: whatever two readers could take for two
// different things is refused, so that no request can be hidden in another (RFC 9112).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace goxel_telemetry::http_bridge {

struct RequestHead {
  // The request alone on its connection, with only those fields that an answer depends on: none
  // that asks for a compressed answer, for pieces of one, or announces a body.
  std::string essential;
  // Another request may follow. Not after a body: none is read, so it would be taken for one.
  bool keep_alive = false;
};

// Whether `received` ends where a head ends, be it a valid one or not.
bool ends_a_head(std::string_view received);

// Of all bytes up to and including the empty line.
std::optional<RequestHead> parse_request_head(std::string_view head);

}  // namespace goxel_telemetry::http_bridge
