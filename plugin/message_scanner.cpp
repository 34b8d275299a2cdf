// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugin/message_scanner.h"

#include <bit>
#include <iterator>

#if defined(__SSE2__) && !defined(GOXEL_SCANNER_PORTABLE)
#define GOXEL_SCANNER_SSE2 1
#include <emmintrin.h>
#endif

// Bytes are classified once, 64 at a time, into bit masks in which the next quote, bracket or
// newline is found by counting zeros. A token that lies whole in the bytes of one feed is read on
// the spot; every state can also be left at the end of the bytes and be resumed.

// The cursor and its masks stay in registers only if everything that moves it is inlined.
#define GOXEL_SCANNER_INLINE [[gnu::always_inline]] inline

namespace goxel_telemetry::plugin {
namespace {

using namespace std::string_view_literals;

constexpr std::size_t kVector = 16;
constexpr std::size_t kBlock = 64;

inline bool is_white_space(char c) noexcept {
  return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

inline bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}

inline bool is_opening(char c) noexcept {
  return c == '{' || c == '[';
}

inline bool is_closing(char c) noexcept {
  return c == '}' || c == ']';
}

inline bool is_curly(char bracket) noexcept {
  return (bracket & 0x20) != 0;
}

// ---------------------------------------------------------------- blocks

// Bit i stands for byte i.
struct Masks {
  std::uint64_t quotes = 0;
  std::uint64_t specials = 0;  // backslashes and newlines
  std::uint64_t brackets = 0;

