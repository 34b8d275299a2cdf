// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugin/message_scanner.h"

#include <bit>

#if defined(__SSE2__) && !defined(GOXEL_SCANNER_PORTABLE)
#define GOXEL_SCANNER_SSE2 1
#include <emmintrin.h>
#endif

namespace goxel_telemetry::plugin {

// The fast way takes a token that lies whole in the bytes of one feed; every state can also be left
// at the end of the bytes and be resumed. Where text need not be looked at, it is skipped: 16 bytes
// at a time inside a string, 64 at a time inside nested values.

struct MessageScanner::Bytes {
  const char* begin;
  const char* next;
  const char* end;

  bool empty() const noexcept { return next == end; }
  std::size_t left() const noexcept { return static_cast<std::size_t>(end - next); }
  std::size_t size() const noexcept { return static_cast<std::size_t>(end - begin); }
};

namespace {

constexpr std::size_t kVector = 16;
constexpr std::size_t kBlock = 64;

bool is_white_space(char c) noexcept {
  return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}
bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}
bool is_opening(char c) noexcept {
  return c == '{' || c == '[';
}
bool is_closing(char c) noexcept {
  return c == '}' || c == ']';
}
bool is_curly(char c) noexcept {
  return (c & 0x20) != 0;
}  // of a bracket

// Bit i stands for byte i.
struct BlockMasks {
  std::uint64_t quotes = 0;
  std::uint64_t backslashes = 0;
  std::uint64_t brackets = 0;
  std::uint64_t newlines = 0;
};

#ifdef GOXEL_SCANNER_SSE2

__m128i load(const char* bytes) noexcept {
  return _mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes));
}

__m128i equal(__m128i bytes, char c) noexcept {
  return _mm_cmpeq_epi8(bytes, _mm_set1_epi8(c));
}

unsigned mask(__m128i matches) noexcept {
  return static_cast<unsigned>(_mm_movemask_epi8(matches));
}

// Where skipping text must stop: at a quote, a backslash or a newline.
unsigned text_stops(const char* bytes) noexcept {
  const __m128i v = load(bytes);
  return mask(_mm_or_si128(_mm_or_si128(equal(v, '"'), equal(v, '\\')), equal(v, '\n')));
}

BlockMasks block_masks(const char* bytes) noexcept {
  BlockMasks masks;
  for (unsigned at = 0; at < kBlock; at += kVector) {
    const __m128i v = load(bytes + at);
    const __m128i folded = _mm_or_si128(v, _mm_set1_epi8(0x20));  // [ and { are one, ] and } too
    masks.quotes |= std::uint64_t{mask(equal(v, '"'))} << at;
    masks.backslashes |= std::uint64_t{mask(equal(v, '\\'))} << at;
    masks.newlines |= std::uint64_t{mask(equal(v, '\n'))} << at;
    masks.brackets |= std::uint64_t{mask(_mm_or_si128(equal(folded, '{'), equal(folded, '}')))}
                      << at;
  }
  return masks;
}

#else

unsigned text_stops(const char* bytes) noexcept {
  unsigned stops = 0;
  for (unsigned i = 0; i < kVector; ++i) {
    const char c = bytes[i];
    stops |= unsigned{c == '"' || c == '\\' || c == '\n'} << i;
  }
  return stops;
}

BlockMasks block_masks(const char* bytes) noexcept {
  BlockMasks masks;
  for (unsigned i = 0; i < kBlock; ++i) {
    const char c = bytes[i];
    masks.quotes |= std::uint64_t{c == '"'} << i;
    masks.backslashes |= std::uint64_t{c == '\\'} << i;
    masks.newlines |= std::uint64_t{c == '\n'} << i;
    masks.brackets |= std::uint64_t{is_opening(c) || is_closing(c)} << i;
  }
  return masks;
}

#endif

