// SPDX-License-Identifier: GPL-3.0-or-later
// What those are answered who connect to one of the front's sockets.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "http-bridge/routes.h"

namespace goxel_telemetry::http_bridge {

using SharedAnswer = std::function<std::shared_ptr<const Response>(const Request&)>;

// Answers that are not asked from the backend, by the paths for which they are.
struct PathAnswers {
  std::vector<std::string> paths;
  SharedAnswer answer;  // from one thread
};

struct Door {
  PathAnswers ready;    // GET and HEAD of its paths, without parameters
  PathAnswers posts;    // POST to its paths, with the body
  SharedAnswer others;  // from the thread of `ready`, without a body; null: the backend is asked
};

}  // namespace goxel_telemetry::http_bridge