  void classify(const char* vector, std::size_t at) noexcept;
};

#ifdef GOXEL_SCANNER_SSE2

GOXEL_SCANNER_INLINE __m128i equal(__m128i bytes, char c) noexcept {
  return _mm_cmpeq_epi8(bytes, _mm_set1_epi8(c));
}

GOXEL_SCANNER_INLINE std::uint64_t mask(__m128i matches) noexcept {
  return static_cast<unsigned>(_mm_movemask_epi8(matches));
}

GOXEL_SCANNER_INLINE void Masks::classify(const char* vector, std::size_t at) noexcept {
  const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(vector));
  const __m128i folded = _mm_or_si128(bytes, _mm_set1_epi8(0x20));  // [ to {, ] to }
  quotes |= mask(equal(bytes, '"')) << at;
  specials |= mask(_mm_or_si128(equal(bytes, '\\'), equal(bytes, '\n'))) << at;
  brackets |= mask(_mm_or_si128(equal(folded, '{'), equal(folded, '}'))) << at;
}

#else

inline void Masks::classify(const char* vector, std::size_t at) noexcept {
  for (std::size_t i = 0; i < kVector; ++i) {
    const char c = vector[i];
    quotes |= std::uint64_t{c == '"'} << (at + i);
    specials |= std::uint64_t{c == '\\' || c == '\n'} << (at + i);
    brackets |= std::uint64_t{is_opening(c) || is_closing(c)} << (at + i);
  }
}

#endif

// The lowest bit that is set; there must be one.
inline std::size_t first_bit(std::uint64_t bits) noexcept {
  return static_cast<std::size_t>(__builtin_ctzll(bits));
}

// All bits below the lowest that is set.
inline std::uint64_t below_first(std::uint64_t bits) noexcept {
  return (bits - 1) & ~bits;
}

// Bit i is set if an odd number of bits up to and including i is set.
inline std::uint64_t prefix_xor(std::uint64_t bits) noexcept {
  bits ^= bits << 1;
  bits ^= bits << 2;
  bits ^= bits << 4;
  bits ^= bits << 8;
  bits ^= bits << 16;
  return bits ^ bits << 32;
}

// The bytes that a backslash escapes: every second one of a run of backslashes, and what follows a
// run of odd length. Adding the first bit of a run clears the run and sets the bit behind it, which
// tells runs that begin at odd bytes from the others. `first` says that byte 0 is escaped.
std::uint64_t escaped_bytes(std::uint64_t backslashes, bool first) noexcept {
  constexpr std::uint64_t kEven = 0x5555555555555555;
  backslashes &= ~std::uint64_t{first};
  const std::uint64_t after_backslash = backslashes << 1 | std::uint64_t{first};
  const std::uint64_t odd_starts = backslashes & ~kEven & ~after_backslash;
  const std::uint64_t even_runs = (odd_starts + backslashes) << 1;
  return (kEven ^ even_runs) & after_backslash;
}

// ---------------------------------------------------------------- small grammars

constexpr char kWords[] = "true\0false\0null";
constexpr std::uint8_t kTrue = 0, kFalse = 5, kNull = 11;

// How far a number has come. It cannot end in the parts before kZero.
enum NumberPart : std::uint8_t {
  kStart,
  kMinus,
  kPoint,
  kMark,
  kSign,
  kZero,
  kInteger,
  kFraction,
  kExponent,
  kOver,  // this byte is not of the number
};

constexpr NumberPart kNumberParts[][6] = {
    // 0       1 to 9     -       +      .       e or E
    {kZero, kInteger, kMinus, kOver, kOver, kOver},      // kStart
    {kZero, kInteger, kOver, kOver, kOver, kOver},       // kMinus
    {kFraction, kFraction, kOver, kOver, kOver, kOver},  // kPoint
    {kExponent, kExponent, kSign, kSign, kOver, kOver},  // kMark
    {kExponent, kExponent, kOver, kOver, kOver, kOver},  // kSign
    {kOver, kOver, kOver, kOver, kPoint, kMark},         // kZero
    {kInteger, kInteger, kOver, kOver, kPoint, kMark},   // kInteger
    {kFraction, kFraction, kOver, kOver, kOver, kMark},  // kFraction
    {kExponent, kExponent, kOver, kOver, kOver, kOver},  // kExponent
};

inline NumberPart number_part_after(std::uint8_t part, char c) noexcept {
  const NumberPart* const next = kNumberParts[part];
  if (is_digit(c)) return next[c != '0'];
  if (c == '-') return next[2];
  if (c == '+') return next[3];
  if (c == '.') return next[4];
  return c == 'e' || c == 'E' ? next[5] : kOver;
}

// The byte that a backslash and `c` stand for, or NUL if they are no escape.
char unescape(char c) noexcept {
  constexpr std::string_view kEscapes = "\"\"\\\\//b\bf\fn\nr\rt\t"sv;
  for (std::size_t i = 0; i < kEscapes.size(); i += 2) {
    if (kEscapes[i] == c) return kEscapes[i + 1];
  }
  return '\0';
}

// The value of a digit, or 16.
unsigned lower_hex_digit(char c) noexcept {
  if (is_digit(c)) return static_cast<unsigned>(c - '0');
  return c >= 'a' && c <= 'f' ? static_cast<unsigned>(c - 'a' + 10) : 16;
}

unsigned hex_digit(char c) noexcept {
  return lower_hex_digit(c >= 'A' && c <= 'F' ? static_cast<char>(c | 0x20) : c);
}

// Eight lower-case digits at once; ill-formed ones leave bits in `errors`. No step carries from one
// byte to the next.
inline std::uint64_t read_hex8(const char* text, std::uint64_t& errors) noexcept {
  constexpr std::uint64_t kOnes = 0x0101010101010101;
  std::uint64_t bytes;
  std::memcpy(&bytes, text, sizeof bytes);
  if constexpr (std::endian::native == std::endian::little) bytes = __builtin_bswap64(bytes);
  std::uint64_t digits = (bytes & 15 * kOnes) + (bytes >> 6 & kOnes) * 9;
  const std::uint64_t over_nine = (digits + 6 * kOnes) >> 4 & kOnes;
  const std::uint64_t spelled = digits + '0' * kOnes + ('a' - '9' - 1) * over_nine;
  errors |= (spelled ^ bytes) | (digits & ~(15 * kOnes));
  digits = (digits | digits >> 4) & 0x00ff00ff00ff00ff;
  digits = (digits | digits >> 8) & 0x0000ffff0000ffff;
  return (digits | digits >> 16) & 0xffffffff;
}

inline std::uint64_t read_hex16(const char* text, std::uint64_t& errors) noexcept {
  const std::uint64_t high = read_hex8(text, errors);
  return high << 32 | read_hex8(text + 8, errors);
}

// A traceparent is version (2), dash, trace id (32), dash, parent id (16), dash, flags (2).
constexpr std::uint8_t kTraceparentSize = 55;
constexpr std::uint8_t kNoTraceparent = 0xff;

constexpr std::uint8_t kNoCandidate = 0xff;

GOXEL_SCANNER_INLINE bool spells(const char* text, std::string_view word) noexcept {
  return __builtin_memcmp(text, word.data(), word.size()) == 0;
}

// FNV-1a.
constexpr std::uint64_t kHashSeed = 0xcbf29ce484222325;
inline std::uint64_t hash(std::uint64_t sum, const char* text, std::size_t size) noexcept {
  for (std::size_t i = 0; i < size; ++i) {
    sum = (sum ^ static_cast<unsigned char>(text[i])) * 0x100000001b3;
  }
  return sum;
}

}  // namespace

