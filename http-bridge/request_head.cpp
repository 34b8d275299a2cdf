// SPDX-License-Identifier: GPL-3.0-or-later
#include "http-bridge/request_head.h"

#include <strings.h>

#include <algorithm>

namespace goxel_telemetry::http_bridge {
namespace {

constexpr std::string_view kLineEnd = "\r\n";

bool same_name(std::string_view a, std::string_view b) {
  return a.size() == b.size() && ::strncasecmp(a.data(), b.data(), a.size()) == 0;
}

// A character of a method or a field's name.
bool is_token_char(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
         std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

bool is_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_token_char);
}

bool is_control(char c) {
  return (c >= 0 && c < ' ') || c == '\x7f';
}

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

bool list_has(std::string_view list, std::string_view name) {
  for (std::size_t begin = 0; begin <= list.size();) {
    const std::size_t end = std::min(list.find(',', begin), list.size());
    if (same_name(trimmed(list.substr(begin, end - begin)), name)) return true;
    begin = end + 1;
  }
  return false;
}

// "GET /metrics HTTP/1.1", with one space between the three.
bool is_request_line(std::string_view line) {
  const std::size_t target = line.find(' ') + 1;
  const std::size_t version = line.rfind(' ') + 1;
  return target > 0 && version > target + 1 && is_token(line.substr(0, target - 1)) &&
         std::none_of(line.begin() + static_cast<std::ptrdiff_t>(target),
                      line.begin() + static_cast<std::ptrdiff_t>(version - 1),
                      [](char c) { return c == ' ' || is_control(c); }) &&
         (line.substr(version) == "HTTP/1.1" || line.substr(version) == "HTTP/1.0");
}

}  // namespace

std::size_t head_size(std::string_view received, std::size_t scanned) {
  // An empty line after a bare LF ends a head, too: it is to be refused at once, not waited for.
  const std::size_t begin = scanned < 2 ? 0 : scanned - 2;
  for (std::size_t end = received.find('\n', begin); end != std::string_view::npos;
       end = received.find('\n', end + 1)) {
    const std::string_view rest = received.substr(end + 1);
    if (rest.starts_with("\n")) return end + 2;
    if (rest.starts_with("\r\n")) return end + 3;
  }
  return 0;
}

std::optional<RequestHead> parse_request_head(std::string_view head) {
  const auto next_line = [&head] {
    const std::size_t end = head.find(kLineEnd);
    const std::string_view line = head.substr(0, end);
    head.remove_prefix(std::min(line.size() + kLineEnd.size(), head.size()));
    return line;
  };

  const std::string_view request_line = next_line();
  if (!is_request_line(request_line)) return std::nullopt;

  RequestHead result;
  const std::size_t target = request_line.find(' ') + 1;
  result.method = request_line.substr(0, target - 1);
  result.target = request_line.substr(target, request_line.rfind(' ') - target);
  result.keep_alive = request_line.ends_with("1.1");
  bool has_host = false;
  for (std::string_view line = next_line(); !line.empty(); line = next_line()) {
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) return std::nullopt;
    const std::string_view name = line.substr(0, colon);
    const std::string_view value = trimmed(line.substr(colon + 1));
    if (!is_token(name)) return std::nullopt;
    if (std::any_of(value.begin(), value.end(), [](char c) { return is_control(c) && c != '\t'; }))
      return std::nullopt;

    if (same_name(name, "Host")) {
      if (has_host) return std::nullopt;
      has_host = true;
      result.host = value;
    }
    if (same_name(name, "Accept")) result.accept = value;
    if (same_name(name, "Authorization")) result.authorization = value;
    if (same_name(name, "Transfer-Encoding") ||
        (same_name(name, "Content-Length") && value != "0") ||
        (same_name(name, "Connection") && list_has(value, "close"))) {
      result.keep_alive = false;
    }
  }
  return result;
}

std::string essential_bytes(const RequestHead& head) {
  std::string bytes = head.method + ' ' + head.target + " HTTP/1.1\r\n";
  const auto add = [&bytes](std::string_view name, const std::string& value) {
    if (!value.empty()) bytes.append(name).append(": ").append(value).append(kLineEnd);
  };
  add("Host", head.host);
  add("Accept", head.accept);
  add("Authorization", head.authorization);
  return bytes + "Connection: close\r\n\r\n";
}

}  // namespace goxel_telemetry::http_bridge
