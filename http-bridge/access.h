// SPDX-License-Identifier: GPL-3.0-or-later
// Decides who may ask. On loopback the Host header is checked: a web page that resolved its own
// name to 127.0.0.1 (DNS rebinding) could otherwise read the answers. On other addresses a bearer
// token is needed. What a browser's page of another origin may do is the same everywhere: nothing, if
// its origin is not listed.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace goxel_telemetry::http_bridge {

struct Access {
  std::vector<std::string> hosts;  // allowed in Host, without port, lower case; empty: any
  // That clients must send as a bearer token; empty: none is needed.
  std::string token;
  // Whose pages may read answers, as canonical_origin() has them.
  std::vector<std::string> origins = {};

  // `bind_address` is where the bridge listens.
  static Access for_address(const std::string& bind_address, std::string token,
                            std::vector<std::string> origins = {});

  // `host`: the value of the Host header, with or without a port. Without one (in HTTP/1.0) it is no
  // browser that asks: all is well.
  bool host_allowed(std::string_view host) const;
  // `authorization`: the value of the Authorization header. The time that it takes does not depend
  // on how much of the token was right.
  bool token_accepted(std::string_view authorization) const;

  // `origin`: the value of the Origin header. Whether it is one of `origins`.
  bool origin_listed(std::string_view origin) const;
  // Whether a request may do more than read an answer (post spans, open a WebSocket): if no page sends
  // it, or one of ours, of http or https at `host`, or one whose origin is listed.
  bool origin_allowed(std::string_view origin, std::string_view host) const;
};

// "https://grafana.example" or "http://localhost:3000", in lower case and without the scheme's own
// port, as browsers write it. Empty if `text` is no such origin: then `why` says what is wrong with it.
std::string canonical_origin(std::string_view text, std::string& why);

// "localhost", 127.0.0.0/8 and ::1.
bool is_loopback(const std::string& address);

// Rules that can be exchanged as a whole while others read them. Copies share them. Thread-safe.
class SharedAccess {
 public:
  SharedAccess(Access access) : rules_(std::make_shared<Rules>()) { set(std::move(access)); }

  std::shared_ptr<const Access> get() const {
    const std::scoped_lock lock(rules_->mutex);
    return rules_->access;
  }
  void set(Access access) {
    auto next = std::make_shared<const Access>(std::move(access));
    const std::scoped_lock lock(rules_->mutex);
    rules_->access.swap(next);
  }

 private:
  struct Rules {
    std::mutex mutex;  // guards what follows
    std::shared_ptr<const Access> access;
  };
  std::shared_ptr<Rules> rules_;
};

}  // namespace goxel_telemetry::http_bridge