// The bytes of one feed, how far they are read, and the masks of the block that was last looked at.
class MessageScanner::Cursor {
 public:
  Cursor(const char* bytes, std::size_t size) noexcept
      : begin_(bytes), next_(bytes), end_(bytes + size) {}

  std::size_t consumed() const noexcept { return static_cast<std::size_t>(next_ - begin_); }
  std::size_t left() const noexcept { return static_cast<std::size_t>(end_ - next_); }
  bool at_end() const noexcept { return next_ == end_; }
  const char* text() const noexcept { return next_; }
  char peek(std::size_t ahead = 0) const noexcept { return next_[ahead]; }
  void skip(std::size_t count = 1) noexcept { next_ += count; }

  // False if nothing follows.
  GOXEL_SCANNER_INLINE bool skip_white_space() noexcept {
    for (; !at_end(); skip()) {
      if (peek() > ' ' || !is_white_space(peek())) return true;
    }
    return false;
  }

  // Skips `text` if it and more follows.
  GOXEL_SCANNER_INLINE bool skip_if(std::string_view text) noexcept {
    if (left() <= text.size() || !spells(next_, text)) return false;
    skip(text.size());
    return true;
  }

  // Bit 0 stands for the next byte; bits for bytes that are not covered() are zero. Not at the end.
  GOXEL_SCANNER_INLINE Masks masks() noexcept {
    const std::size_t passed = passed_of_block();
    return {masks_.quotes >> passed, masks_.specials >> passed, masks_.brackets >> passed};
  }

  // How many of the next bytes masks() covers: from one to 64.
  GOXEL_SCANNER_INLINE std::size_t covered() const noexcept {
    const std::size_t in_block = kBlock - (position() - block_);
    return in_block < left() ? in_block : left();
  }

  // How many bytes come before the next quote, backslash, newline or the end; not at the end.
  GOXEL_SCANNER_INLINE std::size_t plain_text() noexcept {
    const std::size_t passed = passed_of_block();
    const std::uint64_t stops = (masks_.quotes | masks_.specials) >> passed;
    if (stops != 0) return first_bit(stops);
    const char* const start = next_;
    for (skip(covered()); !at_end(); skip(covered())) {
      const Masks here = masks();
      if ((here.quotes | here.specials) == 0) continue;
      skip(first_bit(here.quotes | here.specials));
      break;
    }
    const auto size = static_cast<std::size_t>(next_ - start);
    next_ = start;
    return size;
  }

 private:
  std::uintptr_t position() const noexcept { return reinterpret_cast<std::uintptr_t>(next_); }

