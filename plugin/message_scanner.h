// SPDX-License-Identifier: GPL-3.0-or-later
// Cuts the byte stream of a connection into JSON messages and reads the few facts of each: what is
// asked, which id it has, whether it says that something failed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "plugin/traceparent.h"

namespace goxel_telemetry::plugin {

enum class MessageKind : std::uint8_t {
  other,      // an object that is no request, for example an answer
  request,    // an object with a `method` or `tool` that is a string
  batch,      // an array
  malformed,  // not JSON, as far as the scanner looks
  truncated,  // the stream ended inside it
};

enum class Dialect : std::uint8_t { none, json_rpc, mcp };

enum class IdType : std::uint64_t {
  absent,
  null,
  string,
  number,
  // One with an exponent or more than 15 digits: a host may write it in another way than the client
  // did (RFC 8259, 6: a double holds no more).
  inexact_number,
  other,  // true, false, an object or an array
};

// A JSON-RPC id, as far as requests are told apart by it. Two whole words, so that one that was just
// written can be copied without waiting: see Record::words().
struct Id {
  // Of strings and numbers; otherwise 0. 1 and "1" differ. Zeros at the end of a fraction do not
  // count: hosts write a number as their own type for numbers does.
  std::uint64_t hash = 0;
  IdType type = IdType::absent;

  bool is_number() const noexcept {
    return type == IdType::number || type == IdType::inexact_number;
  }
  bool usable() const noexcept { return type == IdType::string || is_number(); }
  bool inexact() const noexcept { return type == IdType::inexact_number; }
  friend bool operator==(const Id&, const Id&) = default;
};

// What one message says about itself. Everything below is read from the top level of the message,
// if nothing else is said. Of a malformed or truncated message only `kind` and the offsets count.
struct Message {
  MessageKind kind;
  Dialect dialect;      // of a request: json_rpc if it has a `method`, mcp if it has a `tool`
  bool has_version;     // a `jsonrpc` member, which 2.0 demands
  bool has_result;      // a `result` member, of any value
  bool has_error;       // an `error` member that is not null
  bool denies_success;  // `"success": false`
  bool tool_failed;     // `"isError": true` in the object `result`
  bool has_error_code;  // an integer `code` in the object `error`
  std::string_view
      name;  // of the method or tool; lives in the scanner: valid until its next feed()
  std::string_view called;  // the string `name` in the object `params`; likewise
  Id id;
  Id request_id;               // `requestId` in the object `params`
  std::int64_t error_code;     // clipped to 32 bits and a little
  std::uint64_t trace_id;      // the low 64 bits; 0: in no trace
  std::uint64_t first_offset;  // of its first byte in the stream
  std::uint64_t end_offset;    // one past its last byte

  bool failed() const noexcept { return has_error || denies_success || tool_failed; }
  // An answer, and not a request or nothing of JSON-RPC.
  bool answers() const noexcept { return kind == MessageKind::other && (has_result || has_error); }
  std::uint64_t size() const noexcept { return end_offset - first_offset; }
};

// The first bytes of a name.
class Name {
 public:
  // One more than the catalog keeps, so that a name that is too long is known as such.
  static constexpr std::size_t kSize = 56;

  std::string_view text() const noexcept { return {text_, size_}; }
  bool empty() const noexcept { return size_ == 0; }
  void clear() noexcept { size_ = 0; }
  void append(const char* text, std::size_t size) noexcept {
    const std::size_t fits = size < kSize - size_ ? size : kSize - size_;
    std::memcpy(text_ + size_, text, fits);
    size_ = static_cast<std::uint8_t>(size_ + fits);
  }

 private:
  std::uint8_t size_ = 0;
  char text_[kSize] = {};
};

// Open brackets of a message: how many, and which kind the outermost sixteen are. A 48-bit depth
// would take eight hours of nothing but brackets at 10 GB/s to overflow.
class Nesting {
 public:
  std::uint64_t depth() const noexcept { return bits_ >> kShapeBits; }

  void open(bool curly) noexcept {
    const std::uint64_t level = depth();
    if (level < kShapeBits) {
      bits_ = (bits_ & ~(std::uint64_t{1} << level)) | (std::uint64_t{curly} << level);
    }
    bits_ += kOneLevel;
  }

  // Closes the innermost bracket, whichever kind it is; false if it was of the other kind.
  bool close(bool curly) noexcept {
    bits_ -= kOneLevel;
    const std::uint64_t level = depth();
    return level >= kShapeBits || ((bits_ >> level) & 1) == std::uint64_t{curly};
  }

 private:
  static constexpr int kShapeBits = 16;
  static constexpr std::uint64_t kOneLevel = std::uint64_t{1} << kShapeBits;

