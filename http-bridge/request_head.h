// SPDX-License-Identifier: GPL-3.0-or-later
// Reads what comes before a request's body. Refuses everything that two programs could understand
// differently, so that no request can be hidden in another one (RFC 9112).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace goxel_telemetry::http_bridge {

struct RequestHead {
  // The request as the only one on its connection, with only those fields that an answer depends
  // on. Left out are fields that ask for a compressed answer or for parts of it, or announce a body.
  std::string essential;
  // Another request may follow. Not after a body: none is read, so it would be taken for one.
  bool keep_alive = false;
};

// Whether `received` ends where a head ends, whether the head is valid or not.
bool ends_a_head(std::string_view received);

// Of all bytes up to and including the empty line.
std::optional<RequestHead> parse_request_head(std::string_view head);

}  // namespace goxel_telemetry::http_bridge
