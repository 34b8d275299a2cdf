// SPDX-License-Identifier: GPL-3.0-or-later
// HTTP/1.1 on one address, and on other sockets that already listen. Clients meet an event-driven front (front.h), which no slow or hostile
// client can make slow for others. Behind it, httplib (http_backend.h) gets only complete and
// unambiguous requests (request_head.h) and is never made to wait.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "http-bridge/front.h"
#include "http-bridge/limits.h"
#include "http-bridge/routes.h"

namespace goxel_telemetry::http_bridge {

class Server {
 public:
  using Answer = std::function<Response(const Request&)>;  // called from many threads

  // `door` is for clients of the address.
  explicit Server(Answer answer, const Limits& limits = {}, Door door = {});
  ~Server();

  // Port 0 takes any that is free. The port that is bound, or 0: then `why` is a sentence for the
  // operator.
  int bind(const std::string& address, int port, std::string& why);

  // Before serve(): `door` is for clients of this socket, too, which listens and does not block, and
  // is owned from now on.
  void accept_at(int listening, Door door);

  // After bind(): answers until stop(), and returns true then; false if its socket failed.
  bool serve();

  // From another thread, once, after or while serve() is called: ends it. Answers being sent are
  // finished.
  void stop();
  // After stop(), from another thread: what is not finished is given up.
  void give_up();

  // From another thread: `heard` is called soon by the one that serves, if that goes on.
  void call(std::function<void()> heard);

 private:
  std::unique_ptr<HttpBackend> backend_;
  Front front_;
  const Door door_;
};

}  // namespace goxel_telemetry::http_bridge