// The first stop at or after `next`, or `end`. A last piece shorter than a vector is read as part
// of the vector that ends with it, if the bytes before it are ours to read.
const char* find_text_stop(const char* begin, const char* next, const char* end) noexcept {
  for (; end - next >= std::ptrdiff_t{kVector}; next += kVector) {
    if (const unsigned stops = text_stops(next)) return next + std::countr_zero(stops);
  }
  if (end - begin >= std::ptrdiff_t{kVector}) {
    const auto missing = static_cast<unsigned>(std::ptrdiff_t{kVector} - (end - next));
    const unsigned stops = text_stops(end - kVector) >> missing;
    return stops != 0 ? next + std::countr_zero(stops) : end;
  }
  while (next != end && *next != '"' && *next != '\\' && *next != '\n') ++next;
  return next;
}

// The same for a block.
BlockMasks masks_of(const char* begin, const char* next, const char* end) noexcept {
  const auto left = static_cast<std::size_t>(end - next);
  if (left >= kBlock) return block_masks(next);
  if (end - begin < std::ptrdiff_t{kBlock}) {
    char copy[kBlock] = {};
    std::memcpy(copy, next, left);
    return block_masks(copy);
  }
  BlockMasks masks = block_masks(end - kBlock);
  const std::size_t missing = kBlock - left;
  masks.quotes >>= missing;
  masks.backslashes >>= missing;
  masks.brackets >>= missing;
  masks.newlines >>= missing;
  return masks;
}

// Bit i is set if an odd number of bits up to and including i is set.
std::uint64_t prefix_xor(std::uint64_t bits) noexcept {
  for (unsigned shift = 1; shift < kBlock; shift *= 2) bits ^= bits << shift;
  return bits;
}

std::uint64_t bit(std::size_t i) noexcept {
  return std::uint64_t{1} << i;
}

// FNV-1a.
constexpr std::uint64_t kHashSeed = 0xcbf29ce484222325;
std::uint64_t hash(std::uint64_t sum, const char* text, std::size_t size) noexcept {
  for (std::size_t i = 0; i < size; ++i) {
    sum = (sum ^ static_cast<unsigned char>(text[i])) * 0x100000001b3;
  }
  return sum;
}

// The value of a hexadecimal digit, or 16.
unsigned lower_hex_digit(char c) noexcept {
  if (is_digit(c)) return static_cast<unsigned>(c - '0');
  return c >= 'a' && c <= 'f' ? static_cast<unsigned>(c - 'a' + 10) : 16;
}

unsigned hex_digit(char c) noexcept {
  return lower_hex_digit(c >= 'A' && c <= 'F' ? static_cast<char>(c | 0x20) : c);
}

char unescape(char c) noexcept {
  switch (c) {
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    case '"':
    case '\\':
    case '/':
      return c;
    default:
      return '\0';  // not an escape
  }
}

// version 2, dash, trace id 32, dash, parent id 16, dash, flags 2
constexpr std::size_t kTraceparentSize = 55;
constexpr std::uint8_t kNoTraceparent = 0xff;

constexpr char kWords[] = "true\0false\0null";
constexpr std::uint8_t kTrue = 0, kFalse = 5, kNull = 11;

// Parts of a number; the grammar allows it to end in those before kSign.
enum NumberPart : std::uint8_t {
  kZero,
  kInteger,
  kFraction,
  kExponent,
  kSign,
  kPoint,
  kExponentMark,
  kExponentSign,
  kNoNumber,  // the number ended before this byte
};

