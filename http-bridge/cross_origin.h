// SPDX-License-Identifier: GPL-3.0-or-later
// What browsers are told about pages of other origins (CORS, https://fetch.spec.whatwg.org/#http-cors-protocol):
// those whose origin is listed may read answers, and nothing else. Without a list nobody is told anything.
#pragma once

#include <memory>
#include <optional>

#include "http-bridge/response_head.h"
#include "http-bridge/routes.h"

namespace goxel_telemetry::http_bridge {

CrossOrigin cross_origin_of(const Access& access, const Request& request);

// If it is a browser's question whether a page of a listed origin may ask: yes. It carries no token.
std::optional<Response> answer_preflight(const Access& access, const Request& request);

// The answer, made without regard to that, as this client may have it.
std::shared_ptr<const Response> for_origin_of(const Access& access, const Request& request,
                                              const std::shared_ptr<const Response>& response);

void add_cross_origin_fields(const Response& response, Fields& fields);

}  // namespace goxel_telemetry::http_bridge
