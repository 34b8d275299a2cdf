// SPDX-License-Identifier: GPL-3.0-or-later
#include "http-bridge/response_head.h"

#include "http-bridge/reason.h"

namespace goxel_telemetry::http_bridge {
std::vector<std::pair<std::string, std::string>> fields_of(const Response& response) {
  std::vector<std::pair<std::string, std::string>> fields = {
      {"Content-Type", response.content_type},
      {"Cache-Control", response.tag.empty() ? "no-store" : "no-cache"},
      {"X-Content-Type-Options", "nosniff"}};
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
  head.append("Content-Length: ")
      .append(std::to_string(response.body.size() + response.left_out_bytes))
      .append("\r\n");
  if (is_last) head += kCloses;
  head += "\r\n";
  return head;
}

}  // namespace goxel_telemetry::http_bridge
