// SPDX-License-Identifier: GPL-3.0-or-later
//
// Three properties over arbitrary bytes:
//
//  - splitting: however the stream is cut, the messages and their facts are the same;
//  - agreement: if the bytes are one JSON object, the facts are those that a real parser
//    (nlohmann::json, as SAX events) gives by the rules in message_scanner.h;
//  - the plain reader: what it takes is one message, with the same facts.

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "plugin/message_scanner.h"
#include "plugin/plain_message.h"

namespace {

using nlohmann::json;
using namespace goxel_telemetry::plugin;

struct Facts {
  MessageKind kind = MessageKind::other;
  Dialect dialect = Dialect::none;
  IdType id_type = IdType::absent;
  IdType request_id_type = IdType::absent;
  bool has_version = false;
  bool has_result = false;
  bool has_error = false;
  bool denies_success = false;
  bool tool_failed = false;
  bool has_error_code = false;
  std::int64_t error_code = 0;
  std::string name;
  std::string called;
  std::uint64_t id_hash = 0;
  std::uint64_t request_id_hash = 0;
  std::uint64_t trace_id = 0;
  std::uint64_t first_offset = 0;
  std::uint64_t end_offset = 0;

  bool operator==(const Facts&) const = default;
};

// The parser does not tell how a number was written.
IdType kind_of(const Id& id) {
  return id.is_number() ? IdType::number : id.type;
}

Facts facts_of(const Message& m) {
  return {.kind = m.kind,
          .dialect = m.dialect,
          .id_type = kind_of(m.id),
          .request_id_type = kind_of(m.request_id),
          .has_version = m.has_version,
          .has_result = m.has_result,
          .has_error = m.has_error,
          .denies_success = m.denies_success,
          .tool_failed = m.tool_failed,
          .has_error_code = m.has_error_code,
          .error_code = m.has_error_code ? m.error_code : 0,
          .name = std::string(m.name),
          .called = std::string(m.called),
          .id_hash = m.id.hash,
          .request_id_hash = m.request_id.hash,
          .trace_id = m.trace_id,
          .first_offset = m.first_offset,
          .end_offset = m.end_offset};
}

[[noreturn]] void fail(std::string_view why, std::string_view input) {
  std::cerr << why << ": " << input << '\n';
  std::abort();
}

// Each piece is an allocation of its own, so that AddressSanitizer sees any read outside it.
void feed_all(MessageScanner& scanner, std::string_view bytes, std::vector<Facts>& found) {
  const std::vector<char> piece(bytes.begin(), bytes.end());
  std::size_t at = 0;
  while (at < piece.size()) {
    const MessageScanner::Step step = scanner.feed(piece.data() + at, piece.size() - at);
    at += step.consumed;
    if (step.complete) {
      found.push_back(facts_of(scanner.message()));
    } else if (at != piece.size()) {
      fail("stopped early", bytes);
    }
  }
}

template <class NextSize>
std::vector<Facts> scan(std::string_view bytes, NextSize next_size) {
  MessageScanner scanner;
  std::vector<Facts> found;
  while (!bytes.empty()) {
    const std::size_t size = std::min(bytes.size(), std::size_t{next_size()});
    feed_all(scanner, bytes.substr(0, size), found);
    bytes.remove_prefix(size);
  }
  if (scanner.finish()) found.push_back(facts_of(scanner.message()));
  return found;
}

// What the scanner should say about one valid JSON object.
class Reference : public nlohmann::json_sax<json> {
 public:
  Facts facts;
  std::string id_text;  // of a string id
  std::string request_id_text;

  bool null() override {
    return value(IdType::null, [&] { null_ = true; });
  }
  bool boolean(bool b) override {
    return value(IdType::other, [&] {
      false_ = !b;
      true_ = b;
    });
  }
  bool number_integer(number_integer_t n) override {
    return value(IdType::number, [&] { integer_ = n; });
  }
  bool number_unsigned(number_unsigned_t n) override {
    return value(IdType::number,
                 [&] { integer_ = n > INT64_MAX ? INT64_MAX : static_cast<std::int64_t>(n); });
  }
  bool number_float(number_float_t, const string_t&) override { return value(IdType::number); }
  bool binary(binary_t&) override { return false; }
  bool string(string_t& text) override {
    return value(IdType::string, [&] { text_ = &text; });
  }