  GOXEL_SCANNER_INLINE std::size_t passed_of_block() noexcept {
    if (position() - block_ >= kBlock) classify_block();
    return position() - block_;
  }

  // Near the end these are the last 64 bytes, or all if there are fewer: none outside is read.
  GOXEL_SCANNER_INLINE void classify_block() noexcept {
    masks_ = {};
    const auto size = static_cast<std::size_t>(end_ - begin_);
    const char* const block = size < kBlock ? begin_ : left() < kBlock ? end_ - kBlock : next_;
    block_ = reinterpret_cast<std::uintptr_t>(block);
    if (size >= kBlock) {
      masks_.classify(block, 0);
      masks_.classify(block + kVector, kVector);
      masks_.classify(block + 2 * kVector, 2 * kVector);
      masks_.classify(block + 3 * kVector, 3 * kVector);
    } else if (size >= kVector) {
      for (std::size_t i = 0; i + kVector < size; i += kVector) masks_.classify(block + i, i);
      masks_.classify(end_ - kVector, size - kVector);
    } else {
      char padded[kVector] = {};
      for (std::size_t i = 0; i < size; ++i) padded[i] = block[i];
      masks_.classify(padded, 0);
    }
  }

  const char* begin_;
  const char* next_;
  const char* end_;
  std::uintptr_t block_ = 0;  // where the masks begin; at first nowhere near
  Masks masks_;
};

// ---------------------------------------------------------------- messages

