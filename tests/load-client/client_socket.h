// SPDX-License-Identifier: GPL-3.0-or-later
// One client's connection to a daemon.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace load_client {

enum class Outcome { reply, timeout, closed };

class ClientSocket {
 public:
  ClientSocket() = default;
  ~ClientSocket() { close(); }
  ClientSocket(const ClientSocket&) = delete;
  ClientSocket& operator=(const ClientSocket&) = delete;

  bool connect(const std::string& path);
  bool connected() const { return descriptor_ >= 0; }
  void close();

  bool send(std::string_view bytes);
  void shut_down_sending();
  // How many of the bytes that were sent the daemon has not read yet; -1 if that is not known.
  int unread_by_peer() const;
  // The next line, without its newline.
  Outcome receive_line(std::string& line, std::chrono::milliseconds patience);

 private:
  int descriptor_ = -1;
  std::string received_;
};

// True for an answer with a top-level "error", or with "success": false.
bool is_error_reply(std::string_view reply);

}  // namespace load_client
