// SPDX-License-Identifier: GPL-3.0-or-later
// What a message says about itself: which members are facts, and the text of the facts that are
// kept.
#include <iterator>

#include "plugin/json_bytes.h"
#include "plugin/message_scanner.h"

namespace goxel_telemetry::plugin {

// Matches a key that comes in pieces or has escapes: `candidate_` is the first known key that
// begins like it.
void MessageScanner::match_key(const char* text, std::size_t size) noexcept {
  for (std::size_t i = 0; i < size && candidate_ != kNoCandidate; ++i) {
    const char* const so_far = kKeys[candidate_].data();
    std::uint8_t k = candidate_;
    while (k != std::size(kKeys) &&
           !(kKeys[k].size() > progress_ && kKeys[k][progress_] == text[i] &&
             __builtin_memcmp(kKeys[k].data(), so_far, progress_) == 0)) {
      ++k;
    }
    candidate_ = k == std::size(kKeys) ? kNoCandidate : k;
    ++progress_;
  }
}

// Sets `key_` if the member may hold a fact at this place, and forgets the fact of an earlier
// member with this key.
void MessageScanner::begin_member(Key key) noexcept {
  if (key == Key::traceparent) {
    if (!is_meta(place_)) return;
    if (trace_place_ == Place::top_meta && place_ != Place::top_meta) return;
    trace_place_ = place_;
    trace_id_ = 0;
  } else if (key == Key::meta) {
    if (is_meta(place_)) return;
    forget_trace_of(meta_in(place_));
  } else if (place_ != Place::top) {
    return;
  }

  key_ = key;
  if (key == Key::method || key == Key::tool) {
    if (dialect_ != Dialect::none) forget_name();
  } else if (key == Key::id) {
    id_type_ = IdType::other;
    id_hash_ = 0;
  } else if (key == Key::result) {
    has_result_ = true;
  } else if (key == Key::error) {
    has_error_ = true;
  } else if (key == Key::success) {
    denies_success_ = false;
  } else if (key == Key::params) {
    forget_trace_of(Place::params_meta);
  } else if (key == Key::arguments) {
    forget_trace_of(Place::arguments_meta);
  }
}

void MessageScanner::forget_name() noexcept {
  dialect_ = Dialect::none;
  name_overflowed_ = false;
  name_size_ = 0;
  __builtin_memset(name_, 0, kMaxName);
}

void MessageScanner::forget_trace_of(Place meta) noexcept {
  if (trace_place_ != meta) return;
  trace_place_ = Place::top;
  trace_id_ = 0;
}

void MessageScanner::begin_kept_text() noexcept {
  state_ = State::kept_text;
  if (key_ == Key::method) {
    dialect_ = Dialect::json_rpc;
  } else if (key_ == Key::tool) {
    dialect_ = Dialect::mcp;
  } else if (key_ == Key::id) {
    id_type_ = IdType::string;
    id_hash_ = hash(kHashSeed, "\"", 1);
  } else {
    traceparent_ = {};
  }
}

void MessageScanner::finish_text() noexcept {
  if (state_ == State::key_text) {
    key_ = Key::none;
    state_ = State::colon;
    const bool whole = candidate_ != kNoCandidate && kKeys[candidate_].size() == progress_;
    if (whole) begin_member(static_cast<Key>(candidate_));
    return;
  }
  state_ = State::after_value;
  if (key_ == Key::traceparent) trace_id_ = traceparent_.trace_id();
}

// Reads what follows a backslash: consumes bytes until `escape_` is zero again or no bytes are
// left.
std::size_t MessageScanner::read_escape(const char* text, std::size_t size) noexcept {
  std::size_t consumed = 0;
  while (escape_ != 0 && consumed != size) {
    const char c = text[consumed];
    const char plain = unescape(c);
    const unsigned digit = hex_digit(c);
    if (escape_ == 1 && c == 'u') {
      escape_ = 2;
    } else if (escape_ == 1 && plain != '\0') {
      keep(&plain, 1);
      escape_ = 0;
    } else if (escape_ == 1 || digit > 15) {
      fail();
      state_ = State::broken_text;
      return consumed;
    } else if (escape_ < 0x2000) {
      escape_ = static_cast<std::uint16_t>(unsigned{escape_} << 4 | digit);
    } else {
      keep_code_unit((escape_ & 0xfffu) << 4 | digit);
      escape_ = 0;
    }
    ++consumed;
  }
  return consumed;
}

void MessageScanner::keep_code_unit(unsigned unit) noexcept {
  const auto byte = [](unsigned value) noexcept { return static_cast<char>(value); };
  if (unit >= 0xd800 && unit < 0xe000) {
    keep("?", 1);
  } else if (unit < 0x80) {
    const char text[] = {byte(unit)};
    keep(text, sizeof text);
  } else if (unit < 0x800) {
    const char text[] = {byte(0xc0 | unit >> 6), byte(0x80 | (unit & 0x3f))};
    keep(text, sizeof text);
  } else {
    const char text[] = {byte(0xe0 | unit >> 12), byte(0x80 | (unit >> 6 & 0x3f)),
                         byte(0x80 | (unit & 0x3f))};
    keep(text, sizeof text);
  }
}

// Reads on in the number that is an id; `part` is where `text` ends in it. Zeros at the end of a
// fraction do not count.
void MessageScanner::keep_number(std::uint8_t part, const char* text, std::size_t size) noexcept {
  if (part == kInteger || part == kZero || part == kMinus) {
    id_hash_ = hash(id_hash_, text, size);
    return;
  }
  for (std::size_t i = 0; i < size && candidate_ != kExponentSeen; ++i) {
    const char c = text[i];
    if (c == 'e' || c == 'E') {
      candidate_ = kExponentSeen;
    } else if (c == '.') {
      candidate_ = kPointWaits;
    } else if (candidate_ == 0) {
      id_hash_ = hash(id_hash_, &c, 1);
    } else if (c == '0') {
      if ((candidate_ & kMostZeros) != kMostZeros) ++candidate_;
    } else {
      if ((candidate_ & kPointWaits) != 0) id_hash_ = hash(id_hash_, ".", 1);
      for (int zeros = candidate_ & kMostZeros; zeros > 0; --zeros) {
        id_hash_ = hash(id_hash_, "0", 1);
      }
      id_hash_ = hash(id_hash_, &c, 1);
      candidate_ = kInFraction;
    }
  }
}

void MessageScanner::keep(const char* text, std::size_t size) noexcept {
  if (state_ == State::key_text) {
    match_key(text, size);
  } else if (key_ == Key::id) {
    id_hash_ = hash(id_hash_, text, size);
  } else if (key_ == Key::traceparent) {
    traceparent_.read(text, size);
  } else {
    append_to_name(text, size);
  }
}

// If a name does not fit, a hash of the whole name takes the place of the last eight bytes, so that
// the buffer still differs for any two names.
void MessageScanner::append_to_name(const char* text, std::size_t size) noexcept {
  if (!name_overflowed_ && size <= kMaxName - name_size_) {
    std::memcpy(name_ + name_size_, text, size);
    name_size_ = static_cast<std::uint8_t>(name_size_ + size);
    return;
  }
  constexpr std::size_t kKept = kMaxName - sizeof(std::uint64_t);
  std::uint64_t sum = 0;
  if (name_overflowed_) {
    std::memcpy(&sum, name_ + kKept, sizeof sum);
  } else {
    sum = hash(kHashSeed, name_, name_size_);
    if (name_size_ < kKept) std::memcpy(name_ + name_size_, text, kKept - name_size_);
    name_size_ = kKept;
    name_overflowed_ = true;
  }
  sum = hash(sum, text, size);
  std::memcpy(name_ + kKept, &sum, sizeof sum);
}

}  // namespace goxel_telemetry::plugin
