// SPDX-License-Identifier: GPL-3.0-or-later
#include "http-bridge/outbound/url.h"

#include <arpa/inet.h>
#include <curl/curl.h>

#include <array>
#include <memory>

namespace goxel_telemetry::http_bridge::outbound {
namespace {

constexpr std::size_t kLongestUrl = 2'048;

struct Free {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};
using Handle = std::unique_ptr<CURLU, Free>;

Handle handle_of(const std::string& text) {
  Handle url(curl_url());
  if (!url || text.size() > kLongestUrl ||
      curl_url_set(url.get(), CURLUPART_URL, text.c_str(), CURLU_NON_SUPPORT_SCHEME) != CURLUE_OK) {
    return {};
  }
  return url;
}

std::string part_of(const Handle& url, CURLUPart part) {
  char* text = nullptr;
  if (curl_url_get(url.get(), part, &text, 0) != CURLUE_OK) return {};
  std::string copy = text;
  curl_free(text);
  return copy;
}

}  // namespace

std::optional<Url> parse_url(const std::string& text) {
  const Handle handle = handle_of(text);
  if (!handle) return std::nullopt;
  Url url;
  url.scheme = part_of(handle, CURLUPART_SCHEME);
  url.host = part_of(handle, CURLUPART_HOST);
  url.path = part_of(handle, CURLUPART_PATH);
  url.has_credentials =
      !part_of(handle, CURLUPART_USER).empty() || !part_of(handle, CURLUPART_PASSWORD).empty();
  url.has_query_or_fragment =
      !part_of(handle, CURLUPART_QUERY).empty() || !part_of(handle, CURLUPART_FRAGMENT).empty();
  return url;
}

std::string with_path(const std::string& url, const std::string& path) {
  const Handle handle = handle_of(url);
  curl_url_set(handle.get(), CURLUPART_PATH, path.c_str(), 0);
  return part_of(handle, CURLUPART_URL);
}

bool is_loopback_host(const std::string& host) {
  constexpr unsigned char kLoopback = 127;  // the first byte of such an IPv4 address
  std::array<unsigned char, sizeof(in_addr)> bytes{};
  const bool is_address = ::inet_pton(AF_INET, host.c_str(), bytes.data()) == 1;
  return (is_address && bytes[0] == kLoopback) || host == "localhost" || host == "[::1]";
}

}  // namespace goxel_telemetry::http_bridge::outbound
