// SPDX-License-Identifier: GPL-3.0-or-later
// What both modes have in common: a listening socket, and sending a whole answer.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace stand_in {

// The longest message that is read when there are no stock faults.
inline constexpr std::size_t kMostMessageBytes = std::size_t{16} << 20;

class Server {
 public:
  virtual ~Server() = default;
  // Starts the threads. The server takes over the descriptor.
  virtual void start(int listening) = 0;
  // Ends the threads. False if a thread did not end: then only _exit() is left.
  virtual bool stop() = 0;
};

// Makes a listening socket with the mode 0660; replaces a socket on which no process listens any
// more. On failure returns -1, with a sentence in `error`.
int listen_on(const std::string& path, std::string& error);

// Sends the answer and, in a second call, its newline, like the stock daemon. Returns the number of
// bytes sent.
std::size_t send_answer(int descriptor, std::string_view text);

}  // namespace stand_in
