// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugin/plain_message.h"

#include <cassert>

#include "plugin/message_cursor.h"

namespace goxel_telemetry::plugin {
namespace {

// A key of up to eight bytes as a little-endian number.
constexpr std::uint64_t word_of(std::string_view key) noexcept {
  std::uint64_t word = 0;
  for (std::size_t i = 0; i < key.size(); ++i) {
    word |= std::uint64_t{static_cast<unsigned char>(key[i])} << (8 * i);
  }
  return word;
}

std::string_view beginning_of_name(const char* text, std::size_t size) noexcept {
  return {text, size < Name::kSize ? size : Name::kSize};
}

class PlainReader {
 public:
  PlainReader(const char* text, Message& out) noexcept : text_(text), out_(out) {}

  // False if there is a backslash or a newline, or a string does not end.
  bool classify(std::size_t size) noexcept {
    size_ = size;
    std::uint64_t in_string = 0;
    std::uint64_t specials = 0;
    for (std::size_t at = 0; at < size; at += kBlock) {
      Masks masks;
      for (std::size_t i = 0; i < kBlock && at + i < size; i += kVector) {
        masks.classify(text_ + at + i, i);
      }
      const std::uint64_t mine =
          size - at < kBlock ? (std::uint64_t{1} << (size - at)) - 1 : ~std::uint64_t{0};
      Block& block = blocks_[at / kBlock];
      block.quotes = masks.quotes & mine;
      const std::uint64_t strings = in_string ^ prefix_xor(block.quotes);
      in_string = std::uint64_t{0} - (strings >> 63);
      block.openings = block.quotes & strings;
      block.brackets = masks.brackets & mine & ~strings;
      specials |= masks.specials & mine;
    }
    return (specials | in_string) == 0;
  }

  bool read() noexcept {
    at_ = 1;
    return members(Place::top) && at_ == size_;
  }

 private:
  enum class Place : std::uint8_t { top, params, arguments, result, error, meta };

  // Members that must not be there twice: it would have to be known which counts.
  enum Fact : unsigned {
    kVersion = 1u << 0,
    kName = 1u << 1,
    kId = 1u << 2,
    kParams = 1u << 3,
    kArguments = 1u << 4,
    kResult = 1u << 5,
    kError = 1u << 6,
    kSuccess = 1u << 7,
    kMeta = 1u << 8,
    kCalled = 1u << 9,
    kRequestId = 1u << 10,
    kToolFailed = 1u << 11,
    kErrorCode = 1u << 12,
    kTrace = 1u << 13,
    kTool = 1u << 14,  // never remembered: it is a kName
    kNoFact = 0,
  };

  // Bit i stands for byte i of its 64.
  struct Block {
    std::uint64_t quotes;
    std::uint64_t openings;  // quotes that begin a string
    std::uint64_t brackets;  // outside strings
  };

  void skip_spaces() noexcept {
    while (text_[at_] == ' ') ++at_;
  }

  // From an opening quote to the byte behind the closing one; returns the text's size.
  std::size_t skip_string() noexcept {
    const std::size_t begin = ++at_;
    std::size_t block = at_ / kBlock;
    std::uint64_t quotes = blocks_[block].quotes >> (at_ % kBlock);
    if (quotes != 0) {
      at_ += first_bit(quotes);
    } else {
      // classify() has seen that the string ends.
      do quotes = blocks_[++block].quotes;
      while (quotes == 0);
      at_ = block * kBlock + first_bit(quotes);
    }
    return at_++ - begin;
  }

  Fact fact_named(const char* key, std::size_t size, Place place) const noexcept {
    std::uint64_t word;
    std::memcpy(&word, key, sizeof word);
    if (size < 8) word &= (std::uint64_t{1} << (8 * size)) - 1;
    if (place == Place::top) {
      if (size > 8) return size == 9 && spells(key, "arguments") ? kArguments : kNoFact;
      switch (word) {
        case word_of("id"):
          return kId;
        case word_of("params"):
          return kParams;
        case word_of("jsonrpc"):
          return kVersion;
        case word_of("method"):
          return kName;
        case word_of("tool"):
          return kTool;
        case word_of("result"):
          return kResult;
        case word_of("error"):
          return kError;
        case word_of("success"):
          return kSuccess;
        case word_of("_meta"):
          return kMeta;
        default:
          return kNoFact;
      }
    }
    if (place == Place::meta) return size == 11 && spells(key, "traceparent") ? kTrace : kNoFact;
    if (size > 8) {
      return place == Place::params && size == 9 && spells(key, "requestId") ? kRequestId : kNoFact;
    }
    if (word == word_of("_meta")) return place <= Place::arguments ? kMeta : kNoFact;
    if (word == word_of("name")) return place == Place::params ? kCalled : kNoFact;
    if (word == word_of("isError")) return place == Place::result ? kToolFailed : kNoFact;
    if (word == word_of("code")) return place == Place::error ? kErrorCode : kNoFact;
    return kNoFact;
  }

