// SPDX-License-Identifier: GPL-3.0-or-later
// How an answer reaches the client that asks: compressed, or not again (RFC 9110, 8.4 and 13).
#pragma once

#include "http-bridge/gzip.h"
#include "http-bridge/routes.h"

namespace goxel_telemetry::http_bridge {

// Names what a successful answer says, so that a client can ask whether it still says that. One that has a name keeps it.
void add_tag(Response& response);

// Whether its client takes an answer compressed by gzip.
bool takes_gzip(const Request& request);
// The answer, compressed if that makes it shorter by at least a network packet, with the most effort by a byte; its tag stays:
// it says the same.
Response compressed(const Response& response, Effort effort = Effort::least);

// Whether the client has what the answer says.
bool is_known(const Request& request, const Response& response);
// What is sent instead.
Response not_modified(const Response& response);

// All of that, for an answer that is made for one client.
Response represented(const Request& request, Response response);

}  // namespace goxel_telemetry::http_bridge
