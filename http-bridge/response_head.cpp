// SPDX-License-Identifier: GPL-3.0-or-later
#include "http-bridge/response_head.h"

#include "http-bridge/cross_origin.h"
#include "http-bridge/reason.h"

namespace goxel_telemetry::http_bridge {
namespace {

// A page of ours uses nothing but what this bridge serves, and stands in no other page.
constexpr const char* kPagePolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

}  // namespace

Fields fields_of(const Response& response) {
  Fields fields;
  if (!response.content_type.empty()) fields.emplace_back("Content-Type", response.content_type);
  fields.insert(fields.end(),
                {{"Cache-Control", response.tag.empty() ? "no-store" : "no-cache"},
                 {"X-Content-Type-Options", "nosniff"},
                 {"Cross-Origin-Resource-Policy",
                  response.cross_origin.allowed.empty() ? "same-origin" : "cross-origin"},
                 {"Referrer-Policy", "no-referrer"}});
  if (response.content_type.starts_with("text/html"))
    fields.emplace_back("Content-Security-Policy", kPagePolicy);
  add_cross_origin_fields(response, fields);
  if (!response.tag.empty()) {
    fields.emplace_back("ETag", response.tag);
    fields.emplace_back("Vary", "Accept, Accept-Encoding");
  }
  if (response.is_gzip) fields.emplace_back("Content-Encoding", "gzip");
  if (response.status == 401) fields.emplace_back("WWW-Authenticate", "Bearer");
  if (response.status == 405) fields.emplace_back("Allow", response.allowed_methods);
  if (response.upgrades) {
    fields.emplace_back("Upgrade", "websocket");
    fields.emplace_back("Connection", "Upgrade");
  }
  if (response.retry_after_seconds > 0)
    fields.emplace_back("Retry-After", std::to_string(response.retry_after_seconds));
  return fields;
}

std::string head_of(const Response& response, bool is_last) {
  std::string head =
      "HTTP/1.1 " + std::to_string(response.status) + ' ' + reason_of(response.status);
  head += "\r\n";
  for (const auto& [name, value] : fields_of(response))
    head.append(name).append(": ").append(value).append("\r\n");
  if (response.status != 204) {
    head.append("Content-Length: ")
        .append(std::to_string(response.body.size() + response.left_out_bytes))
        .append("\r\n");
  }
  if (is_last) head += kCloses;
  head += "\r\n";
  return head;
}

}  // namespace goxel_telemetry::http_bridge
