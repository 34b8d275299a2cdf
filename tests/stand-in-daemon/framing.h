// SPDX-License-Identifier: GPL-3.0-or-later
// Finds the ends of messages in a byte stream. A message ends at the bracket that closes its first
// one; brackets inside strings do not count. A line that does not begin with a bracket is a
// message, too, but never a valid one. A message needs no newline.
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

  // From now on each line is a message, whatever it begins with.
  void split_at_newlines() { lines_only_ = true; }

  // The next complete message, without the white space around it. A message may come in pieces, by
  // several calls of append().
  std::optional<std::string> next();

  // A message has begun and has not ended.
  bool in_message();
  // The message that has begun is longer than allowed, so the stream cannot be followed any more.
  bool overflowed() const { return buffer_.size() > most_bytes_; }
  // Drops every byte that next() has not returned.
  void drop();

 private:
  void skip_space();
  std::optional<std::string> take();

  const std::size_t most_bytes_;
  std::string buffer_;
  // The number of bytes that were scanned, so that no byte is looked at twice, however small the
  // pieces are.
  std::size_t scanned_ = 0;
  std::size_t depth_ = 0;
  bool in_string_ = false;
  bool escaped_ = false;
  bool lines_only_ = false;
};

}  // namespace stand_in