  std::uint64_t bits_ = 0;
};

class MessageCursor;  // the bytes of one feed (message_cursor.h)

// Cuts a byte stream into JSON messages and reads their few facts. It sees one direction of one
// connection, in pieces of any size, split anywhere.
//
//  1. Allocates nothing, calls only memcpy and memcmp, keeps no pointer into the bytes. Linear
//     time; any bytes, length and depth. How the stream was split makes no difference.
//  2. A message is a balanced {...} or [...] outside strings, as the daemon frames it. White space
//     and byte order marks between messages are optional and belong to none.
//  3. Anything else between messages, a stray closing bracket too, is a malformed message that runs
//     up to and including the next newline.
//  4. Checked: the grammar of the top-level object and of its `_meta` and that of `params` and
//     `arguments`; the kinds of the outermost sixteen brackets; raw newlines in strings and
//     backslashes outside. Not checked: grammar elsewhere, UTF-8, other control characters,
//     escapes in strings outside of those objects.
//  5. Once an object is known to be malformed it ends at the bracket that balances it (of either
//     kind, outside strings) or with the next newline, whichever comes first. A newline within a
//     string, even after a backslash, is such an end: an unterminated string costs one line.
//     Elsewhere in a message a newline is white space.
//  6. Of repeated members the last counts; of `method` and `tool` together too. A `method` or
//     `tool` that is not a string makes no request.
//  7. Names, keys, ids and traceparents are unescaped; a lone surrogate half becomes `?`.
//  8. A trace context is the string `traceparent` in an object `_meta`, at the top level or else in
//     the object `params` or `arguments` (the later one, if both). traceparent.h says which are
//     valid.
//  9. `name` and `requestId` are looked for in the object `params`, `isError` in `result`, `code` in
//     `error`, not deeper. Of repeated objects the last counts.
class MessageScanner {
 public:
  struct Step {
    std::size_t consumed;
    bool complete;  // message() now describes the message that ended with the last byte consumed
  };

  // Consumes bytes up to and including the end of a message, or all of them.
  Step feed(const char* bytes, std::size_t size) noexcept;

  // The stream has ended: true if that cut off a message, which message() now describes.
  bool finish() noexcept;

  // The first byte of a message was seen and its last was not.
  bool in_message() const noexcept {
    return state_ != State::between && state_ != State::byte_order_mark;
  }

  // No byte of a message was seen, and none of a byte order mark.
  bool is_idle() const noexcept { return state_ == State::between; }

  // How many bytes of the stream were consumed.
  std::uint64_t position() const noexcept { return position_; }

  Message message() const noexcept {
    return {.kind = kind_,
            .dialect = dialect_,
            .has_version = has_version_,
            .has_result = has_result_,
            .has_error = has_error_,
            .denies_success = denies_success_,
            .tool_failed = tool_failed_,
            .has_error_code = has_error_code_,
            .name = name_.text(),
            .called = called_.text(),
            .id = id_,
            .request_id = request_id_,
            .error_code = error_code_,
            .trace_id = trace_id_,
            .first_offset = first_offset_,
            .end_offset = position_};
  }

 private:
  enum class State : std::uint8_t {
    between,
    byte_order_mark,  // in it, between messages
    first_key,        // after `{`: a key or `}`
    key,              // after `,`
    key_begun,        // after a key's opening quote
    key_text,         // inside a key that came in pieces or has escapes
    colon,
    value,
    kept_text,     // inside a string value that is a fact
    ignored_text,  // inside a string value that is not
    number,
    word,         // true, false, null
    after_value,  // `,` or `}`
    nested,       // inside brackets that hold no fact
    nested_text,
    carrier_text,  // at the beginning of a string, maybe a key, of a carrier
    broken,        // known to be malformed, brackets still followed
    broken_text,
    broken_line,
  };

  // The objects whose members are looked at.
  enum class Place : std::uint8_t {
    top,
    params,
    arguments,
    result,
    error,
    top_meta,
    params_meta,
    arguments_meta,
  };

  static bool is_meta(Place place) noexcept { return place >= Place::top_meta; }

  // `place`: top, params or arguments.
  static Place meta_in(Place place) noexcept {
    return static_cast<Place>(static_cast<int>(place) + static_cast<int>(Place::top_meta));
  }

  // In a carrier only the strings that may be a key of interest are looked at.
  static bool is_carrier(Place place) noexcept {
    return place != Place::top && place < Place::top_meta;
  }
  static bool may_begin_key(Place carrier, char c) noexcept;

  // How many brackets are open when skipping nested values of `place` has ended.
  static std::uint64_t floor_of(Place place) noexcept {
    return place < Place::top_meta ? 1 : place == Place::top_meta ? 2 : 3;
  }

