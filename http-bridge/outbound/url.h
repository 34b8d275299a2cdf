// SPDX-License-Identifier: GPL-3.0-or-later
// URLs as operators write them, read by libcurl, which is to talk to them: another parser might see another host.
#pragma once

#include <optional>
#include <string>

namespace goxel_telemetry::http_bridge::outbound {

struct Url {
  std::string scheme;  // in lower case
  std::string host;    // an IPv6 address in brackets
  std::string path;    // at least "/"
  bool has_credentials = false;
  bool has_query_or_fragment = false;
};
// Empty if it is none.
std::optional<Url> parse_url(const std::string& text);

// `url`, which is one, with another path, and written as libcurl writes URLs.
std::string with_path(const std::string& url, const std::string& path);

// Whether what is sent to the host does not leave the machine.
bool is_loopback_host(const std::string& host);

}  // namespace goxel_telemetry::http_bridge::outbound
