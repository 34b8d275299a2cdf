// SPDX-License-Identifier: GPL-3.0-or-later
#include "documents/span_batch.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "metrics/operation_key.h"
#include "metrics/tally/outcomes.h"
#include "metrics/text/arguments.h"
#include "shm/catalog.h"
#include "shm/segment.h"

namespace goxel_telemetry::documents {
namespace {

using nlohmann::json;

constexpr std::size_t kMostDepth = 8;
constexpr std::size_t kMostValues = 200'000;
constexpr std::size_t kMostOperationBytes = 256;
constexpr std::uint64_t kSecond = 1'000'000'000;
constexpr std::uint64_t kEarliest = 3'600 * kSecond;  // a span may have begun so long ago
constexpr std::uint64_t kLatest = kSecond;            // and end so far in the future

// Ends the reading of a document that is deeper or larger than a batch can be: nlohmann's reader of msgpack
// calls itself for each level.
class WithinBounds : public nlohmann::json_sax<json> {
 public:
  bool null() override { return count(); }
  bool boolean(bool) override { return count(); }
  bool number_integer(number_integer_t) override { return count(); }
  bool number_unsigned(number_unsigned_t) override { return count(); }
  bool number_float(number_float_t, const string_t&) override { return count(); }
  bool string(string_t&) override { return count(); }
  bool binary(binary_t&) override { return count(); }
  bool key(string_t&) override { return count(); }
  bool start_object(std::size_t) override { return count() && ++depth_ <= kMostDepth; }
  bool start_array(std::size_t) override { return count() && ++depth_ <= kMostDepth; }
  bool end_object() override { return depth_-- != 0; }
  bool end_array() override { return depth_-- != 0; }
  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) override {
    return false;
  }

 private:
  bool count() { return ++values_ <= kMostValues; }
  std::size_t depth_ = 0;
  std::size_t values_ = 0;
};

// Null if the text is no such document.
json document_of(std::string_view body, BatchEncoding encoding) {
  const auto format =
      encoding == BatchEncoding::json ? json::input_format_t::json : json::input_format_t::msgpack;
  WithinBounds bounds;
  if (!json::sax_parse(body, &bounds, format)) return nullptr;
  json document = encoding == BatchEncoding::json ? json::parse(body, nullptr, false)
                                                  : json::from_msgpack(body, true, false);
  return document.is_discarded() ? nullptr : document;
}

const json& member(const json& object, const char* name) {
  static const json kNothing;
  const auto found = object.find(name);
  return found == object.end() ? kNothing : *found;
}

// A whole number, also as text: JavaScript's numbers are exact up to 2^53 only.
std::optional<std::uint64_t> number(const json& value) {
  if (value.is_number_unsigned()) return value.get<std::uint64_t>();
  if (!value.is_string()) return std::nullopt;
  const auto& text = value.get_ref<const std::string&>();
  std::uint64_t result = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), result);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return result;
}

template <class Value, std::size_t Size>
std::optional<Value> named(const json& value,
                           const std::array<std::pair<const char*, Value>, Size>& names) {
  if (!value.is_string()) return std::nullopt;
  const auto& text = value.get_ref<const std::string&>();
  const auto found =
      std::find_if(names.begin(), names.end(), [&](const auto& one) { return text == one.first; });
  if (found == names.end()) return std::nullopt;
  return found->second;
}

constexpr std::array kLayers = {
    std::pair<const char*, std::uint8_t>{"mcp-client", shm::names::kMcpClient},
    std::pair<const char*, std::uint8_t>{"mcp-server", shm::names::kMcpServer},
    std::pair<const char*, std::uint8_t>{"ts-client", shm::names::kTsClient}};
constexpr std::array kStacks = {
    std::pair<const char*, std::uint8_t>{"4-layer", shm::names::kFourLayer},
    std::pair<const char*, std::uint8_t>{"2-layer", shm::names::kTwoLayer}};