  bool start_object(std::size_t) override {
    if (!path_.empty()) value(IdType::other);
    path_.push_back("{");
    return true;
  }
  bool start_array(std::size_t) override {
    value(IdType::other);
    path_.push_back("[");
    return true;
  }
  bool end_object() override { return path_.pop_back(), true; }
  bool end_array() override { return path_.pop_back(), true; }

  bool key(string_t& text) override {
    path_.back() = text;
    const std::size_t depth = path_.size();
    if (depth == 1) {
      if (text == "method" || text == "tool") {
        facts.dialect = Dialect::none;
        facts.name.clear();
      }
      if (text == "jsonrpc") facts.has_version = true;
      if (text == "result") {
        facts.has_result = true;
        facts.tool_failed = false;
      }
      if (text == "error") facts.has_error_code = false;
      if (text == "params") {
        facts.called.clear();
        facts.request_id_type = IdType::absent;
      }
      if (text == "params" || text == "arguments") forget_trace(text + "/_meta");
      if (text == "_meta") forget_trace("_meta");
    }
    if (depth == 2 && is_carrier(path_[0]) && text == "_meta") forget_trace(path_[0] + "/_meta");
    if (text == "traceparent") {
      const std::string meta = meta_path();
      if (!meta.empty() && (trace_from_ != "_meta" || meta == "_meta")) {
        trace_from_ = meta;
        facts.trace_id = 0;
      }
    }
    return true;
  }
  bool parse_error(std::size_t, const std::string&, const json::exception&) override {
    return false;
  }

 private:
  static bool is_carrier(const std::string& key) { return key == "params" || key == "arguments"; }

  void forget_trace(const std::string& meta) {
    if (trace_from_ != meta) return;
    trace_from_.clear();
    facts.trace_id = 0;
  }

  // Where the traceparent whose key is the innermost one is a member, or "".
  std::string meta_path() const {
    if (path_.size() == 2 && path_[0] == "_meta") return "_meta";
    if (path_.size() == 3 && is_carrier(path_[0]) && path_[1] == "_meta")
      return path_[0] + "/_meta";
    return "";
  }

  bool value(IdType type) {
    return value(type, [] {});
  }

  template <class Set>
  bool value(IdType type, Set set) {
    text_ = nullptr;
    null_ = false_ = true_ = false;
    integer_.reset();
    set();
    if (path_.size() == 1) {
      const std::string& key = path_[0];
      if (key == "id") {
        facts.id_type = type;
        id_text = text_ != nullptr ? *text_ : "";
      }
      if (key == "error") facts.has_error = !null_;
      if (key == "success") facts.denies_success = false_;
      if ((key == "method" || key == "tool") && text_ != nullptr) {
        facts.dialect = key == "method" ? Dialect::json_rpc : Dialect::mcp;
        facts.name = *text_;
      }
    }
    if (path_.size() == 2) value_in(path_[0], path_[1], type);
    if (text_ != nullptr && path_.back() == "traceparent" && meta_path() == trace_from_ &&
        !trace_from_.empty()) {
      read_trace(*text_);
    }
    return true;
  }

  void value_in(const std::string& object, const std::string& key, IdType type) {
    if (object == "params" && key == "name") facts.called = text_ != nullptr ? *text_ : "";
    if (object == "params" && key == "requestId") {
      facts.request_id_type = type == IdType::null ? IdType::other : type;
      request_id_text = text_ != nullptr ? *text_ : "";
    }
    if (object == "result" && key == "isError") facts.tool_failed = true_;
    if (object == "error" && key == "code") {
      facts.has_error_code = integer_.has_value();
      facts.error_code = integer_.value_or(0);
    }
  }

  void read_trace(const std::string& text) {
    facts.trace_id = 0;
    constexpr std::size_t kSize = 55;
    const std::string version = text.substr(0, 2);
    if (text.size() < kSize || version == "ff") return;
    if (text.size() > kSize && (version == "00" || text[kSize] != '-')) return;
    for (std::size_t i = 0; i < kSize; ++i) {
      const bool dash = i == 2 || i == 35 || i == 52;
      const bool hex = std::strchr("0123456789abcdef", text[i]) != nullptr && text[i] != '\0';
      if (dash ? text[i] != '-' : !hex) return;
    }
    constexpr const char* kDigits = "123456789abcdef";  // but zero
    if (text.find_first_of(kDigits, 3) >= 35 || text.find_first_of(kDigits, 36) >= 52) return;
    facts.trace_id = std::stoull(text.substr(19, 16), nullptr, 16);
  }