NumberPart number_part_after(NumberPart part, char c) noexcept {
  const bool digit = is_digit(c);
  const bool mark = c == 'e' || c == 'E';
  switch (part) {
    case kSign:
      return !digit ? kNoNumber : c == '0' ? kZero : kInteger;
    case kZero:
      return c == '.' ? kPoint : mark ? kExponentMark : kNoNumber;
    case kInteger:
      return digit ? kInteger : c == '.' ? kPoint : mark ? kExponentMark : kNoNumber;
    case kPoint:
      return digit ? kFraction : kNoNumber;
    case kFraction:
      return digit ? kFraction : mark ? kExponentMark : kNoNumber;
    case kExponentMark:
      return digit ? kExponent : c == '+' || c == '-' ? kExponentSign : kNoNumber;
    case kExponentSign:
    case kExponent:
      return digit ? kExponent : kNoNumber;
    case kNoNumber:
      break;
  }
  return kNoNumber;
}

}  // namespace

// ---------------------------------------------------------------- messages

MessageScanner::Step MessageScanner::feed(const char* bytes, std::size_t size) noexcept {
  Bytes in{bytes, bytes, bytes + size};
  const bool complete = advance(in);
  const auto consumed = static_cast<std::size_t>(in.next - bytes);
  position_ += consumed;
  return {consumed, complete};
}

bool MessageScanner::finish() noexcept {
  if (!in_message()) return false;
  if (kind_ != MessageKind::malformed) kind_ = MessageKind::truncated;
  state_ = State::between;
  return true;
}

void MessageScanner::begin(std::uint64_t offset, char first) noexcept {
  const std::uint64_t position = position_;
  *this = MessageScanner{};
  position_ = position;
  first_offset_ = offset;
  if (is_opening(first)) {
    nesting_.open(is_curly(first));
    state_ = is_curly(first) ? State::first_key : State::nested;
    kind_ = is_curly(first) ? MessageKind::other : MessageKind::batch;
  } else {
    kind_ = MessageKind::malformed;
    state_ = State::broken_line;
  }
}

bool MessageScanner::end() noexcept {
  if (kind_ == MessageKind::other && dialect_ != Dialect::none) kind_ = MessageKind::request;
  state_ = State::between;
  return true;
}

bool MessageScanner::end_malformed() noexcept {
  kind_ = MessageKind::malformed;
  return end();
}

// From here on only brackets, strings and newlines matter.
void MessageScanner::fail() noexcept {
  kind_ = MessageKind::malformed;
  state_ = State::broken;
  escape_ = 0;
}

bool MessageScanner::close_object() noexcept {
  nesting_.close(true);
  state_ = State::after_value;
  switch (place_) {
    case Place::top:
      return end();
    case Place::params:
    case Place::arguments:
    case Place::top_meta:
      place_ = Place::top;
      break;
    case Place::params_meta:
      place_ = Place::params;
      break;
    case Place::arguments_meta:
      place_ = Place::arguments;
      break;
  }
  return false;
}

bool MessageScanner::advance(Bytes& in) noexcept {
  const auto skip_white_space = [&in]() noexcept {
    while (!in.empty() && is_white_space(*in.next)) ++in.next;
    return !in.empty();
  };

  while (!in.empty()) {
    switch (state_) {
      case State::between:
        if (!skip_white_space()) return false;
        begin(position_ + static_cast<std::uint64_t>(in.next - in.begin), *in.next);
        if (state_ == State::broken_line) continue;
        ++in.next;
        if (state_ == State::nested) continue;
        [[fallthrough]];

      case State::first_key:
        if (!skip_white_space()) return false;
        if (*in.next == '}') {
          ++in.next;
          if (close_object()) return true;
          continue;
        }
        state_ = State::key;
        [[fallthrough]];

      case State::key:
      next_key:
        if (!skip_white_space()) return false;
        if (*in.next != '"') {
          fail();
          continue;
        }
        ++in.next;
        if (!read_whole_key(in)) continue;
        state_ = State::colon;
        [[fallthrough]];

      case State::colon:
        if (!skip_white_space()) return false;
        if (*in.next != ':') {
          fail();
          continue;
        }
        ++in.next;
        state_ = State::value;
        [[fallthrough]];

      case State::value: {
        if (!skip_white_space()) return false;
        const char first = *in.next;
        if (first == '"') {
          ++in.next;
          begin_text();
        } else if (is_opening(first)) {
          ++in.next;
          begin_nested(first);
        } else {
          begin_scalar(first);
        }
        continue;
      }

      case State::key_text:
      case State::kept_text:
        if (finish_text(read_text(in))) return true;
        continue;

      case State::ignored_text:
        if (finish_text(skip_text(in))) return true;
        continue;

      case State::word:
        read_word(in);
        continue;

      case State::number:
        read_number(in);
        continue;

      case State::after_value:
        if (!skip_white_space()) return false;
        if (*in.next == ',') {
          ++in.next;
          state_ = State::key;
          goto next_key;
        }
        if (*in.next == '}') {
          ++in.next;
          if (close_object()) return true;
        } else {
          fail();
        }
        continue;

      case State::nested:
      case State::nested_text:
        if (skip_nested(in)) return true;
        continue;

      case State::broken:
      case State::broken_text:
        if (skip_broken(in)) return true;
        continue;

      case State::broken_line:
        while (!in.empty()) {
          if (*in.next++ == '\n') return end_malformed();
        }
        return false;
    }
  }
  return false;
}

