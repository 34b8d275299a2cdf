// SPDX-License-Identifier: GPL-3.0-or-later
#include "http-bridge/cross_origin.h"

namespace goxel_telemetry::http_bridge {

CrossOrigin cross_origin_of(const Access& access, const Request& request) {
  CrossOrigin cross_origin;
  cross_origin.differs = !access.origins.empty();
  if (access.origin_listed(request.origin)) cross_origin.allowed = request.origin;
  return cross_origin;
}

std::optional<Response> answer_preflight(const Access& access, const Request& request) {
  if (request.method != "OPTIONS" || request.requested_method.empty() ||
      !access.host_allowed(request.host) || !access.origin_listed(request.origin)) {
    return std::nullopt;
  }
  Response yes;
  yes.status = 204;
  yes.cross_origin = cross_origin_of(access, request);
  yes.cross_origin.private_network = request.private_network == "true";
  return yes;
}

std::shared_ptr<const Response> for_origin_of(const Access& access, const Request& request,
                                              const std::shared_ptr<const Response>& response) {
  if (access.origins.empty()) return response;
  auto own = std::make_shared<Response>(*response);
  own->cross_origin = cross_origin_of(access, request);
  return own;
}

void add_cross_origin_fields(const Response& response, Fields& fields) {
  const CrossOrigin& cross_origin = response.cross_origin;
  if (cross_origin.differs) fields.emplace_back("Vary", "Origin");
  if (cross_origin.allowed.empty()) return;
  fields.emplace_back("Access-Control-Allow-Origin", cross_origin.allowed);
  if (response.status == 204) {  // of a preflight alone
    fields.emplace_back("Access-Control-Allow-Methods", "GET, HEAD");
    fields.emplace_back("Access-Control-Allow-Headers", "Authorization, Accept, If-None-Match");
    fields.emplace_back("Access-Control-Max-Age", "600");
    if (cross_origin.private_network)
      fields.emplace_back("Access-Control-Allow-Private-Network", "true");
  } else {
    fields.emplace_back("Access-Control-Expose-Headers", "ETag, Retry-After");
  }
}

}  // namespace goxel_telemetry::http_bridge
