// SPDX-License-Identifier: GPL-3.0-or-later
// Where one message of a byte stream ends: at the bracket that closes its first one, whatever
// stands inside strings. A line that does not begin with a bracket is a message too, though never a
// good one. No newline is needed.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace stand_in {

class Framer {
 public:
  explicit Framer(std::size_t most_bytes) : most_bytes_(most_bytes) {}

  void append(std::string_view bytes) { buffer_.append(bytes); }

  // The next complete message, without the white space around it. Pieces are joined across calls of
  // append().
  std::optional<std::string> next();

  // A message has begun and has not ended.
  bool in_message();
  // What has begun is longer than allowed: the stream cannot be followed any more.
  bool overflowed() const { return buffer_.size() > most_bytes_; }
  // Forgets every byte that next() has not given out.
  void drop();

 private:
  void skip_space();
  std::optional<std::string> take();

  const std::size_t most_bytes_;
  std::string buffer_;
  // Scanned so far, so that no byte is looked at twice however small the pieces are.
  std::size_t scanned_ = 0;
  std::size_t depth_ = 0;
  bool in_string_ = false;
  bool escaped_ = false;
};

}  // namespace stand_in
