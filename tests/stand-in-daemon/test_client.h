// SPDX-License-Identifier: GPL-3.0-or-later
// For tests: a client with which a test can say in one line what it expects.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <string>

#include "running_daemon.h"
#include "tests/load-client/client_socket.h"

namespace stand_in_test {

using nlohmann::json;

// Long enough that an answer would have come.
inline constexpr std::chrono::milliseconds kSilence{150};
inline constexpr std::chrono::seconds kPatience{30};

inline std::string ping(int id) {
  return R"({"jsonrpc": "2.0", "method": "ping", "id": )" + std::to_string(id) + "}\n";
}

class TestClient {
 public:
  explicit TestClient(const RunningDaemon& daemon) {
    EXPECT_TRUE(socket_.connect(daemon.socket_path()));
  }

  void send(const std::string& bytes) { EXPECT_TRUE(socket_.send(bytes)); }
  // Returns when the daemon has read everything, so that the bytes that are sent next come with
  // another read.
  void send_and_wait_until_read(const std::string& bytes) {
    send(bytes);
    EXPECT_TRUE(becomes_true([this] { return socket_.unread_by_peer() == 0; }));
  }
  std::string receive() {
    std::string line;
    EXPECT_EQ(socket_.receive_line(line, kPatience), load_client::Outcome::reply);
    return line;
  }
  json ask(const std::string& bytes) {
    send(bytes);
    return json::parse(receive(), nullptr, false);
  }
  json call(const std::string& method, const json& params) {
    return ask(json{{"jsonrpc", "2.0"}, {"method", method}, {"params", params}, {"id", 1}}.dump());
  }
  bool hears_nothing() {
    std::string line;
    return socket_.receive_line(line, kSilence) == load_client::Outcome::timeout;
  }
  bool hears_the_end() {
    std::string line;
    return socket_.receive_line(line, kPatience) == load_client::Outcome::closed;
  }
  void send_no_more() { socket_.shut_down_sending(); }
  void hang_up() { socket_.close(); }

 private:
  load_client::ClientSocket socket_;
};

}  // namespace stand_in_test