void MessageScanner::begin(std::uint64_t offset, char first) noexcept {
  first_offset_ = offset;
  nesting_ = {};
  id_hash_ = 0;
  forget_name();
  kind_ = MessageKind::other;
  id_type_ = IdType::absent;
  has_trace_ = false;
  has_result_ = false;
  has_error_ = false;
  denies_success_ = false;
  trace_place_ = Place::top;
  place_ = Place::top;
  escape_ = 0;
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

// From here on only brackets, strings and newlines matter, beginning with what is not yet read.
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

// In the order of Key.
constexpr std::string_view MessageScanner::kKeys[] = {
    "",      "error", "result", "success", "params",     "arguments",
    "_meta", "id",    "method", "tool",    "traceparent"};

// A key that is followed by its quote in the same bytes and has no escapes.
GOXEL_SCANNER_INLINE bool MessageScanner::read_whole_key(Cursor& in) noexcept {
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
      if (is(Key::success)) key = Key::success;
      break;
    case 9:
      if (is(Key::arguments)) key = Key::arguments;
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

// Any other key, piece by piece: `candidate_` is the first one that begins like it.
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

// Sets `key_` if the member may tell a fact here, and forgets what an earlier one told.
void MessageScanner::begin_member(Key key) noexcept {
  if (key == Key::traceparent) {
    if (!is_meta(place_)) return;
    if (trace_place_ == Place::top_meta && place_ != Place::top_meta) return;
    trace_place_ = place_;
    has_trace_ = false;
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
  has_trace_ = false;
}

// ---------------------------------------------------------------- values

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
    trace_ = {};
    progress_ = 0;
  }
}

void MessageScanner::begin_nested(char bracket) noexcept {
  nesting_.open(is_curly(bracket));
  state_ = State::nested;
  if (!is_curly(bracket)) return;
  if (key_ == Key::params) {
    place_ = Place::params;
  } else if (key_ == Key::arguments) {
    place_ = Place::arguments;
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
  } else if (first == 'f') {
    progress_ = kFalse;
    if (key_ == Key::success) denies_success_ = true;
  } else if (first == 'n') {
    progress_ = kNull;
    if (key_ == Key::error) has_error_ = false;
    if (key_ == Key::id) id_type_ = IdType::null;
  } else {
    state_ = State::number;
    progress_ = kStart;
    if (key_ != Key::id) return;
    id_type_ = IdType::number;
    id_hash_ = kHashSeed;
  }
}

GOXEL_SCANNER_INLINE void MessageScanner::read_word(Cursor& in) noexcept {
  for (; kWords[progress_] != '\0'; ++progress_) {
    if (in.at_end()) return;
    if (in.peek() != kWords[progress_]) return fail();
    in.skip();
  }
  state_ = State::after_value;
}

GOXEL_SCANNER_INLINE void MessageScanner::read_number(Cursor& in) noexcept {
  std::uint8_t part = progress_;
  std::size_t size = 0;
  for (; size != in.left(); ++size) {
    const NumberPart next = number_part_after(part, in.peek(size));
    if (next == kOver) break;
    part = next;
  }
  if (key_ == Key::id) id_hash_ = hash(id_hash_, in.text(), size);
  in.skip(size);
  progress_ = part;
  if (in.at_end()) return;
  if (part < kZero) return fail();
  state_ = State::after_value;
}

// ---------------------------------------------------------------- kept strings

GOXEL_SCANNER_INLINE void MessageScanner::read_text(Cursor& in) noexcept {
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

void MessageScanner::finish_text() noexcept {
  if (state_ == State::key_text) {
    key_ = Key::none;
    state_ = State::colon;
    const bool whole = candidate_ != kNoCandidate && kKeys[candidate_].size() == progress_;
    if (whole) begin_member(static_cast<Key>(candidate_));
    return;
  }
  state_ = State::after_value;
  if (key_ == Key::traceparent) {
    has_trace_ = progress_ == kTraceparentSize &&
                 (trace_.trace_id_high | trace_.trace_id_low) != 0 && trace_.parent_id != 0;
  }
}

// What follows a backslash: consumes until `escape_` is zero again or the bytes are over.
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

void MessageScanner::keep(const char* text, std::size_t size) noexcept {
  if (state_ == State::key_text) {
    match_key(text, size);
  } else if (key_ == Key::id) {
    id_hash_ = hash(id_hash_, text, size);
  } else if (key_ == Key::traceparent) {
    read_traceparent(text, size);
  } else {
    append_to_name(text, size);
  }
}

// Of a name that does not fit, the last eight bytes give way to a hash of the whole name, so that
// the buffer still tells any two names apart.
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

void MessageScanner::read_traceparent(const char* text, std::size_t size) noexcept {
  if (progress_ == 0 && size == kTraceparentSize) return read_whole_traceparent(text);
  for (std::size_t i = 0; i < size && progress_ != kNoTraceparent; ++i) {
    const unsigned at = progress_++;
    const unsigned digit = lower_hex_digit(text[i]);
    const bool dash = at == 2 || at == 35 || at == 52;
    const bool version_ff = at == 1 && candidate_ == 15 && digit == 15;
    if (at >= kTraceparentSize || version_ff || (dash ? text[i] != '-' : digit > 15)) {
      progress_ = kNoTraceparent;
    } else if (at == 0) {
      candidate_ = static_cast<std::uint8_t>(digit);
    } else if (at > 2 && at < 19) {
      trace_.trace_id_high = trace_.trace_id_high << 4 | digit;
    } else if (at >= 19 && at < 35) {
      trace_.trace_id_low = trace_.trace_id_low << 4 | digit;
    } else if (at > 35 && at < 52) {
      trace_.parent_id = trace_.parent_id << 4 | digit;
    }
  }
}

void MessageScanner::read_whole_traceparent(const char* text) noexcept {
  std::uint64_t errors = 0;
  trace_.trace_id_high = read_hex16(text + 3, errors);
  trace_.trace_id_low = read_hex16(text + 19, errors);
  trace_.parent_id = read_hex16(text + 36, errors);
  const unsigned version = lower_hex_digit(text[0]) << 8 | lower_hex_digit(text[1]);
  const unsigned flags = lower_hex_digit(text[53]) << 8 | lower_hex_digit(text[54]);
  const bool dashes = text[2] == '-' && text[35] == '-' && text[52] == '-';
  const bool valid = errors == 0 && dashes && ((version | flags) & 0x1010) == 0 && version != 0xf0f;
  progress_ = valid ? kTraceparentSize : kNoTraceparent;
}

// ---------------------------------------------------------------- what is skipped

struct MessageScanner::Specials {
  std::uint64_t backslashes = 0;
  std::uint64_t newlines = 0;
  std::uint64_t escaped = 0;
};

namespace {

// As a key's first byte.
inline bool may_begin_meta(char c) noexcept {
  return c == '_' || c == '\\';
}

inline bool has_backslash(std::uint64_t specials, const char* text) noexcept {
  for (; specials != 0; specials &= specials - 1) {
    if (text[first_bit(specials)] == '\\') return true;
  }
  return false;
}

}  // namespace

// `escape_` carries a backslash at the end of one block over to the next.
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

GOXEL_SCANNER_INLINE void MessageScanner::skip_text(Cursor& in) noexcept {
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

GOXEL_SCANNER_INLINE void MessageScanner::skip_nested(Cursor& in) noexcept {
  const std::uint64_t floor = kind_ == MessageKind::batch ? 0 : floor_of(place_);
  const std::uint64_t carrier = is_carrier(place_) ? ~std::uint64_t{0} : 0;
  Nesting nesting = nesting_;
  std::uint64_t text_carry = state_ == State::nested_text ? ~std::uint64_t{0} : 0;

  while (!in.at_end()) {
    const Masks masks = in.masks();
    const std::size_t covered = in.covered();

    // Set from a string's opening quote up to the byte before its closing one.
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
        if (at + 1 < in.left() && !may_begin_meta(in.peek(at + 1))) continue;
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

GOXEL_SCANNER_INLINE void MessageScanner::skip_broken(Cursor& in) noexcept {
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

// Almost every message begins in one of these ways, which leave it at the value of `key`. Reading
// them member by member takes as long as the rest of a short message.
struct MessageScanner::Opening {
  std::string_view text;
  Key key;
};

GOXEL_SCANNER_INLINE void MessageScanner::read_opening(Cursor& in) noexcept {
  constexpr Opening kOpenings[] = {
      {R"( "jsonrpc": "2.0", "result": )"sv, Key::result},
      {R"( "jsonrpc": "2.0", "error": )"sv, Key::error},
      {R"("jsonrpc": "2.0", "method": )"sv, Key::method},
      {R"("jsonrpc":"2.0","method":)"sv, Key::method},
      {R"("tool": )"sv, Key::tool},
      {R"("tool":)"sv, Key::tool},
  };
  if (state_ != State::first_key) return;
#pragma GCC unroll 6
  for (const Opening& opening : kOpenings) {
    if (in.skip_if(opening.text)) {
      begin_member(opening.key);
      state_ = State::value;
      return;
    }
  }
}

// Reads on to the end of the message or of the bytes. The cases that make up a member of an object
// fall through to one another.
GOXEL_SCANNER_INLINE void MessageScanner::read(Cursor& in) noexcept {
  while (!in.at_end()) {
    switch (state_) {
      case State::between:
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
              state_ = State::nested;  // it was a value
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

      // The key `_meta`, another key, or a value: what comes behind it will tell.
      case State::carrier_text:
        state_ = may_begin_meta(in.peek()) ? State::key_begun : State::nested_text;
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
  if (state_ == State::between) {
    while (blank != size && is_white_space(bytes[blank])) ++blank;
    if (blank == size) {
      position_ += size;
      return {size, false};
    }
  }
  return feed_message(bytes, size, blank);
}

MessageScanner::Step MessageScanner::feed_message(const char* bytes, std::size_t size,
                                                  std::size_t blank) noexcept {
  Cursor in(bytes, size);
  if (state_ == State::between) {
    in.skip(blank);
    begin(position_ + blank, in.peek());
    in.skip();
    read_opening(in);
  }
  read(in);
  position_ += in.consumed();
  return {in.consumed(), state_ == State::between};
}

}  // namespace goxel_telemetry::plugin