  // What the members of an object mean whose grammar is checked; from behind `{` to behind `}`.
  bool members(Place place) noexcept {
    unsigned seen = 0;
    for (;;) {
      skip_spaces();
      if (text_[at_] != '"') return false;
      const char* const key = text_ + at_ + 1;
      const std::size_t size = skip_string();
      skip_spaces();
      if (text_[at_] != ':') return false;
      ++at_;
      if (!value(fact_named(key, size, place), place, seen)) return false;
      skip_spaces();
      const char next = text_[at_++];
      if (next == '}') return true;
      if (next != ',') return false;
    }
  }

  // Of the objects in which facts are looked for MessageScanner checks little more than brackets.
  // From the opening bracket to behind the closing one.
  bool skip_nested(Place place) noexcept {
    constexpr unsigned kMostOpen = 12;
    const std::uint64_t carrier = place != Place::top ? ~std::uint64_t{0} : 0;
    std::uint64_t curly = 0;  // the innermost bracket's kind is in bit 0
    unsigned open = 0;
    unsigned seen = 0;
    for (;;) {
      const std::size_t in_block = at_ % kBlock;
      const Block& block = blocks_[at_ / kBlock];
      const std::uint64_t events = (block.brackets | (block.openings & carrier)) >> in_block;
      if (events == 0) {
        at_ += kBlock - in_block;
        if (at_ >= size_) return false;
        continue;
      }
      at_ += first_bit(events);
      const char event = text_[at_];
      if (event == '"') {
        if (open == 1 && may_be_key(place, text_[at_ + 1])) {
          if (!carried(place, seen)) return false;
          if (at_ >= size_) return false;
        } else {
          ++at_;
        }
        continue;
      }
      ++at_;
      if (is_opening(event)) {
        if (++open > kMostOpen) return false;
        curly = curly << 1 | std::uint64_t{is_curly(event)};
        continue;
      }
      if ((curly & 1) != std::uint64_t{is_curly(event)}) return false;
      curly >>= 1;
      if (--open == 0) return true;
      if (at_ >= size_) return false;
    }
  }

  static bool may_be_key(Place carrier, char first) noexcept {
    if (carrier == Place::params) return first == '_' || first == 'n' || first == 'r';
    return first == (carrier == Place::arguments ? '_' : carrier == Place::result ? 'i' : 'c');
  }

  // A string in a carrier, which may be a key.
  bool carried(Place place, unsigned& seen) noexcept {
    const char* const key = text_ + at_ + 1;
    const std::size_t size = skip_string();
    skip_spaces();
    if (text_[at_] != ':') return !is_white_space(text_[at_]);  // true: it is a value
    ++at_;
    return value(fact_named(key, size, place), place, seen);
  }

  // Brackets in a carrier that mean nothing are left to skip_nested().
  bool value(Fact fact, Place place, unsigned& seen) noexcept {
    const unsigned remembered = fact == kTool ? unsigned{kName} : unsigned{fact};
    if ((seen & remembered) != 0) return false;
    seen |= remembered;
    skip_spaces();
    const char first = text_[at_];
    if (fact == kVersion) out_.has_version = true;
    if (fact == kResult) out_.has_result = true;
    if (fact == kError) out_.has_error = first != 'n';
    if (first == '"') {
      const char* const text = text_ + at_ + 1;
      return string_value(fact, text, skip_string());
    }
    if (is_opening(first)) {
      if (fact == kName || fact == kTool || fact == kId || fact == kCalled || fact == kRequestId ||
          fact == kTrace) {
        return false;
      }
      if (is_curly(first) && fact == kMeta) {
        ++at_;
        // MessageScanner knows which of two contexts counts.
        const std::uint64_t before = out_.trace_id;
        return members(Place::meta) && (before == 0 || before == out_.trace_id);
      }
      if (place != Place::top && place != Place::meta) return true;
      return skip_nested(!is_curly(first)     ? Place::top
                         : fact == kParams    ? Place::params
                         : fact == kArguments ? Place::arguments
                         : fact == kResult    ? Place::result
                         : fact == kError     ? Place::error
                                              : Place::top);
    }
    if (is_digit(first) || first == '-') return number(fact);
    return word(fact, first);
  }

