// SPDX-License-Identifier: GPL-3.0-or-later
// Posts to one URL, by libcurl. Certificates are verified, and redirections are not followed: headers go to nobody but the host that the operator
// named.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "http-bridge/otlp/answer.h"

namespace goxel_telemetry::http_bridge::otlp {

// Used by one thread.
class Sender {
 public:
  static constexpr std::chrono::seconds kLongestPost{10};
  static constexpr std::size_t kKeptOfAnswer = std::size_t{64} * 1024;

  // Headers are "Name: value". `ca_file`: certificates to trust in place of the system's; empty: the system's.
  Sender(const std::string& url, const std::vector<std::string>& headers,
         const std::string& ca_file);
  ~Sender();

  // `body` is compressed by gzip. Gives up at the deadline, which is asked again and again, and after kLongestPost.
  using Deadline = std::function<std::chrono::steady_clock::time_point()>;
  Answer post(const std::string& body, const Deadline& deadline);

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace goxel_telemetry::http_bridge::otlp
