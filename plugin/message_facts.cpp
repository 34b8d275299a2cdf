// SPDX-License-Identifier: GPL-3.0-or-later
// What a message says about itself: which members are facts, and the text of the facts that are
// kept.
#include <algorithm>
#include <cstdlib>
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
// member with this key. In a carrier it may still turn out that the text is no key but a value:
// there, begin_value() forgets.
void MessageScanner::begin_member(Key key) noexcept {
  if (key == Key::traceparent) {
    if (!is_meta(place_)) return;
    if (trace_place_ == Place::top_meta && place_ != Place::top_meta) return;
    trace_place_ = place_;
    trace_id_ = 0;
  } else if (key == Key::meta) {
    if (place_ > Place::arguments) return;
  } else if (key == Key::called || key == Key::request_id) {
    if (place_ != Place::params) return;
  } else if (key == Key::tool_failed) {
    if (place_ != Place::result) return;
  } else if (key == Key::error_code) {
    if (place_ != Place::error) return;
  } else if (place_ != Place::top) {
    return;
  }

  key_ = key;
  if (key == Key::version) {
    has_version_ = true;
  } else if (key == Key::method || key == Key::tool) {
    if (dialect_ != Dialect::none) forget_name();
  } else if (key == Key::id) {
    id_ = {0, IdType::other};
  } else if (key == Key::result) {
    has_result_ = true;
    tool_failed_ = false;
  } else if (key == Key::error) {
    has_error_ = true;
    forget_error_code();
  } else if (key == Key::success) {
    denies_success_ = false;
  } else if (key == Key::params) {
    forget_trace_of(Place::params_meta);
    forget_params();
  } else if (key == Key::arguments) {
    forget_trace_of(Place::arguments_meta);
  }
}

// The value of a member begins that may be in a carrier.
void MessageScanner::begin_value() noexcept {
  if (key_ == Key::meta) {
    forget_trace_of(meta_in(place_));
  } else if (key_ == Key::called) {
    called_.clear();
  } else if (key_ == Key::request_id) {
    request_id_ = {0, IdType::other};
  } else if (key_ == Key::tool_failed) {
    tool_failed_ = false;
  } else if (key_ == Key::error_code) {
    forget_error_code();
  }
}

void MessageScanner::forget_name() noexcept {
  dialect_ = Dialect::none;
  name_.clear();
}

void MessageScanner::forget_params() noexcept {
  called_.clear();
  request_id_ = {};
}

void MessageScanner::forget_error_code() noexcept {
  has_error_code_ = false;
  error_code_ = 0;
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
    id_ = {hash(kHashSeed, "\"", 1), IdType::string};
  } else if (key_ == Key::request_id) {
    request_id_ = {hash(kHashSeed, "\"", 1), IdType::string};
  } else if (key_ == Key::traceparent) {
    traceparent_ = {};
  }
}

void MessageScanner::finish_text() noexcept {
  if (high_surrogate_ != 0) keep_lone_surrogate();
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
  if (high_surrogate_ != 0 && unit >= 0xdc00 && unit < 0xe000) {
    const unsigned point = 0x10000u + ((high_surrogate_ - 0xd800u) << 10) + (unit - 0xdc00u);
    high_surrogate_ = 0;
    const char text[] = {byte(0xf0 | point >> 18), byte(0x80 | (point >> 12 & 0x3f)),
                         byte(0x80 | (point >> 6 & 0x3f)), byte(0x80 | (point & 0x3f))};
    keep(text, sizeof text);
  } else if (unit >= 0xd800 && unit < 0xdc00) {
    if (high_surrogate_ != 0) keep_lone_surrogate();
    high_surrogate_ = static_cast<std::uint16_t>(unit);
  } else if (unit >= 0xdc00 && unit < 0xe000) {
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

// Reads on in the number that is an id, which has come to its fraction or exponent in `text` or
// before. Zeros at the end of a fraction do not count.
void MessageScanner::keep_fraction(Id& id, const char* text, std::size_t size) noexcept {
  for (std::size_t i = 0; i < size; ++i) {
    const char c = text[i];
    if (candidate_ == kExponentSeen || c == 'e' || c == 'E') {
      candidate_ = kExponentSeen;
    } else if (c == '.') {
      candidate_ = kPointWaits;
      continue;
    } else if (candidate_ != 0) {
      if (c == '0') {
        if ((candidate_ & kMostZeros) != kMostZeros) ++candidate_;
        continue;
      }
      if ((candidate_ & kPointWaits) != 0) id.hash = hash(id.hash, ".", 1);
      for (int zeros = candidate_ & kMostZeros; zeros > 0; --zeros) {
        id.hash = hash(id.hash, "0", 1);
      }
      candidate_ = kInFraction;
    }
    id.hash = hash(id.hash, &c, 1);
  }
  if (candidate_ == kExponentSeen) id.type = IdType::inexact_number;
}

void MessageScanner::keep_lone_surrogate() noexcept {
  high_surrogate_ = 0;
  keep("?", 1);
}

void MessageScanner::keep_error_code(const char* text, std::size_t size) noexcept {
  constexpr std::int64_t kMost = std::int64_t{1} << 32;
  for (std::size_t i = 0; i < size; ++i) {
    if (text[i] == '-') {
      if (candidate_ != kNoInteger) candidate_ = kNegative;
    } else if (!is_digit(text[i])) {
      candidate_ = kNoInteger;
    } else if (std::abs(error_code_) < kMost) {
      const int digit = text[i] - '0';
      error_code_ = error_code_ * 10 + (candidate_ == kNegative ? -digit : digit);
    }
  }
  has_error_code_ = candidate_ != kNoInteger;
}

void MessageScanner::keep(const char* text, std::size_t size) noexcept {
  if (size == 0) return;
  if (high_surrogate_ != 0) keep_lone_surrogate();
  if (state_ == State::key_text) {
    match_key(text, size);
  } else if (key_ == Key::id) {
    id_.hash = hash(id_.hash, text, size);
  } else if (key_ == Key::request_id) {
    request_id_.hash = hash(request_id_.hash, text, size);
  } else if (key_ == Key::traceparent) {
    traceparent_.read(text, size);
  } else if (key_ == Key::called) {
    called_.append(text, size);
  } else {
    name_.append(text, size);
  }
}

}  // namespace goxel_telemetry::plugin