// Which of these has the name in `value`.
template <class Value>
std::optional<Value> one_of(const json& value, std::initializer_list<Value> values) {
  for (const Value one : values) {
    if (value == metrics::to_string(one)) return one;
  }
  return std::nullopt;
}

// Names that begin with an underscore are ours; those of clients get a second one.
std::string operation_name(const std::string& name) {
  return name.starts_with('_') ? '_' + name : name;
}

// Null if there is one; else why there is none.
const char* read_span(const json& in, const SpanBatch& batch, std::uint64_t now_ns,
                      ReportedSpan& out) {
  if (!in.is_object()) return "a span is an object";
  const json& operation = member(in, "operation");
  if (!operation.is_string() || operation.get_ref<const std::string&>().empty() ||
      operation.get_ref<const std::string&>().size() > kMostOperationBytes) {
    return "\"operation\" must be a text of 1 to 256 bytes";
  }
  out.operation = operation_name(operation.get_ref<const std::string&>());

  const auto start = number(member(in, "start_ns"));
  const auto duration = number(member(in, "duration_ns"));
  if (!start) return "\"start_ns\" must be a whole number of nanoseconds";
  if (!duration) return "\"duration_ns\" must be a whole number of nanoseconds";
  if (*start > now_ns + kLatest || *duration > now_ns + kLatest - *start) {
    return "the span ends in the future: times must be CLOCK_MONOTONIC of the bridge's machine "
           "(process.hrtime.bigint()), in nanoseconds";
  }
  if (*start + kEarliest < now_ns) {
    return "the span began more than an hour ago: times must be CLOCK_MONOTONIC of the bridge's "
           "machine (process.hrtime.bigint()), in nanoseconds";
  }
  out.start_ns = *start;
  out.duration_ns = *duration;

  const json& layer = member(in, "layer");
  const auto layer_id = layer.is_null() ? batch.source_layer : named(layer, kLayers);
  if (!layer_id) return "\"layer\" must be mcp-client, mcp-server or ts-client";
  out.layer = *layer_id;
  const json& stack = member(in, "stack");
  const auto stack_id = stack.is_null() ? shm::names::kFourLayer : named(stack, kStacks);
  if (!stack_id) return "\"stack\" must be 4-layer or 2-layer";
  out.stack = *stack_id;
  const json& protocol = member(in, "protocol");
  const auto usual =
      out.layer == shm::names::kTsClient ? shm::Protocol::json_rpc : shm::Protocol::mcp;
  const auto protocol_id =
      protocol.is_null() ? usual : one_of(protocol, {shm::Protocol::mcp, shm::Protocol::json_rpc});
  if (!protocol_id) return "\"protocol\" must be mcp or jsonrpc";
  out.protocol = *protocol_id;
  const auto status =
      one_of(member(in, "status"), {shm::Status::ok, shm::Status::error, shm::Status::unanswered,
                                    shm::Status::cancelled, shm::Status::notification});
  if (!status) return "\"status\" must be ok, error, unanswered, cancelled or notification";
  out.status = *status;

  const json& error = member(in, "error_code");
  if (!error.is_null() && !error.is_number_integer()) return "\"error_code\" must be an integer";
  if (out.status == shm::Status::error) {
    out.error =
        error.is_null() ? shm::ErrorCode::other : shm::error_code(error.get<std::int64_t>());
  }
  const json& trace = member(in, "trace_id");
  if (!trace.is_null()) {
    if (!trace.is_string()) return "\"trace_id\" must be 32 hexadecimal digits";
    const auto& text = trace.get_ref<const std::string&>();
    const std::string_view digits = text.size() == 32 ? text : std::string_view();
    const auto high = metrics::parse_hexadecimal(digits.substr(0, 16));
    const auto low = metrics::parse_hexadecimal(digits.substr(digits.size() / 2));
    if (!high || !low) return "\"trace_id\" must be 32 hexadecimal digits";
    out.trace_id = *low;
    out.trace_id_high = *high;
  }
  for (const auto& [name, bytes] :
       {std::pair{"bytes_in", &out.bytes_in}, std::pair{"bytes_out", &out.bytes_out}}) {
    const json& value = member(in, name);
    if (value.is_null()) continue;
    const auto count = number(value);
    if (!count) return "\"bytes_in\" and \"bytes_out\" must be whole numbers";
    *bytes = shm::clip_bytes(*count);
  }
  return nullptr;
}