  enum class Key : std::uint8_t {
    none,
    version,
    error,
    result,
    success,
    params,
    arguments,
    meta,  // from here on begin_value() forgets what came before
    tool_failed,
    error_code,
    called,  // from here on a string value is kept
    request_id,
    id,  // from here on begin_member() has forgotten it
    method,
    tool,
    traceparent,
  };
  static constexpr Key kFirstKept = Key::called;
  // In the order of Key.
  static constexpr std::string_view kKeys[] = {
      "",        "jsonrpc", "error", "result",    "success", "params", "arguments", "_meta",
      "isError", "code",    "name",  "requestId", "id",      "method", "tool",      "traceparent"};
  static constexpr std::uint8_t kNoCandidate = 0xff;
  // What keep_fraction() holds in candidate_: how many zeros of a fraction wait for a digit that
  // shows that they count, and flags.
  static constexpr std::uint8_t kMostZeros = 0x3f;
  static constexpr std::uint8_t kPointWaits = 0x80;
  static constexpr std::uint8_t kInFraction = 0x40;
  static constexpr std::uint8_t kExponentSeen = 0xff;
  // And keep_error_code().
  static constexpr std::uint8_t kNegative = 1;
  static constexpr std::uint8_t kNoInteger = 2;

  struct Opening;  // the ways in which most messages begin
  struct Specials;

  std::size_t skip_between(const char* bytes, std::size_t size) noexcept;
  Step feed_message(const char* bytes, std::size_t size, std::size_t blank) noexcept;
  void read(MessageCursor& in) noexcept;
  void read_opening(MessageCursor& in) noexcept;
  bool read_whole_key(MessageCursor& in) noexcept;
  void read_number(MessageCursor& in) noexcept;
  void read_word(MessageCursor& in) noexcept;
  void read_text(MessageCursor& in) noexcept;
  void skip_text(MessageCursor& in) noexcept;
  void skip_nested(MessageCursor& in) noexcept;
  void skip_broken(MessageCursor& in) noexcept;
  Specials sort_specials(std::uint64_t specials, const char* text, std::size_t covered) noexcept;

  void begin(std::uint64_t offset, char first) noexcept;
  void end() noexcept;
  void end_malformed() noexcept;
  void fail() noexcept;

  void begin_member(Key key) noexcept;
  void begin_kept_text() noexcept;
  void begin_nested(char bracket) noexcept;
  void close_object() noexcept;
  void begin_scalar(char first) noexcept;
  void finish_text() noexcept;
  void forget_name() noexcept;
  void begin_value() noexcept;
  void forget_params() noexcept;
  void forget_error_code() noexcept;
  // The id that is a number and is being read; null if it is another number.
  Id* number_id() noexcept {
    return key_ == Key::id ? &id_ : key_ == Key::request_id ? &request_id_ : nullptr;
  }
  void forget_trace_of(Place meta) noexcept;

  std::size_t read_escape(const char* text, std::size_t size) noexcept;
  void keep(const char* text, std::size_t size) noexcept;
  void keep_code_unit(unsigned unit) noexcept;
  void keep_lone_surrogate() noexcept;
  void keep_fraction(Id& id, const char* text, std::size_t size) noexcept;
  void keep_error_code(const char* text, std::size_t size) noexcept;
  void match_key(const char* text, std::size_t size) noexcept;

  // Two scanners per connection: kept small so that thousands of connections fit in a few megabytes.
  // What few messages have comes last.
  std::uint64_t position_ = 0;
  std::uint64_t first_offset_ = 0;
  Nesting nesting_;
  std::uint64_t trace_id_ = 0;
  Id id_;
  Name name_;

  // Bytes and not bit fields: a bit field is read back together with the others in its word, and
  // such a load waits until the store of the field has left the store buffer.
  MessageKind kind_ = MessageKind::other;
  Dialect dialect_ = Dialect::none;
  bool has_version_ = false;
  bool has_result_ = false;
  bool has_error_ = false;
  bool denies_success_ = false;
  bool tool_failed_ = false;
  bool has_error_code_ = false;
  Place trace_place_ = Place::top;  // where the traceparent that counts was found; top: nowhere
  Place place_ = Place::top;
  Key key_ = Key::none;
  State state_ = State::between;
  std::uint16_t escape_ = 0;  // 1: after a backslash; 0x2…: after \u, the digits follow the 2
  std::uint16_t high_surrogate_ = 0;  // the code unit before, if it was one; else 0
  std::uint8_t digits_ = 0;           // of the number that is an id, so far
  std::uint8_t progress_ = 0;         // position in a key, word or number
  std::uint8_t candidate_ = 0;        // the key that may match; in a number see keep_fraction()

  TraceparentReader traceparent_;  // of the one that is being read
  std::int64_t error_code_ = 0;
  Id request_id_;
  Name called_;
};

static_assert(sizeof(MessageScanner) <= 256);

}  // namespace goxel_telemetry::plugin