  std::vector<std::string> path_;  // per open bracket: the key its current member has
  std::string trace_from_;
  const std::string* text_ = nullptr;
  bool null_ = false;
  bool false_ = false;
  bool true_ = false;
  std::optional<std::int64_t> integer_;
};

std::uint64_t fnv1a(std::string_view text) {
  std::uint64_t sum = 0xcbf29ce484222325;
  for (const char c : text) sum = (sum ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return sum;
}

void check_id(IdType type, std::uint64_t hash, const std::string& text, std::string_view input) {
  if (type == IdType::string && hash != fnv1a("\"" + text)) fail("id", input);
}

void check_error_code(const Facts& facts, const Facts& expected, std::string_view input) {
  constexpr std::int64_t kExact = std::int64_t{1} << 32;
  // The parser takes an integer that is too large for 64 bits as another number.
  if (!expected.has_error_code) {
    if (facts.has_error_code && std::abs(facts.error_code) < kExact) fail("error code", input);
    return;
  }
  if (!facts.has_error_code) fail("no error code", input);
  if (std::abs(expected.error_code) < kExact ? facts.error_code != expected.error_code
                                             : std::abs(facts.error_code) < kExact) {
    fail("error code", input);
  }
}

void check_agreement(std::string_view input, const std::vector<Facts>& found) {
  // nlohmann::json takes a NUL for the end of its input.
  if (input.find('\0') != std::string_view::npos || !json::accept(input)) return;
  const std::size_t first = input.find_first_of("{[");
  if (first == std::string_view::npos || input.find_first_not_of(" \t\r\n") != first) return;
  if (found.size() != 1) fail("not one message", input);
  const Facts& facts = found[0];
  if (facts.first_offset != first) fail("first offset", input);
  if (facts.end_offset != input.find_last_of("}]") + 1) fail("end offset", input);
  if (input[first] == '[') {
    if (facts.kind != MessageKind::batch) fail("batch", input);
    return;
  }

  Reference reference;
  if (!json::sax_parse(input, &reference)) return;  // a number out of range
  const Facts& expected = reference.facts;
  const MessageKind kind =
      expected.dialect == Dialect::none ? MessageKind::other : MessageKind::request;
  if (facts.kind != kind) fail("kind", input);
  if (facts.dialect != expected.dialect) fail("dialect", input);
  if (facts.id_type != expected.id_type) fail("id type", input);
  if (facts.has_version != expected.has_version) fail("version", input);
  if (facts.has_result != expected.has_result) fail("result", input);
  if (facts.has_error != expected.has_error) fail("error", input);
  if (facts.denies_success != expected.denies_success) fail("success", input);
  if (facts.trace_id != expected.trace_id) fail("trace id", input);
  if (facts.request_id_type != expected.request_id_type) fail("request id type", input);
  if (facts.tool_failed != expected.tool_failed) fail("tool failed", input);
  check_error_code(facts, expected, input);
  check_id(facts.id_type, facts.id_hash, reference.id_text, input);
  check_id(facts.request_id_type, facts.request_id_hash, reference.request_id_text, input);
  if (facts.name != expected.name.substr(0, Name::kSize)) fail("name", input);
  if (facts.called != expected.called.substr(0, Name::kSize)) fail("called", input);
}

void check_plain(std::string_view input, const std::vector<Facts>& found) {
  if (input.empty() || input.size() > kMostPlain) return;
  std::vector<char> copy(input.begin(), input.end());
  copy.resize(input.size() + kBehindPlain);
  Message message;
  if (!read_plain_message(copy.data(), input.size(), message)) return;
  if (found.size() != 1) fail("the plain reader takes what is not one message", input);
  if (facts_of(message) != found[0]) fail("the plain reader finds other facts", input);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::vector<Facts> whole = scan(input, [&] { return size; });
  if (scan(input, [] { return 1u; }) != whole) fail("byte by byte differs", input);

  std::uint32_t random = static_cast<std::uint32_t>(size) * 2654435761u + (size ? data[0] : 0u);
  const auto random_size = [&] {
    random = random * 1664525u + 1013904223u;
    return 1 + (random >> 16) % ((random >> 28) % 2 == 0 ? 7u : 200u);
  };
  for (int round = 0; round < 3; ++round) {
    if (scan(input, random_size) != whole) fail("random split differs", input);
  }

  check_agreement(input, whole);
  check_plain(input, whole);
  return 0;
}
