// SPDX-License-Identifier: GPL-3.0-or-later
// What those are answered who connect to one of the front's sockets.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "http-bridge/request_head.h"
#include "http-bridge/routes.h"

namespace goxel_telemetry::http_bridge {

using SharedAnswer = std::function<std::shared_ptr<const Response>(const Request&)>;

// Answers that are not asked from the backend, by the paths for which they are.
struct PathAnswers {
  std::vector<std::string> paths;
  SharedAnswer answer;  // from one thread
};

// Connections whose clients ask to go on by WebSocket. Both are called from the front's thread.
struct Upgrades {
  std::string path;  // empty: there are none
  // Why a request for this path is not upgraded; null: it is.
  std::function<std::shared_ptr<const Response>(const RequestHead&)> refuse;
  // Owns the descriptor, on which nothing was answered yet, from now on. Among the connections that may be open it has
  // its place for as long as `place` is kept.
  std::function<void(int descriptor, const RequestHead&, std::shared_ptr<void> place)> take;
};

// Answers that may come only when there is something to tell.
struct LateAnswers {
  // From any thread, and not if the client has left: Request::is_gone.
  using Done = std::function<void(std::shared_ptr<const Response>)>;

  std::string path;  // GET and HEAD of it, with any parameters; empty: there are none
  std::function<void(const Request&, Done)> answer;  // from the front's thread
};

struct Door {
  PathAnswers ready = {};  // GET and HEAD of its paths, without parameters
  PathAnswers posts = {};  // POST to its paths, with the body
  LateAnswers late = {};
  Upgrades upgrades = {};
  SharedAnswer others =
      nullptr;  // from the thread of `ready`, without a body; null: the backend is asked
};

}  // namespace goxel_telemetry::http_bridge
