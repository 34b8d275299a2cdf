// SPDX-License-Identifier: GPL-3.0-or-later
#include "odd_inputs.h"

#include <iostream>
#include <map>
#include <thread>

#include "client_socket.h"

namespace load_client {
namespace {

// Long enough for the daemon to have read the first piece of a split message.
constexpr std::chrono::milliseconds kPauseBetweenPieces{300};

struct OddInput {
  std::vector<std::string> pieces;
  unsigned replies_wanted = 1;
  bool hang_up = false;  // instead of waiting for a reply
};

std::string ping(int id) {
  return R"({"jsonrpc": "2.0", "method": "ping", "id": )" + std::to_string(id) + "}\n";
}

std::string echo(std::size_t blob_bytes) {
  return R"({"jsonrpc": "2.0", "method": "echo", "id": 7, "params": {"blob": ")" +
         std::string(blob_bytes, 'x') + "\"}}\n";
}

const std::map<std::string, OddInput>& odd_inputs() {
  static const std::map<std::string, OddInput> inputs{
      {"batch",
       {{R"([{"jsonrpc": "2.0", "method": "ping", "id": 1}, )"
         R"({"jsonrpc": "2.0", "method": "version", "id": 2}])"
         "\n"}}},
      {"malformed", {{"{bad json}\n"}}},
      {"text", {{"garbage\n"}}},
      {"unknown-tool", {{"{\"tool\": \"no_such_tool\", \"arguments\": {}}\n"}}},
      {"split", {{R"({"jsonrpc": "2.0", "meth)", "od\": \"ping\", \"id\": 9}\n"}}},
      {"pipelined", {{ping(50) + ping(51) + ping(52)}, 3}},
      {"large", {{echo(20000)}}},
      {"huge", {{echo(70000)}}},
      {"hangup", {{ping(70)}, 0, true}},
  };
  return inputs;
}

// On one line, however long and however many lines it is.
void print(const char* what, const std::string& text) {
  constexpr std::size_t kShown = 200;
  std::cout << what << " (" << text.size() << " bytes): ";
  for (const char c : text.substr(0, kShown)) {
    if (c == '\n') {
      std::cout << "\\n";
    } else {
      std::cout << c;
    }
  }
  std::cout << (text.size() > kShown ? "...\n" : "\n");
}

}  // namespace

const std::vector<std::string>& odd_input_names() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> list;
    for (const auto& [name, input] : odd_inputs()) list.push_back(name);
    return list;
  }();
  return names;
}

bool send_odd_input(const std::string& name, const std::string& socket_path,
                    std::chrono::milliseconds patience) {
  const OddInput& input = odd_inputs().at(name);
  ClientSocket socket;
  if (!socket.connect(socket_path)) {
    std::cerr << "goxel-load-client: No daemon listens on " << socket_path << ".\n";
    return false;
  }
  for (std::size_t i = 0; i < input.pieces.size(); ++i) {
    if (i > 0) std::this_thread::sleep_for(kPauseBetweenPieces);
    print("sent", input.pieces[i]);
    if (!socket.send(input.pieces[i])) std::cout << "the daemon closed the connection\n";
  }
  if (input.hang_up) {
    socket.close();
    std::cout << "hung up\n";
    return true;
  }
  for (unsigned i = 0; i < input.replies_wanted; ++i) {
    std::string reply;
    switch (socket.receive_line(reply, patience)) {
      case Outcome::reply:
        print("got", reply);
        break;
      case Outcome::timeout:
        std::cout << "no reply within " << patience.count() << " ms\n";
        return true;
      case Outcome::closed:
        std::cout << "the daemon closed the connection\n";
        return true;
    }
  }
  return true;
}

}  // namespace load_client
