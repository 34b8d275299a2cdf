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
  // The next line, without its newline. `cancel`, if not -1, ends the wait early when it becomes
  // readable.
  Outcome receive_line(std::string& line, std::chrono::milliseconds patience, int cancel = -1);

 private:
  int descriptor_ = -1;
  std::string received_;
};

// An answer that says so by a top-level "error", or by "success": false.
bool is_error_reply(std::string_view reply);

}  // namespace load_client
