// SPDX-License-Identifier: GPL-3.0-or-later
// How the scanner goes from state to state. A token that lies as a whole in the bytes of one feed
// is read at once. The scanner can stop in every state, at the end of the bytes, and be resumed
// with the next feed.
#include "plugin/message_scanner.h"

#include <algorithm>

#include "plugin/json_bytes.h"
#include "plugin/message_cursor.h"

namespace goxel_telemetry::plugin {

using namespace std::string_view_literals;

// ---------------------------------------------------------------- messages

GOXEL_SCANNER_INLINE void MessageScanner::begin(std::uint64_t offset, char first) noexcept {
  first_offset_ = offset;
  nesting_ = {};
  id_ = {};
  forget_name();
  forget_params();
  forget_error_code();
  kind_ = MessageKind::other;
  trace_id_ = 0;
  has_version_ = false;
  has_result_ = false;
  has_error_ = false;
  denies_success_ = false;
  tool_failed_ = false;
  trace_place_ = Place::top;
  place_ = Place::top;
  escape_ = 0;
  high_surrogate_ = 0;
  if (is_opening(first)) {
    nesting_.open(is_curly(first));
    if (!is_curly(first)) kind_ = MessageKind::batch;
    state_ = is_curly(first) ? State::first_key : State::nested;
  } else {
    kind_ = MessageKind::malformed;
    state_ = State::broken_line;
  }
}

void MessageScanner::end() noexcept {
  if (kind_ == MessageKind::other && dialect_ != Dialect::none) kind_ = MessageKind::request;
  state_ = State::between;
}

void MessageScanner::end_malformed() noexcept {
  kind_ = MessageKind::malformed;
  state_ = State::between;
}

// The message is malformed. From the next unread byte on only brackets, strings and newlines
// matter.
void MessageScanner::fail() noexcept {
  kind_ = MessageKind::malformed;
  state_ = State::broken;
  escape_ = 0;
}

bool MessageScanner::finish() noexcept {
  if (!in_message()) return false;
  if (kind_ != MessageKind::malformed) kind_ = MessageKind::truncated;
  state_ = State::between;
  return true;
}

// ---------------------------------------------------------------- keys

// Reads a key that ends within these bytes and has no escapes.
GOXEL_SCANNER_INLINE bool MessageScanner::read_whole_key(MessageCursor& in) noexcept {
  const std::size_t size = in.plain_text();
  if (size == in.left() || in.peek(size) != '"') {
    state_ = State::key_text;
    candidate_ = 0;
    progress_ = 0;
    return false;
  }
  const char* const text = in.text();
  const auto is = [text](Key key) noexcept {
    return spells(text, kKeys[static_cast<std::size_t>(key)]);
  };
  Key key = Key::none;
  switch (size) {
    case 2:
      if (is(Key::id)) key = Key::id;
      break;
    case 4:
      if (is(Key::tool)) key = Key::tool;
      if (is(Key::called)) key = Key::called;
      if (is(Key::error_code)) key = Key::error_code;
      break;
    case 5:
      if (is(Key::error)) key = Key::error;
      if (is(Key::meta)) key = Key::meta;
      break;
    case 6:
      if (is(Key::method)) key = Key::method;
      if (is(Key::params)) key = Key::params;
      if (is(Key::result)) key = Key::result;
      break;
    case 7:
      if (is(Key::version)) key = Key::version;
      if (is(Key::success)) key = Key::success;
      if (is(Key::tool_failed)) key = Key::tool_failed;
      break;
    case 9:
      if (is(Key::arguments)) key = Key::arguments;
      if (is(Key::request_id)) key = Key::request_id;
      break;
    case 11:
      if (is(Key::traceparent)) key = Key::traceparent;
      break;
  }
  key_ = Key::none;
  if (key != Key::none) begin_member(key);
  in.skip(size + 1);
  return true;
}

// ---------------------------------------------------------------- values

void MessageScanner::begin_nested(char bracket) noexcept {
  nesting_.open(is_curly(bracket));
  state_ = State::nested;
  if (!is_curly(bracket)) return;
  if (key_ == Key::params) {
    place_ = Place::params;
  } else if (key_ == Key::arguments) {
    place_ = Place::arguments;
  } else if (key_ == Key::result) {
    place_ = Place::result;
  } else if (key_ == Key::error) {
    place_ = Place::error;
  } else if (key_ == Key::meta) {
    place_ = meta_in(place_);
    state_ = State::first_key;
  }
}

void MessageScanner::close_object() noexcept {
  nesting_.close(true);
  state_ = State::after_value;
  if (place_ == Place::top) return end();
  place_ = place_ == Place::params_meta      ? Place::params
           : place_ == Place::arguments_meta ? Place::arguments
                                             : Place::top;
}

void MessageScanner::begin_scalar(char first) noexcept {
  state_ = State::word;
  if (first == 't') {
    progress_ = kTrue;
    if (key_ == Key::tool_failed) tool_failed_ = true;
  } else if (first == 'f') {
    progress_ = kFalse;
    if (key_ == Key::success) denies_success_ = true;
  } else if (first == 'n') {
    progress_ = kNull;
    if (key_ == Key::error) has_error_ = false;
    if (key_ == Key::id) id_.type = IdType::null;
  } else {
    state_ = State::number;
    progress_ = kStart;
    candidate_ = 0;
    digits_ = 0;
    if (Id* const id = number_id()) *id = {kHashSeed, IdType::number};
  }
}

GOXEL_SCANNER_INLINE void MessageScanner::read_word(MessageCursor& in) noexcept {
  for (; kWords[progress_] != '\0'; ++progress_) {
    if (in.at_end()) return;
    if (in.peek() != kWords[progress_]) return fail();
    in.skip();
  }
  state_ = State::after_value;
}

GOXEL_SCANNER_INLINE void MessageScanner::read_number(MessageCursor& in) noexcept {
  std::uint8_t part = progress_;
  std::size_t size = 0;
  for (; size != in.left(); ++size) {
    const NumberPart next = number_part_after(part, in.peek(size));
    if (next == kOver) break;
    part = next;
  }
  if (Id* const id = number_id()) {
    constexpr std::size_t kMostExact = 15;
    digits_ = static_cast<std::uint8_t>(std::min<std::size_t>(digits_ + size, UINT8_MAX));
    if (digits_ > kMostExact) [[unlikely]]
      id->type = IdType::inexact_number;
    if (part == kInteger || part == kZero || part == kMinus) [[likely]] {
      id->hash = hash(id->hash, in.text(), size);
    } else {
      keep_fraction(*id, in.text(), size);
    }
  } else if (key_ == Key::error_code) {
    keep_error_code(in.text(), size);
  }
  in.skip(size);
  progress_ = part;
  if (in.at_end()) return;
  if (part < kZero) return fail();
  state_ = State::after_value;
}

// ---------------------------------------------------------------- kept strings

GOXEL_SCANNER_INLINE void MessageScanner::read_text(MessageCursor& in) noexcept {
  const State text_state = state_;
  while (!in.at_end() && state_ == text_state) {
    if (escape_ != 0) {
      in.skip(read_escape(in.text(), in.left()));
      continue;
    }
    const std::size_t size = in.plain_text();
    keep(in.text(), size);
    in.skip(size);
    if (in.at_end()) return;
    if (in.peek() == '\n') return fail();
    escape_ = in.peek() == '\\';
    in.skip();
    if (escape_ == 0) return finish_text();
  }
}

// ---------------------------------------------------------------- what is skipped

struct MessageScanner::Specials {
  std::uint64_t backslashes = 0;
  std::uint64_t newlines = 0;
  std::uint64_t escaped = 0;
};

namespace {

inline bool has_backslash(std::uint64_t specials, const char* text) noexcept {
  for (; specials != 0; specials &= specials - 1) {
    if (text[first_bit(specials)] == '\\') return true;
  }
  return false;
}

}  // namespace

// Whether a key of interest may begin with `c`.
inline bool MessageScanner::may_begin_key(Place carrier, char c) noexcept {
  if (c == '\\') return true;
  if (carrier == Place::params) return c == '_' || c == 'n' || c == 'r';
  return c == (carrier == Place::arguments ? '_' : carrier == Place::result ? 'i' : 'c');
}

// `escape_` remembers a backslash at the end of one block for the next.
MessageScanner::Specials MessageScanner::sort_specials(std::uint64_t specials, const char* text,
                                                       std::size_t covered) noexcept {
  Specials sorted;
  for (; specials != 0; specials &= specials - 1) {
    const bool newline = text[first_bit(specials)] == '\n';
    (newline ? sorted.newlines : sorted.backslashes) |= specials & (0 - specials);
  }
  sorted.escaped = escaped_bytes(sorted.backslashes, escape_ != 0);
  escape_ = (sorted.backslashes & ~sorted.escaped) >> (covered - 1) & 1;
  return sorted;
}

GOXEL_SCANNER_INLINE void MessageScanner::skip_text(MessageCursor& in) noexcept {
  while (!in.at_end()) {
    const Masks masks = in.masks();
    const std::size_t covered = in.covered();
    std::uint64_t stops = masks.quotes;
    if ((masks.specials & below_first(stops)) != 0 || escape_ != 0) {
      const Specials specials = sort_specials(masks.specials, in.text(), covered);
      stops = (stops & ~specials.escaped) | specials.newlines;
    }
    if (stops == 0) {
      in.skip(covered);
      continue;
    }
    in.skip(first_bit(stops));
    if (in.peek() == '\n') return fail();
    in.skip();
    state_ = State::after_value;
    escape_ = 0;
    return;
  }
}

GOXEL_SCANNER_INLINE void MessageScanner::skip_nested(MessageCursor& in) noexcept {
  const std::uint64_t floor = kind_ == MessageKind::batch ? 0 : floor_of(place_);
  const std::uint64_t carrier = is_carrier(place_) ? ~std::uint64_t{0} : 0;
  Nesting nesting = nesting_;
  std::uint64_t text_carry = state_ == State::nested_text ? ~std::uint64_t{0} : 0;

  while (!in.at_end()) {
    const Masks masks = in.masks();
    const std::size_t covered = in.covered();

    // A bit is set from a string's opening quote up to the byte before its closing quote.
    std::uint64_t quotes = masks.quotes;
    std::uint64_t text = text_carry ^ prefix_xor(quotes);
    Specials specials;
    if ((masks.specials & text) != 0 || escape_ != 0 || has_backslash(masks.specials, in.text())) {
      specials = sort_specials(masks.specials, in.text(), covered);
      quotes &= ~specials.escaped;
      text = text_carry ^ prefix_xor(quotes);
    }
    text_carry = std::uint64_t{0} - (text >> 63);

    std::uint64_t events = (masks.brackets & ~text) | (quotes & text & carrier);
    const std::uint64_t errors = (specials.newlines & text) | (specials.backslashes & ~text);
    events &= below_first(errors);

    for (; events != 0; events &= events - 1) {
      const std::size_t at = first_bit(events);
      const char event = in.peek(at);
      if (is_opening(event)) {
        nesting.open(is_curly(event));
        continue;
      }
      if (event == '"') {
        if (nesting.depth() != floor + 1) continue;
        if (at + 1 < in.left() && !may_begin_key(place_, in.peek(at + 1))) continue;
        in.skip(at + 1);
        nesting_ = nesting;
        state_ = State::carrier_text;
        escape_ = 0;
        return;
      }
      const bool matches = nesting.close(is_curly(event));
      if (matches && nesting.depth() != floor) continue;
      in.skip(at + 1);
      nesting_ = nesting;
      state_ = State::after_value;
      escape_ = 0;
      if (carrier != 0) place_ = Place::top;
      if (!matches) fail();
      if (nesting.depth() == 0) end();
      return;
    }

    if (errors != 0) {
      in.skip(first_bit(errors));
      nesting_ = nesting;
      return fail();
    }
    in.skip(covered);
  }

  nesting_ = nesting;
  state_ = text_carry != 0 ? State::nested_text : State::nested;
}

GOXEL_SCANNER_INLINE void MessageScanner::skip_broken(MessageCursor& in) noexcept {
  while (!in.at_end()) {
    const char c = in.peek();
    in.skip();
    if (c == '\n') return end_malformed();
    if (state_ == State::broken_line) continue;
    if (state_ == State::broken_text) {
      if (c == '"' && escape_ == 0) state_ = State::broken;
      escape_ = c == '\\' && escape_ == 0;
    } else if (c == '"') {
      state_ = State::broken_text;
    } else if (is_opening(c)) {
      nesting_.open(is_curly(c));
    } else if (is_closing(c)) {
      nesting_.close(is_curly(c));
      if (nesting_.depth() == 0) return end_malformed();
    }
  }
}

// ---------------------------------------------------------------- all together

// Almost every message begins with one of these texts. What follows the text is the value of `key`.
// Reading these members one by one would take as long as the rest of a short message.
struct MessageScanner::Opening {
  std::string_view text;
  Key key;
  bool has_version;
};

GOXEL_SCANNER_INLINE void MessageScanner::read_opening(MessageCursor& in) noexcept {
  constexpr Opening kOpenings[] = {
      {R"( "jsonrpc": "2.0", "result": )"sv, Key::result, true},
      {R"( "jsonrpc": "2.0", "error": )"sv, Key::error, true},
      {R"("jsonrpc": "2.0", "method": )"sv, Key::method, true},
      {R"("jsonrpc":"2.0","method":)"sv, Key::method, true},
      {R"("tool": )"sv, Key::tool, false},
      {R"("tool":)"sv, Key::tool, false},
  };
  if (state_ != State::first_key) return;
#pragma GCC unroll 6
  for (const Opening& opening : kOpenings) {
    if (in.skip_if(opening.text)) {
      has_version_ = opening.has_version;
      begin_member(opening.key);
      state_ = State::value;
      return;
    }
  }
}

// Reads on to the end of the message or of the bytes. The cases for the parts of an object's member
// fall through, each to the next.
GOXEL_SCANNER_INLINE void MessageScanner::read(MessageCursor& in) noexcept {
  while (!in.at_end()) {
    switch (state_) {
      case State::between:
      case State::byte_order_mark:
        return;

      case State::after_value:
      after_value:
        if (is_carrier(place_)) {
          state_ = State::nested;
          continue;
        }
        if (!in.skip_if(", \""sv)) {
          if (!in.skip_white_space()) return;
          if (in.peek() == '}') {
            in.skip();
            close_object();
            continue;
          }
          if (in.peek() != ',') {
            fail();
            continue;
          }
          in.skip();
          state_ = State::key;
          continue;
        }
        state_ = State::key_begun;
        goto key_begun;

      case State::key:
        if (!in.skip_white_space()) return;
        if (in.peek() != '"') {
          fail();
          continue;
        }
        in.skip();
        state_ = State::key_begun;
        if (in.at_end()) return;
        [[fallthrough]];

      case State::key_begun:
      key_begun:
        if (!read_whole_key(in)) continue;
        state_ = State::colon;
        [[fallthrough]];

      case State::colon:
        if (!in.skip_if(": "sv)) {
          if (!in.skip_white_space()) return;
          if (in.peek() != ':') {
            if (is_carrier(place_)) {
              state_ = State::nested;  // the string was a value, no key
            } else {
              fail();
            }
            continue;
          }
          in.skip();
        }
        state_ = State::value;
        [[fallthrough]];

      case State::value:
        if (!in.skip_white_space()) return;
        if (key_ >= Key::meta && key_ < Key::id) [[unlikely]]
          begin_value();
        if (in.peek() == '"') {
          in.skip();
          if (key_ >= kFirstKept) {
            begin_kept_text();
            read_text(in);
          } else {
            state_ = State::ignored_text;
            skip_text(in);
          }
        } else if (is_opening(in.peek())) {
          begin_nested(in.peek());
          in.skip();
          if (state_ == State::nested) skip_nested(in);
        } else {
          begin_scalar(in.peek());
          if (state_ == State::number) read_number(in);
        }
        if (state_ == State::after_value) goto after_value;
        continue;

      // This is a key of interest, another key, or a value: the bytes behind it will show which.
      case State::carrier_text:
        state_ = may_begin_key(place_, in.peek()) ? State::key_begun : State::nested_text;
        continue;

      case State::first_key:
        if (!in.skip_white_space()) return;
        state_ = in.peek() == '}' ? State::after_value : State::key;
        continue;

      case State::key_text:
      case State::kept_text:
        read_text(in);
        continue;

      case State::ignored_text:
        skip_text(in);
        continue;

      case State::number:
        read_number(in);
        continue;

      case State::word:
        read_word(in);
        continue;

      case State::nested:
      case State::nested_text:
        skip_nested(in);
        continue;

      case State::broken:
      case State::broken_text:
      case State::broken_line:
        skip_broken(in);
        continue;
    }
  }
}

MessageScanner::Step MessageScanner::feed(const char* bytes, std::size_t size) noexcept {
  std::size_t blank = 0;
  if (state_ == State::between || state_ == State::byte_order_mark) {
    blank = skip_between(bytes, size);
    if (blank == size) {
      position_ += size;
      return {size, false};
    }
  }
  return feed_message(bytes, size, blank);
}

// Returns how many bytes belong to no message. In the state byte_order_mark those that follow do
// not complete the mark.
GOXEL_SCANNER_INLINE std::size_t MessageScanner::skip_between(const char* bytes,
                                                              std::size_t size) noexcept {
  std::size_t blank = 0;
  for (; blank != size; ++blank) {
    const char c = bytes[blank];
    if (state_ == State::between) {
      if (is_white_space(c)) continue;
      if (c != kByteOrderMark[0]) break;
      state_ = State::byte_order_mark;
      progress_ = 1;
      first_offset_ = position_ + blank;
    } else {
      if (c != kByteOrderMark[progress_]) break;
      if (++progress_ == kByteOrderMark.size()) state_ = State::between;
    }
  }
  return blank;
}

MessageScanner::Step MessageScanner::feed_message(const char* bytes, std::size_t size,
                                                  std::size_t blank) noexcept {
  MessageCursor in(bytes, size);
  if (!in_message()) {
    in.skip(blank);
    if (state_ == State::between) {
      begin(position_ + blank, in.peek());
      in.skip();
      read_opening(in);
    } else {
      begin(first_offset_, kByteOrderMark[0]);
    }
  }
  read(in);
  position_ += in.consumed();
  return {in.consumed(), state_ == State::between};
}

}  // namespace goxel_telemetry::plugin
