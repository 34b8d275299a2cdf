// SPDX-License-Identifier: GPL-3.0-or-later
// What clients connect to: one thread, which waits for no client. It accepts, reads whole requests,
// and writes answers (peers.h); each connection is a ClientConnection. Others make the answers
// (answers.h).
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "http-bridge/door.h"
#include "http-bridge/limits.h"

namespace goxel_telemetry::http_bridge {

class HttpBackend;

class Front {
 public:
  // `backend` gets at most `most_asked` requests at a time. It must outlive this object.
  Front(const HttpBackend& backend, std::size_t most_asked, const Limits& limits);
  ~Front();

  // As those of Server.
  int bind(const std::string& address, int port, Door door, std::string& why);
  void accept_at(int listening, Door door);
  bool serve();
  void stop();
  void give_up();
  void call(std::function<void()> heard);

 private:
  class Loop;
  std::unique_ptr<Loop> loop_;
};

}  // namespace goxel_telemetry::http_bridge