// ---------------------------------------------------------------- keys

namespace {

using namespace std::string_view_literals;

// In the order of Key; its value is the index.
constexpr std::string_view kKeys[] = {"",        "_meta",  "arguments",  "error",
                                      "id",      "method", "params",     "result",
                                      "success", "tool",   "traceparent"};
constexpr std::uint8_t kNoCandidate = 0xff;

bool spells(const char* text, std::string_view key) noexcept {
  return std::memcmp(text, key.data(), key.size()) == 0;
}

}  // namespace

// The fast way: the key is followed by its quote in the same bytes and has no escapes.
bool MessageScanner::read_whole_key(Bytes& in) noexcept {
  const char* const text = in.next;
  const char* const stop = find_text_stop(in.begin, text, in.end);
  if (stop == in.end || *stop != '"') {
    state_ = State::key_text;
    candidate_ = 0;
    progress_ = 0;
    return false;
  }
  in.next = stop + 1;

  Key key = Key::none;
  switch (stop - text) {
    case 2:
      if (spells(text, "id"sv)) key = Key::id;
      break;
    case 4:
      if (spells(text, "tool"sv)) key = Key::tool;
      break;
    case 5:
      if (spells(text, "_meta"sv)) key = Key::meta;
      if (spells(text, "error"sv)) key = Key::error;
      break;
    case 6:
      if (spells(text, "method"sv)) key = Key::method;
      if (spells(text, "params"sv)) key = Key::params;
      if (spells(text, "result"sv)) key = Key::result;
      break;
    case 7:
      if (spells(text, "success"sv)) key = Key::success;
      break;
    case 9:
      if (spells(text, "arguments"sv)) key = Key::arguments;
      break;
    case 11:
      if (spells(text, "traceparent"sv)) key = Key::traceparent;
      break;
    default:
      break;
  }
  begin_member(key);
  return true;
}

// The slow way, byte by byte: `candidate_` is the first key that begins like what was read so far.
void MessageScanner::match_key(const char* text, std::size_t size) noexcept {
  for (std::size_t i = 0; i < size && candidate_ != kNoCandidate; ++i) {
    const char* const so_far = kKeys[candidate_].data();
    std::uint8_t next = kNoCandidate;
    for (std::uint8_t k = candidate_; k < std::size(kKeys) && next == kNoCandidate; ++k) {
      const std::string_view key = kKeys[k];
      if (key.size() > progress_ && key[progress_] == text[i] &&
          std::memcmp(key.data(), so_far, progress_) == 0) {
        next = k;
      }
    }
    candidate_ = next;
    ++progress_;
  }
}

