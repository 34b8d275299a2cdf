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

// Positions are passed along and returned, so that they stay in registers; kNo: an unusual message.
class PlainReader {
 public:
  PlainReader(const char* text, std::size_t size, Message& out) noexcept
      : text_(text), size_(size), out_(out) {}

  // False if there is a backslash or a newline, or a string does not end.
  bool classify() noexcept {
    std::uint64_t in_string = 0;
    std::uint64_t specials = 0;
    for (std::size_t at = 0; at < size_; at += kBlock) {
      Masks masks;
      const std::size_t left = size_ - at;
      std::size_t i = 0;
      do {
        masks.classify(text_ + at + i, i);
        i += kVector;
      } while (i < kBlock && i < left);
      const std::uint64_t mine = left < kBlock ? (std::uint64_t{1} << left) - 1 : ~std::uint64_t{0};
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

  // Almost all messages begin in one of these ways; read member by member, their beginnings would take
  // as long as the rest.
  bool read() noexcept {
    constexpr std::string_view kSpacedCall = R"({"jsonrpc": "2.0", "method": )";
    constexpr std::string_view kDenseCall = R"({"jsonrpc":"2.0","method":)";
    constexpr std::string_view kAnswer = R"({ "jsonrpc": "2.0", "result": )";
    unsigned seen = kVersion;
    std::size_t at = kNo;
    if (spells(text_, kAnswer)) {
      at = value(kResult, Place::top, seen, kAnswer.size());
    } else if (spells(text_, kSpacedCall)) {
      at = value(kMethod, Place::top, seen, kSpacedCall.size());
    } else if (spells(text_, kDenseCall)) {
      at = value(kMethod, Place::top, seen, kDenseCall.size());
    } else {
      return members(Place::top, 1, 0) == size_;
    }
    out_.has_version = true;
    return at != kNo && (another_follows(at) ? members(Place::top, at, seen) == size_
                                             : at == size_ && text_[at - 1] == '}');
  }

 private:
  static constexpr std::size_t kNo = 0;

  // Members that must not be there twice: it would have to be known which counts.
  enum Fact : unsigned {
    kNoFact = 0,
    kVersion = 1u << 0,
    kParams = 1u << 1,
    kArguments = 1u << 2,
    kResult = 1u << 3,
    kError = 1u << 4,
    kSuccess = 1u << 5,
    kMeta = 1u << 6,
    kToolFailed = 1u << 7,
    kErrorCode = 1u << 8,
    kId = 1u << 9,
    kRequestId = 1u << 10,
    kCalled = 1u << 11,
    kTrace = 1u << 12,
    kMethod = 1u << 13,
    kTool = 1u << 14,
  };
  // Where members are looked at, called as the member whose value it is.
  enum class Place : unsigned {
    top = kNoFact,
    params = kParams,
    arguments = kArguments,
    result = kResult,
    error = kError,
    meta = kMeta,
  };
  static constexpr unsigned kCarriers = kParams | kArguments | kResult | kError;
  // Only one of the two may be there.
  static constexpr unsigned kName = kMethod | kTool;
  // Their values are strings; else it is an unusual message.
  static constexpr unsigned kTexts = kName | kCalled | kTrace;
  // And these, strings or integers.
  static constexpr unsigned kIds = kId | kRequestId;

  // Bit i stands for byte i of its 64.
  struct Block {
    std::uint64_t quotes;
    std::uint64_t openings;  // quotes that begin a string
    std::uint64_t brackets;  // outside strings
  };

  GOXEL_SCANNER_INLINE std::size_t skip_spaces(std::size_t at) const noexcept {
    while (text_[at] == ' ') ++at;
    return at;
  }

  // From behind an opening quote to the closing one: classify() has seen that there is one.
  GOXEL_SCANNER_INLINE std::size_t end_of_string(std::size_t at) const noexcept {
    std::size_t block = at / kBlock;
    const std::uint64_t quotes = blocks_[block].quotes >> (at % kBlock);
    if (quotes != 0) [[likely]]
      return at + first_bit(quotes);
    do ++block;
    while (blocks_[block].quotes == 0);
    return block * kBlock + first_bit(blocks_[block].quotes);
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
          return kMethod;
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
    return fact_in(place, key, size, word);
  }
  [[gnu::noinline]] static Fact fact_in(Place place, const char* key, std::size_t size,
                                        std::uint64_t word) noexcept {
    if (place == Place::meta) return size == 11 && spells(key, "traceparent") ? kTrace : kNoFact;
    if (size > 8) {
      return place == Place::params && size == 9 && spells(key, "requestId") ? kRequestId : kNoFact;
    }
    if (word == word_of("_meta"))
      return place == Place::params || place == Place::arguments ? kMeta : kNoFact;
    if (word == word_of("name")) return place == Place::params ? kCalled : kNoFact;
    if (word == word_of("isError")) return place == Place::result ? kToolFailed : kNoFact;
    if (word == word_of("code")) return place == Place::error ? kErrorCode : kNoFact;
    return kNoFact;
  }

  // The members of an object whose grammar is checked, from a key on to behind `}`. `seen`: the facts
  // of the members before.
  [[gnu::hot]] std::size_t members(Place place, std::size_t at, unsigned seen) noexcept {
    do {
      at = skip_spaces(at);
      if (text_[at] != '"') return kNo;
      const std::size_t key = at + 1;
      at = end_of_string(key);
      const std::size_t size = at - key;
      at = skip_spaces(at + 1);
      if (text_[at] != ':') return kNo;
      at = value(fact_named(text_ + key, size, place), place, seen, at + 1);
      if (at == kNo) return kNo;
    } while (another_follows(at));
    return text_[at - 1] == '}' ? at : kNo;
  }
  // Behind a value: goes on behind the comma or the bracket.
  GOXEL_SCANNER_INLINE bool another_follows(std::size_t& at) const noexcept {
    at = skip_spaces(at);
    return text_[at++] == ',';
  }

  // Of the objects in which facts are looked for MessageScanner checks little more than brackets.
  // From the opening bracket to behind the closing one.
  std::size_t skip_nested(Place place, std::size_t at) noexcept {
    constexpr unsigned kMostOpen = 12;
    const std::uint64_t carrier = place != Place::top ? ~std::uint64_t{0} : 0;
    std::uint64_t curly = 0;  // the innermost bracket's kind is in bit 0
    unsigned open = 0;
    unsigned seen = 0;
    while (at < size_) {
      const std::size_t in_block = at % kBlock;
      const Block& block = blocks_[at / kBlock];
      const std::uint64_t events = (block.brackets | (block.openings & carrier)) >> in_block;
      if (events == 0) {
        at += kBlock - in_block;
        continue;
      }
      at += first_bit(events);
      const char event = text_[at++];
      if (event == '"') {
        if (open == 1 && may_be_key(place, text_[at])) {
          at = carried(place, seen, at);
          if (at == kNo) return kNo;
        }
        continue;
      }
      if (is_opening(event)) {
        if (++open > kMostOpen) return kNo;
        curly = curly << 1 | std::uint64_t{is_curly(event)};
        continue;
      }
      if ((curly & 1) != std::uint64_t{is_curly(event)}) return kNo;
      curly >>= 1;
      if (--open == 0) return at;
    }
    return kNo;
  }

  static bool may_be_key(Place carrier, char first) noexcept {
    if (carrier == Place::params) return first == '_' || first == 'n' || first == 'r';
    return first == (carrier == Place::arguments ? '_' : carrier == Place::result ? 'i' : 'c');
  }

  // A string in a carrier, which may be a key; from behind its opening quote.
  [[gnu::noinline]] std::size_t carried(Place place, unsigned& seen, std::size_t at) noexcept {
    const std::size_t key = at;
    at = end_of_string(key);
    const std::size_t size = at - key;
    at = skip_spaces(at + 1);
    if (text_[at] != ':') return is_white_space(text_[at]) ? kNo : at;  // at: it is a value
    return value(fact_named(text_ + key, size, place), place, seen, at + 1);
  }

  // From behind the colon to behind the value; to the bracket, if it is one in a carrier that means
  // nothing: skip_nested() goes on there.
  [[gnu::hot]] std::size_t value(Fact fact, Place place, unsigned& seen, std::size_t at) noexcept {
    if ((seen & fact) != 0) return kNo;
    seen |= (fact & kName) != 0 ? kName : unsigned{fact};
    at = skip_spaces(at);
    const char first = text_[at];
    if (fact == kVersion) out_.has_version = true;
    if (fact == kResult) out_.has_result = true;
    if (fact == kError) out_.has_error = first != 'n';
    if (first == '"') {
      const std::size_t end = end_of_string(at + 1);
      if (fact >= kId && !keep_text(fact, text_ + at + 1, end - at - 1)) return kNo;
      return end + 1;
    }
    if ((fact & kTexts) != 0) return kNo;
    if (is_digit(first) || first == '-') return number(fact, at);
    if (!is_opening(first)) return word(fact, at);
    if ((fact & kIds) != 0) return kNo;
    if (fact == kMeta && is_curly(first)) return meta(at);
    if (place != Place::top && place != Place::meta) return at;
    return skip_nested(is_curly(first) ? static_cast<Place>(fact & kCarriers) : Place::top, at);
  }

  [[gnu::noinline]] std::size_t meta(std::size_t at) noexcept {
    const std::uint64_t before = out_.trace_id;
    at = members(Place::meta, at + 1, 0);
    // MessageScanner knows which of two contexts counts.
    return before == 0 || before == out_.trace_id ? at : kNo;
  }

  bool keep_text(Fact fact, const char* text, std::size_t size) noexcept {
    if ((fact & kName) != 0) {
      out_.dialect = fact == kMethod ? Dialect::json_rpc : Dialect::mcp;
      out_.name = beginning_of_name(text, size);
    } else if (fact == kCalled) {
      out_.called = beginning_of_name(text, size);
    } else if ((fact & kIds) != 0) {
      const Id id{hash(hash(kHashSeed, "\"", 1), text, size), IdType::string};
      (fact == kId ? out_.id : out_.request_id) = id;
    } else if (fact == kTrace) {
      TraceparentReader reader;
      reader.read(text, size);
      out_.trace_id = reader.trace_id();
      return out_.trace_id != 0;
    }
    return true;
  }

  std::size_t word(Fact fact, std::size_t at) noexcept {
    const char first = text_[at];
    std::uint32_t word;  // without the first letter of `false`
    const std::size_t letters = first == 'f' ? at + 1 : at;
    std::memcpy(&word, text_ + letters, sizeof word);
    const bool is_true = word == word_of("true") && first == 't';
    const bool is_false = word == word_of("alse") && first == 'f';
    const bool is_null = word == word_of("null") && first == 'n';
    if (!is_true && !is_false && !is_null) return kNo;
    if (fact == kSuccess) out_.denies_success = is_false;
    if (fact == kToolFailed) out_.tool_failed = is_true;
    if ((fact & kIds) != 0) {
      if (fact != kId || !is_null) return kNo;
      out_.id = {0, IdType::null};
    }
    return letters + sizeof word;
  }

  // Integers.
  std::size_t number(Fact fact, std::size_t at) noexcept {
    constexpr std::size_t kMost = 15;           // beyond it ids are inexact
    constexpr std::size_t kMostErrorCode = 10;  // beyond it they are clipped
    const char* const text = text_ + at;
    const std::size_t sign = *text == '-';
    std::size_t size = sign;
    std::int64_t number = 0;
    for (; is_digit(text[size]); ++size) {
      if (size == kMost) return kNo;
      number = number * 10 + (text[size] - '0');
    }
    if (size == sign || (text[sign] == '0' && size > sign + 1)) return kNo;
    const char next = text[size];
    if (next != ',' && next != ' ' && !is_closing(next)) return kNo;
    if ((fact & kIds) != 0) {
      const Id id{hash(kHashSeed, text, size), IdType::number};
      (fact == kId ? out_.id : out_.request_id) = id;
    } else if (fact == kErrorCode) {
      if (size > kMostErrorCode) return kNo;
      out_.has_error_code = true;
      out_.error_code = sign != 0 ? -number : number;
    }
    return at + size;
  }

  const char* const text_;
  const std::size_t size_;
  Message& out_;
  Block blocks_[kMostPlain / kBlock];
};

}  // namespace

[[gnu::hot]] bool read_plain_message(const char* bytes, std::size_t size, Message& out) noexcept {
  assert(size <= kMostPlain && bytes[size] == '\0');
  if (bytes[0] != '{') return false;
  while (is_white_space(bytes[size - 1])) --size;
  out = {};
  PlainReader reader(bytes, size, out);
  if (!reader.classify() || !reader.read()) return false;
  if (out.dialect != Dialect::none) out.kind = MessageKind::request;
  out.end_offset = size;
  return true;
}

}  // namespace goxel_telemetry::plugin
