// SPDX-License-Identifier: GPL-3.0-or-later
#include "http-bridge/access.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cctype>

namespace goxel_telemetry::http_bridge {
namespace {

std::string lower_case(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

bool all_digits(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// "name:9464" -> "name", "[::1]:9464" -> "[::1]". Text that is neither is returned as it is, and so
// matches nothing.
std::string_view without_port(std::string_view host) {
  const std::size_t colon = host.rfind(':');
  if (colon == std::string_view::npos) return host;
  return all_digits(host.substr(colon + 1)) ? host.substr(0, colon) : host;
}

// "https://a:443" -> "https://a": browsers leave out the port that a scheme has anyway.
std::string_view without_usual_port(std::string_view origin) {
  const std::string_view port = origin.starts_with("https://") ? ":443" : ":80";
  if (origin.starts_with("http") && origin.ends_with(port)) origin.remove_suffix(port.size());
  return origin;
}

bool is_lower_alnum(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z');
}

// "grafana.example", "127.0.0.1:3000", "[::1]:3000"; names of other letters are written as xn--…
bool is_host_with_port(std::string_view text) {
  std::string_view name = text;
  std::string_view port;
  if (const std::size_t colon = text.rfind(':');
      colon != std::string_view::npos && !text.ends_with(']')) {
    name = text.substr(0, colon);
    port = text.substr(colon + 1);
    if (port.empty() || port.size() > 5 || !all_digits(port)) return false;
  }
  if (name.starts_with('[') && name.ends_with(']')) {
    in6_addr ignored;
    return inet_pton(AF_INET6, std::string(name.substr(1, name.size() - 2)).c_str(), &ignored) == 1;
  }
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return is_lower_alnum(c) || c == '.' || c == '-' || c == '_';
  });
}

}  // namespace

bool is_loopback(const std::string& address) {
  in_addr v4;
  if (inet_pton(AF_INET, address.c_str(), &v4) == 1) return ntohl(v4.s_addr) >> 24 == 127;
  in6_addr v6;
  if (inet_pton(AF_INET6, address.c_str(), &v6) == 1) return IN6_IS_ADDR_LOOPBACK(&v6);
  return address == "localhost";
}

Access Access::for_address(const std::string& bind_address, std::string token,
                           std::vector<std::string> origins) {
  Access access;
  access.token = std::move(token);
  access.origins = std::move(origins);
  if (is_loopback(bind_address)) {
    access.hosts = {
        "localhost", "127.0.0.1", "[::1]",
        bind_address.find(':') == std::string::npos ? bind_address : "[" + bind_address + "]"};
  }
  return access;
}

bool Access::host_allowed(std::string_view host) const {
  if (hosts.empty() || host.empty()) return true;
  return std::find(hosts.begin(), hosts.end(), lower_case(without_port(host))) != hosts.end();
}

bool Access::token_accepted(std::string_view authorization) const {
  if (token.empty()) return true;
  constexpr std::string_view kScheme = "bearer ";
  if (lower_case(authorization.substr(0, kScheme.size())) != kScheme) return false;
  const std::string_view presented = authorization.substr(kScheme.size());
  unsigned difference = presented.size() == token.size() ? 0 : 1;
  for (std::size_t i = 0; i < presented.size(); ++i) {
    difference |= static_cast<unsigned char>(presented[i] ^ token[i % token.size()]);
  }
  return difference == 0;
}

bool Access::origin_listed(std::string_view origin) const {
  if (origins.empty() || origin.empty()) return false;
  return std::find(origins.begin(), origins.end(), lower_case(origin)) != origins.end();
}

bool Access::origin_allowed(std::string_view origin, std::string_view host) const {
  if (origin.empty() || origin_listed(origin)) return true;
  const std::string theirs = lower_case(origin);
  const std::string here = lower_case(host);
  return !here.empty() && (theirs == without_usual_port("http://" + here) ||
                           theirs == without_usual_port("https://" + here));
}

std::string canonical_origin(std::string_view text, std::string& why) {
  const std::string name = '\'' + std::string(text) + "' ";
  const std::string origin = lower_case(text);
  if (origin == "*") {
    why = "'*' would let every web page read the answers: name each origin";
  } else if (origin == "null") {
    why = "'null' is the origin of every sandboxed page: name each origin";
  } else {
    why = name + "is no origin, such as https://grafana.example or http://localhost:3000";
    const std::size_t colon = origin.find("://");
    if (colon == std::string::npos) return {};
    const std::string_view scheme = std::string_view(origin).substr(0, colon);
    const std::string_view place = std::string_view(origin).substr(colon + 3);
    const bool is_scheme = !scheme.empty() && std::all_of(scheme.begin(), scheme.end(), [](char c) {
      return is_lower_alnum(c) || c == '-';
    });
    if (const std::size_t path = place.find('/');
        is_scheme && path != std::string_view::npos && is_host_with_port(place.substr(0, path))) {
      why = name + "has a path: an origin ends with its host or port";
    } else if (is_scheme && is_host_with_port(place)) {
      why.clear();
      return std::string(without_usual_port(origin));
    }
  }
  return {};
}

}  // namespace goxel_telemetry::http_bridge