// A member replaces an earlier one of the same key.
void MessageScanner::begin_member(Key key) noexcept {
  key_ = Key::none;
  switch (key) {
    case Key::none:
      return;

    case Key::meta:
      if (place_ == Place::top) {
        forget_trace_of(Place::top_meta);
      } else if (place_ == Place::params) {
        forget_trace_of(Place::params_meta);
      } else if (place_ == Place::arguments) {
        forget_trace_of(Place::arguments_meta);
      } else {
        return;
      }
      key_ = key;
      return;

    case Key::traceparent:
      if (place_ == Place::top || place_ == Place::params || place_ == Place::arguments) return;
      if (trace_place_ == Place::top_meta && place_ != Place::top_meta) return;
      trace_place_ = place_;
      has_trace_ = false;
      key_ = key;
      return;

    default:
      break;
  }
  if (place_ != Place::top) return;
  key_ = key;
  switch (key) {
    case Key::method:
    case Key::tool:
      if (dialect_ == Dialect::none) return;
      dialect_ = Dialect::none;
      name_overflowed_ = false;
      name_size_ = 0;
      std::memset(name_, 0, kMaxName);
      return;
    case Key::id:
      id_type_ = IdType::other;
      id_hash_ = 0;
      return;
    case Key::result:
      has_result_ = true;
      return;
    case Key::error:
      has_error_ = true;
      return;
    case Key::success:
      denies_success_ = false;
      return;
    case Key::params:
      forget_trace_of(Place::params_meta);
      return;
    case Key::arguments:
      forget_trace_of(Place::arguments_meta);
      return;
    default:
      return;
  }
}

void MessageScanner::forget_trace_of(Place meta) noexcept {
  if (trace_place_ != meta) return;
  trace_place_ = Place::top;
  has_trace_ = false;
}

// ---------------------------------------------------------------- values

void MessageScanner::begin_text() noexcept {
  state_ = State::kept_text;
  switch (key_) {
    case Key::method:
      dialect_ = Dialect::json_rpc;
      return;
    case Key::tool:
      dialect_ = Dialect::mcp;
      return;
    case Key::id:
      id_type_ = IdType::string;
      id_hash_ = hash(kHashSeed, "\"", 1);
      return;
    case Key::traceparent:
      progress_ = 0;
      trace_ = {};
      return;
    default:
      state_ = State::ignored_text;
      return;
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
    place_ = place_ == Place::top      ? Place::top_meta
             : place_ == Place::params ? Place::params_meta
                                       : Place::arguments_meta;
  } else {
    return;
  }
  state_ = State::first_key;
}

void MessageScanner::begin_scalar(char first) noexcept {
  state_ = State::word;
  if (first == 't') {
    progress_ = kTrue;
  } else if (first == 'f') {
    progress_ = kFalse;
    denies_success_ |= key_ == Key::success;
  } else if (first == 'n') {
    progress_ = kNull;
    if (key_ == Key::error) has_error_ = false;
    if (key_ == Key::id) id_type_ = IdType::null;
  } else {
    state_ = State::number;
    progress_ = kSign;
    if (key_ != Key::id) return;
    id_type_ = IdType::number;
    id_hash_ = kHashSeed;
  }
}

void MessageScanner::read_word(Bytes& in) noexcept {
  while (kWords[progress_] != '\0') {
    if (in.empty()) return;
    if (*in.next != kWords[progress_]) return fail();
    ++in.next;
    ++progress_;
  }
  state_ = State::after_value;
}

void MessageScanner::read_number(Bytes& in) noexcept {
  const char* const text = in.next;
  auto part = static_cast<NumberPart>(progress_);
  if (part == kSign && *in.next == '-') ++in.next;
  bool ended = false;
  while (!in.empty() && !ended) {
    const NumberPart next = number_part_after(part, *in.next);
    ended = next == kNoNumber;
    if (ended) break;
    part = next;
    ++in.next;
  }
  progress_ = part;
  if (key_ == Key::id) id_hash_ = hash(id_hash_, text, static_cast<std::size_t>(in.next - text));
  if (!ended) return;
  if (part >= kSign) return fail();
  state_ = State::after_value;
}

