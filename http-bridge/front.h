// SPDX-License-Identifier: GPL-3.0-or-later
// What clients connect to: one thread, which waits for no client. It accepts, reads whole requests,
// and writes answers; each connection is a ClientConnection. Answers that lie ready are fetched on a
// thread of their own, and what is posted is taken on another, so that they never wait behind others;
// all other requests go to the backend.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "http-bridge/limits.h"
#include "http-bridge/routes.h"

namespace goxel_telemetry::http_bridge {

class HttpBackend;

// Answers that are not asked from the backend, by the paths for which they are.
struct PathAnswers {
  std::vector<std::string> paths;
  std::function<std::shared_ptr<const Response>(const Request&)> answer;  // from one thread
};

class Front {
 public:
  // `backend` gets at most `most_asked` requests at a time. It must outlive this object. `posts` gets
  // the POST requests to its paths, with their bodies.
  Front(const HttpBackend& backend, std::size_t most_asked, PathAnswers ready, PathAnswers posts,
        const Limits& limits);
  ~Front();

  // As those of Server.
  int bind(const std::string& address, int port, std::string& why);
  bool serve();
  void stop();

 private:
  class Loop;
  std::unique_ptr<Loop> loop_;
};

}  // namespace goxel_telemetry::http_bridge
