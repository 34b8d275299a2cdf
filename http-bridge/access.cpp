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

}  // namespace

bool is_loopback(const std::string& address) {
  in_addr v4;
  if (inet_pton(AF_INET, address.c_str(), &v4) == 1) return ntohl(v4.s_addr) >> 24 == 127;
  in6_addr v6;
  if (inet_pton(AF_INET6, address.c_str(), &v6) == 1) return IN6_IS_ADDR_LOOPBACK(&v6);
  return address == "localhost";
}

Access Access::for_address(const std::string& bind_address, std::string token) {
  Access access;
  access.token = std::move(token);
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

bool Access::origin_allowed(std::string_view origin, std::string_view host) {
  if (origin.empty()) return true;
  const std::string own = lower_case(host);
  const std::string asking = lower_case(origin);
  return asking == "http://" + own || asking == "https://" + own;
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

}  // namespace goxel_telemetry::http_bridge
