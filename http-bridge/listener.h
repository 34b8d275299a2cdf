// SPDX-License-Identifier: GPL-3.0-or-later
// The address that clients connect to.
#pragma once

#include <string>

namespace goxel_telemetry::http_bridge {

class Listener {
 public:
  Listener() = default;
  ~Listener() { close(); }
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  // Port 0 takes any that is free. The port that is bound, or 0: then `why` is a sentence for the
  // operator.
  int bind(const std::string& address, int port, std::string& why);

  // After bind(): the next client's connection, or -1 once `stop_fd` is readable or the socket has
  // failed.
  int accept(int stop_fd);

  // Disconnects clients that were not accepted yet.
  void close();

 private:
  int fd_ = -1;
};

}  // namespace goxel_telemetry::http_bridge
