// SPDX-License-Identifier: GPL-3.0-or-later
// HTTP/1.1 on one address. Decides which client is served when, and for how long (worker_pool.h,
// bounded_socket.h), so that slow or hostile clients cannot keep others from their answers. httplib
// (http_backend.h) gets only complete and unambiguous requests (request_head.h).
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

  // Port 0 takes any that is free. The port that is bound, or 0: then `why` is a sentence for the
  // operator.
  int bind(const std::string& address, int port, std::string& why);

  // After bind(): answers until stop(), and returns true then; false if its socket failed.
  bool serve();

  // From another thread, once, after or while serve() is called: ends it. Answers being sent are
  // finished.
  void stop();

 private:
  class Front;
  std::unique_ptr<Front> front_;
};

}  // namespace goxel_telemetry::http_bridge