// Empty if all is well; else a sentence.
std::string read_source(const json& document, SpanBatch& batch) {
  const json& instance = member(document, "instance");
  if (!instance.is_string()) return "\"instance\" must be the name of a daemon's instance";
  batch.instance = instance.get<std::string>();
  if (!shm::valid_segment_name(shm::layers_instance(batch.instance)) ||
      shm::daemon_instance(batch.instance) != batch.instance) {
    return "\"instance\" is no name that a daemon's instance can have";
  }
  const json& source = member(document, "source");
  if (!source.is_object()) return "\"source\" must say who reports: {\"id\", \"pid\", \"layer\"}";
  const json& id = member(source, "id");
  const auto id_number = id.is_string() && id.get_ref<const std::string&>().size() == 16
                             ? metrics::parse_hexadecimal(id.get_ref<const std::string&>())
                             : std::nullopt;
  if (!id_number || *id_number == 0) {
    return "\"source.id\" must be 16 hexadecimal digits, not all 0";
  }
  batch.source_id = *id_number;
  const auto layer = named(member(source, "layer"), kLayers);
  if (!layer) return "\"source.layer\" must be mcp-client, mcp-server or ts-client";
  batch.source_layer = *layer;
  const auto pid = number(member(source, "pid"));
  if (!pid || *pid > INT32_MAX) return "\"source.pid\" must be a process id, or 0";
  batch.source_pid = static_cast<std::uint32_t>(*pid);

  constexpr std::uint64_t kMostBatches = (std::uint64_t{1} << 31) - 1;
  const auto number_of_batch = number(member(document, "batch"));
  if (!number_of_batch || *number_of_batch == 0 || *number_of_batch > kMostBatches) {
    return "\"batch\" must be 1, 2, 3 and so on";
  }
  batch.number = static_cast<std::uint32_t>(*number_of_batch);
  const auto completed = number(member(document, "completed"));
  const auto dropped = number(member(document, "dropped"));
  if (!completed || !dropped) return "\"completed\" and \"dropped\" must be whole numbers";
  batch.completed = *completed;
  batch.dropped = *dropped;
  return {};
}

}  // namespace

std::variant<SpanBatch, std::string> decode_span_batch(std::string_view body,
                                                       BatchEncoding encoding,
                                                       std::uint64_t now_ns) {
  const json document = document_of(body, encoding);
  if (!document.is_object()) {
    return std::string(encoding == BatchEncoding::json
                           ? "the body is no JSON object that a batch can be"
                           : "the body is no msgpack map that a batch can be");
  }
  SpanBatch batch;
  if (std::string why = read_source(document, batch); !why.empty()) return why;
  const json& spans = member(document, "spans");
  if (!spans.is_array()) return "\"spans\" must be a list";
  if (spans.size() > kMostSpans) {
    return "a batch has at most " + std::to_string(kMostSpans) + " spans";
  }
  batch.spans.reserve(spans.size());
  for (std::size_t i = 0; i < spans.size(); ++i) {
    ReportedSpan span;
    if (const char* why = read_span(spans[i], batch, now_ns, span); why == nullptr) {
      batch.spans.push_back(std::move(span));
    } else if (batch.refused_count++ < kMostRefusedShown) {
      batch.refused.push_back({i, why});
    }
  }
  return batch;
}

}  // namespace goxel_telemetry::documents
