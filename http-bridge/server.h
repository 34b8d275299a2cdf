// SPDX-License-Identifier: GPL-3.0-or-later
// Serves HTTP/1.1 on one address. The only part that uses httplib, which parses requests and writes
// answers. Which client is served when, and for how long, is decided by our own code
// (worker_pool.h, bounded_socket.h), so that slow or hostile clients cannot keep others from their
// answers.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "http-bridge/bounded_socket.h"
#include "http-bridge/routes.h"

namespace goxel_telemetry::http_bridge {

class Server {
 public:
  using Answer = std::function<Response(const Request&)>;  // called from many threads

  explicit Server(Answer answer, const SocketLimits& limits = {});
  ~Server();

  // Port 0 means any free port. Returns the port that is bound, or 0: then `why` is a sentence for
  // the operator.
  int bind(const std::string& address, int port, std::string& why);

  // After bind(): answers until stop(). False if it ended for another reason.
  bool serve();

  // Ends serve(). Call it once, from another thread, while serve() runs or is about to (stop()
  // waits until it has begun). Answers that are being sent are finished.
  void stop();

 private:
  class Http;
  std::unique_ptr<Http> http_;
};

}  // namespace goxel_telemetry::http_bridge