// ---------------------------------------------------------------- strings that are looked at

MessageScanner::Text MessageScanner::read_text(Bytes& in) noexcept {
  while (!in.empty()) {
    if (escape_ != 0) {
      if (*in.next == '\n') return ++in.next, Text::newline;
      if (!read_escape(*in.next)) return Text::bad_escape;
      ++in.next;
      continue;
    }
    const char* const stop = find_text_stop(in.begin, in.next, in.end);
    keep(in.next, static_cast<std::size_t>(stop - in.next));
    in.next = stop;
    if (in.empty()) break;
    const char c = *in.next++;
    if (c == '"') return Text::closed;
    if (c == '\n') return Text::newline;
    escape_ = 1;
  }
  return Text::unfinished;
}

MessageScanner::Text MessageScanner::skip_text(Bytes& in) noexcept {
  while (!in.empty()) {
    if (escape_ == 0) in.next = find_text_stop(in.begin, in.next, in.end);
    if (in.empty()) break;
    const char c = *in.next++;
    if (c == '\n') return Text::newline;
    if (c == '"' && escape_ == 0) return Text::closed;
    escape_ = c == '\\' && escape_ == 0;
  }
  return Text::unfinished;
}

bool MessageScanner::finish_text(Text text) noexcept {
  switch (text) {
    case Text::unfinished:
      return false;
    case Text::newline:
      return end_malformed();
    case Text::bad_escape:
      fail();
      state_ = State::broken_text;
      return false;
    case Text::closed:
      break;
  }
  if (state_ == State::key_text) {
    const bool whole = candidate_ != kNoCandidate && progress_ == kKeys[candidate_].size();
    begin_member(whole ? static_cast<Key>(candidate_) : Key::none);
    state_ = State::colon;
    return false;
  }
  if (state_ == State::kept_text && key_ == Key::traceparent) finish_traceparent();
  state_ = State::after_value;
  return false;
}

bool MessageScanner::read_escape(char c) noexcept {
  if (escape_ == 1) {
    if (c == 'u') {
      escape_ = 2;
      return true;
    }
    const char plain = unescape(c);
    if (plain == '\0') return false;
    keep(&plain, 1);
    escape_ = 0;
    return true;
  }
  const unsigned digit = hex_digit(c);
  if (digit > 15) return false;
  if (escape_ < 0x2000) {
    escape_ = static_cast<std::uint16_t>(unsigned{escape_} << 4 | digit);
  } else {
    keep_code_unit((escape_ & 0xfffu) << 4 | digit);
    escape_ = 0;
  }
  return true;
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
  if (state_ == State::key_text) return match_key(text, size);
  switch (key_) {
    case Key::method:
    case Key::tool:
      return append_to_name(text, size);
    case Key::id:
      id_hash_ = hash(id_hash_, text, size);
      return;
    case Key::traceparent:
      return read_traceparent(text, size);
    default:
      return;
  }
}

// Of a name that does not fit, the last eight bytes give way to a hash of the whole name, so that
// the buffer still tells any two names apart.
void MessageScanner::append_to_name(const char* text, std::size_t size) noexcept {
  constexpr std::size_t kKept = kMaxName - sizeof(std::uint64_t);
  if (!name_overflowed_ && size <= kMaxName - name_size_) {
    std::memcpy(name_ + name_size_, text, size);
    name_size_ = static_cast<std::uint8_t>(name_size_ + size);
    return;
  }
  std::uint64_t sum;
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
  for (std::size_t i = 0; i < size && progress_ != kNoTraceparent; ++i) {
    const unsigned at = progress_++;
    const bool dash = at == 2 || at == 35 || at == 52;
    const unsigned digit = lower_hex_digit(text[i]);
    const bool version_ff = at == 1 && candidate_ == 15 && digit == 15;
    if (at >= kTraceparentSize || version_ff || (dash ? text[i] != '-' : digit > 15)) {
      progress_ = kNoTraceparent;
    } else if (at == 0) {
      candidate_ = static_cast<std::uint8_t>(digit);
    } else if (!dash && at < 19) {
      if (at > 2) trace_.trace_id_high = trace_.trace_id_high << 4 | digit;
    } else if (!dash && at < 35) {
      trace_.trace_id_low = trace_.trace_id_low << 4 | digit;
    } else if (!dash && at < 52) {
      trace_.parent_id = trace_.parent_id << 4 | digit;
    }
  }
}

