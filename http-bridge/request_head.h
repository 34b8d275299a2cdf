// SPDX-License-Identifier: GPL-3.0-or-later
// Reads what comes before a request's body. Refuses everything that two programs could understand
// differently, so that no request can be hidden in another one (RFC 9112).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace goxel_telemetry::http_bridge {

struct RequestHead {
  std::string method;
  std::string target;
  // Only those fields that an answer depends on; empty if missing. Left out are fields that ask for a
  // compressed answer or for parts of it, or announce a body.
  std::string host;
  std::string accept;
  std::string authorization;
  // Another request may follow. Not after a body: none is read, so it would be taken for one.
  bool keep_alive = false;
};

// How many bytes of `received` are a head, up to and including its empty line, whether it is valid or
// not; 0: its end is not there. The first `scanned` bytes are known to have no end.
std::size_t head_size(std::string_view received, std::size_t scanned);

// Of all bytes of a head.
std::optional<RequestHead> parse_request_head(std::string_view head);

// The request as the only one on its connection.
std::string essential_bytes(const RequestHead& head);

}  // namespace goxel_telemetry::http_bridge