  bool string_value(Fact fact, const char* text, std::size_t size) noexcept {
    switch (fact) {
      case kName:
      case kTool:
        out_.dialect = fact == kName ? Dialect::json_rpc : Dialect::mcp;
        out_.name = beginning_of_name(text, size);
        break;
      case kCalled:
        out_.called = beginning_of_name(text, size);
        break;
      case kId:
        out_.id = string_id(text, size);
        break;
      case kRequestId:
        out_.request_id = string_id(text, size);
        break;
      case kTrace: {
        TraceparentReader reader;
        reader.read(text, size);
        if (reader.trace_id() == 0) return false;
        out_.trace_id = reader.trace_id();
        break;
      }
      default:
        break;
    }
    return true;
  }

  static Id string_id(const char* text, std::size_t size) noexcept {
    return {hash(hash(kHashSeed, "\"", 1), text, size), IdType::string};
  }

  bool word(Fact fact, char first) noexcept {
    if (fact == kName || fact == kTool || fact == kCalled || fact == kRequestId || fact == kTrace) {
      return false;
    }
    const std::string_view text = first == 't' ? "true" : first == 'f' ? "false" : "null";
    if (size_ - at_ < text.size() || !spells(text_ + at_, text)) return false;
    at_ += text.size();
    if (fact == kSuccess) out_.denies_success = first == 'f';
    if (fact == kToolFailed) out_.tool_failed = first == 't';
    if (fact == kId) {
      if (first != 'n') return false;
      out_.id = {0, IdType::null};
    }
    return true;
  }

  // Integers.
  bool number(Fact fact) noexcept {
    constexpr std::size_t kMost = 15;           // beyond it ids are inexact
    constexpr std::size_t kMostErrorCode = 10;  // beyond it they are clipped
    const char* const text = text_ + at_;
    const bool negative = *text == '-';
    std::size_t size = std::size_t{negative};
    std::int64_t number = 0;
    for (; is_digit(text[size]); ++size) {
      if (size == kMost) return false;
      number = number * 10 + (text[size] - '0');
    }
    const std::size_t digits = size - std::size_t{negative};
    if (digits == 0 || (digits > 1 && text[std::size_t{negative}] == '0')) return false;
    const char next = text[size];
    if (next != ',' && next != ' ' && !is_closing(next)) return false;
    at_ += size;
    switch (fact) {
      case kName:
      case kTool:
      case kCalled:
      case kTrace:
        return false;
      case kId:
        out_.id = {hash(kHashSeed, text, size), IdType::number};
        break;
      case kRequestId:
        out_.request_id = {hash(kHashSeed, text, size), IdType::number};
        break;
      case kErrorCode:
        if (size > kMostErrorCode) return false;
        out_.has_error_code = true;
        out_.error_code = negative ? -number : number;
        break;
      default:
        break;
    }
    return true;
  }

  const char* const text_;
  Message& out_;
  std::size_t size_ = 0;
  std::size_t at_ = 0;
  Block blocks_[kMostPlain / kBlock];
};

}  // namespace

bool read_plain_message(const char* bytes, std::size_t size, Message& out) noexcept {
  assert(size <= kMostPlain && bytes[size] == '\0');
  if (bytes[0] != '{') return false;
  while (is_white_space(bytes[size - 1])) --size;
  out = {};
  PlainReader reader(bytes, out);
  if (!reader.classify(size) || !reader.read()) return false;
  if (out.dialect != Dialect::none) out.kind = MessageKind::request;
  out.end_offset = size;
  return true;
}

}  // namespace goxel_telemetry::plugin