void MessageScanner::finish_traceparent() noexcept {
  has_trace_ = progress_ == kTraceparentSize && (trace_.trace_id_high | trace_.trace_id_low) != 0 &&
               trace_.parent_id != 0;
}

// ---------------------------------------------------------------- what is not looked at

bool MessageScanner::skip_nested(Bytes& in) noexcept {
  const bool in_params = place_ == Place::params || place_ == Place::arguments;
  const std::uint64_t floor = kind_ == MessageKind::batch              ? 0
                              : place_ == Place::top                   ? 1
                              : in_params || place_ == Place::top_meta ? 2
                                                                       : 3;
  Nesting nesting = nesting_;
  std::uint64_t text_carry = state_ == State::nested_text ? ~std::uint64_t{0} : 0;
  bool escape_carry = escape_ != 0;

  while (!in.empty()) {
    const BlockMasks masks = masks_of(in.begin, in.next, in.end);
    const std::size_t size = in.left() < kBlock ? in.left() : kBlock;

    std::uint64_t escaped = escape_carry;
    escape_carry = false;
    for (std::uint64_t left = masks.backslashes & ~escaped; left != 0;) {
      const auto at = static_cast<std::size_t>(std::countr_zero(left));
      left &= left - 1;
      if (at + 1 == size) {
        escape_carry = true;
      } else {
        escaped |= bit(at + 1);
        left &= ~bit(at + 1);
      }
    }

    // Set from a string's opening quote up to the byte before its closing one.
    std::uint64_t text = text_carry;
    if (const std::uint64_t quotes = masks.quotes & ~escaped; quotes != 0) {
      text ^= prefix_xor(quotes);
      text_carry = std::uint64_t{0} - (text >> 63);
    }

    const std::uint64_t errors = (masks.newlines & text) | (masks.backslashes & ~text);
    std::uint64_t brackets = masks.brackets & ~text;
    if (errors != 0) brackets &= (errors & (0 - errors)) - 1;  // only those before the first error

    for (; brackets != 0; brackets &= brackets - 1) {
      const auto at = static_cast<std::size_t>(std::countr_zero(brackets));
      const char bracket = in.next[at];
      if (is_opening(bracket)) {
        nesting.open(is_curly(bracket));
        continue;
      }
      const bool matched = nesting.close(is_curly(bracket));
      if (matched && nesting.depth() != floor) continue;
      nesting_ = nesting;
      in.next += at + 1;
      escape_ = 0;
      state_ = State::after_value;
      if (!matched) fail();
      return nesting.depth() == 0 && end();
    }

    if (errors != 0) {
      in.next += std::countr_zero(errors);
      nesting_ = nesting;
      if (*in.next == '\n') return ++in.next, end_malformed();
      fail();
      return false;
    }
    in.next += size;
  }

  nesting_ = nesting;
  state_ = text_carry != 0 ? State::nested_text : State::nested;
  escape_ = escape_carry;
  return false;
}

bool MessageScanner::skip_broken(Bytes& in) noexcept {
  while (!in.empty()) {
    const char c = *in.next++;
    if (c == '\n') return end_malformed();
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
  return false;
}

}  // namespace goxel_telemetry::plugin
