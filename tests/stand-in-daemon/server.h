// SPDX-License-Identifier: GPL-3.0-or-later
// What both modes have in common: a listening socket, and a whole answer sent.
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
  // Starts its threads. The descriptor becomes the server's.
  virtual void start(int listening) = 0;
  // Ends them. False if a thread would not end: then only _exit() is left.
  virtual bool stop() = 0;
};

// A listening socket with the mode 0660, in the place of one that nobody listens on any more. -1
// and a sentence in `error` on failure.
int listen_on(const std::string& path, std::string& error);

// The answer and, in a second call, its newline: as the stock daemon sends. Returns how many bytes
// went out.
std::size_t send_answer(int descriptor, std::string_view text);

}  // namespace stand_in
