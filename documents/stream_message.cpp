// SPDX-License-Identifier: GPL-3.0-or-later
#include "documents/stream_message.h"

#include <nlohmann/json.hpp>

namespace goxel_telemetry::documents {
namespace {

using nlohmann::json;
using Ordered = nlohmann::ordered_json;

constexpr std::size_t kMostIdBytes = 64;

// Empty if it is no text of a fitting length.
std::string id_in(const json& message, const char* member) {
  const auto found = message.find(member);
  if (found == message.end() || !found->is_string()) return {};
  auto id = found->get<std::string>();
  return id.size() <= kMostIdBytes ? id : std::string();
}

// An empty sentence: all is well.
std::string read_member(const std::string& name, const json& value, Subscribe& subscribe) {
  if (name == "id") return {};
  if (name == "hz") {
    if (!value.is_number_integer() || value.get<std::int64_t>() < 1 ||
        value.get<std::int64_t>() > kMostStreamHz) {
      return "hz is a whole number from 1 to " + std::to_string(kMostStreamHz) + '.';
    }
    subscribe.hz = value.get<int>();
    return {};
  }
  if (!value.is_string()) return "Every member of a message but hz is a text.";
  if (name == "subscribe") {
    subscribe.document = value.get<std::string>();
  } else {
    subscribe.parameters[name] = value.get<std::string>();
  }
  return {};
}

std::string bytes_of(StreamEncoding encoding, const Ordered& frame) {
  if (encoding == StreamEncoding::json) return frame.dump();
  std::string bytes;
  Ordered::to_msgpack(frame, bytes);
  return bytes;
}

}  // namespace

std::variant<Subscribe, Unsubscribe, BadStreamMessage> parse_stream_message(std::string_view text) {
  const json message = json::parse(text, nullptr, false);
  if (!message.is_object()) return BadStreamMessage{"", "A message is one JSON object."};
  if (message.contains("unsubscribe")) {
    std::string id = id_in(message, "unsubscribe");
    if (id.empty() || message.size() != 1) {
      return BadStreamMessage{id, "To unsubscribe, send {\"unsubscribe\": id} and nothing else."};
    }
    return Unsubscribe{std::move(id)};
  }
  Subscribe subscribe;
  subscribe.id = id_in(message, "id");
  if (subscribe.id.empty()) {
    return BadStreamMessage{
        "", "A subscription has an id, a text of 1 to " + std::to_string(kMostIdBytes) + " bytes."};
  }
  for (const auto& [name, value] : message.items()) {
    std::string problem = read_member(name, value, subscribe);
    if (!problem.empty()) return BadStreamMessage{subscribe.id, std::move(problem)};
  }
  if (subscribe.document.empty()) {
    return BadStreamMessage{subscribe.id, "A message says what it subscribes to, or unsubscribes."};
  }
  return subscribe;
}

std::string frame_head(StreamEncoding encoding, std::string_view id, std::uint64_t missed) {
  std::string head =
      bytes_of(encoding, {{"id", std::string(id)}, {"missed", missed}, {"document", nullptr}});
  // Of what would be the document, null is of four characters and a brace ends it, or of one byte.
  head.resize(head.size() - (encoding == StreamEncoding::json ? sizeof("null}") - 1 : 1));
  return head;
}

std::string_view frame_tail(StreamEncoding encoding) {
  return encoding == StreamEncoding::json ? "}" : "";
}

std::string problem_frame(StreamEncoding encoding, std::string_view id, std::string_view problem) {
  return bytes_of(encoding,
                  {{"id", std::string(id)}, {"problem", Ordered::parse(problem, nullptr, false)}});
}

}  // namespace goxel_telemetry::documents
