// SPDX-License-Identifier: GPL-3.0-or-later
// Decides who may ask. On loopback the Host header is checked: a web page that resolved its own
// name to 127.0.0.1 (DNS rebinding) could otherwise read the answers. On other addresses a bearer
// token is needed.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace goxel_telemetry::http_bridge {

struct Access {
  std::vector<std::string> hosts;  // allowed in Host, without port, lower case; empty: any
  // That clients must send as a bearer token; empty: none is needed.
  std::string token;

  // `bind_address` is where the bridge listens.
  static Access for_address(const std::string& bind_address, std::string token);

  // `host`: the value of the Host header, with or without a port. Without one (in HTTP/1.0) it is no
  // browser that asks: all is well.
  bool host_allowed(std::string_view host) const;
  // Whether a page of this origin (the Origin field; empty: it is no page) may do more than ask by GET, of which a
  // browser keeps the answer from it: it must be a page of the host that is asked.
  static bool origin_allowed(std::string_view origin, std::string_view host);
  // `authorization`: the value of the Authorization header. The time that it takes does not depend
  // on how much of the token was right.
  bool token_accepted(std::string_view authorization) const;
};

// "localhost", 127.0.0.0/8 and ::1.
bool is_loopback(const std::string& address);

}  // namespace goxel_telemetry::http_bridge
