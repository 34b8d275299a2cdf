// SPDX-License-Identifier: GPL-3.0-or-later
#include "http-bridge/response_head.h"

namespace goxel_telemetry::http_bridge {
namespace {

const char* reason_of(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 411:
      return "Length Required";
    case 413:
      return "Content Too Large";
    case 414:
      return "URI Too Long";
    case 415:
      return "Unsupported Media Type";
    case 417:
      return "Expectation Failed";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 501:
      return "Not Implemented";
    case 503:
      return "Service Unavailable";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "";  // may be empty
  }
}

}  // namespace

std::vector<std::pair<std::string, std::string>> fields_of(const Response& response) {
  std::vector<std::pair<std::string, std::string>> fields = {
      {"Content-Type", response.content_type},
      {"Cache-Control", "no-store"},
      {"X-Content-Type-Options", "nosniff"}};
  if (response.status == 401) fields.emplace_back("WWW-Authenticate", "Bearer");
  if (response.status == 405) fields.emplace_back("Allow", response.allowed_methods);
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
  head.append("Content-Length: ").append(std::to_string(response.body.size())).append("\r\n");
  if (is_last) head += kCloses;
  head += "\r\n";
  return head;
}

}  // namespace goxel_telemetry::http_bridge
