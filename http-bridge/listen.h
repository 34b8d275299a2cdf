// SPDX-License-Identifier: GPL-3.0-or-later
// Opens the TCP socket at which the front listens.
#pragma once

#include <chrono>
#include <string>

namespace boost::asio {
class io_context;
}

namespace goxel_telemetry::http_bridge {

inline constexpr int kBacklog = 4096;  // not yet accepted; the kernel may allow fewer

struct Listening {
  int descriptor = -1;  // does not block; -1: there is none
  int port = 0;
};

// Port 0 takes any that is free. `patience`: for how long the kernel goes on with what is sent on a
// connection that has been closed. If it cannot be done, `why` is a sentence for the operator.
Listening listen_on(boost::asio::io_context& io, const std::string& address, int port,
                    std::chrono::milliseconds patience, std::string& why);

}  // namespace goxel_telemetry::http_bridge
