// SPDX-License-Identifier: GPL-3.0-or-later
#include "framing.h"

#include <algorithm>

namespace stand_in {
namespace {

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}
bool opens(char c) {
  return c == '{' || c == '[';
}
bool closes(char c) {
  return c == '}' || c == ']';
}

}  // namespace

void Framer::skip_space() {
  if (scanned_ != 0) return;
  const auto first = std::find_if_not(buffer_.begin(), buffer_.end(), is_space);
  buffer_.erase(buffer_.begin(), first);
}

std::optional<std::string> Framer::take() {
  std::string message = buffer_.substr(0, scanned_);
  buffer_.erase(0, scanned_);
  scanned_ = depth_ = 0;
  in_string_ = escaped_ = false;
  return message;
}

std::optional<std::string> Framer::next() {
  skip_space();
  if (buffer_.empty()) return std::nullopt;
  const bool is_line = lines_only_ || !opens(buffer_.front());
  while (scanned_ < buffer_.size()) {
    const char c = buffer_[scanned_++];
    if (is_line) {
      if (c == '\n') {
        std::optional<std::string> line = take();
        while (is_space(line->back())) line->pop_back();
        return line;
      }
    } else if (in_string_) {
      if (escaped_) {
        escaped_ = false;
      } else if (c == '\\') {
        escaped_ = true;
      } else if (c == '"') {
        in_string_ = false;
      }
    } else if (c == '"') {
      in_string_ = true;
    } else if (opens(c)) {
      ++depth_;
    } else if (closes(c) && --depth_ == 0) {
      return take();
    }
  }
  return std::nullopt;
}

bool Framer::in_message() {
  skip_space();
  return !buffer_.empty();
}

void Framer::drop() {
  buffer_.clear();
  scanned_ = depth_ = 0;
  in_string_ = escaped_ = false;
}

}  // namespace stand_in
