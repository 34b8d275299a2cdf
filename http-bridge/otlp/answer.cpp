// SPDX-License-Identifier: GPL-3.0-or-later
#include "http-bridge/otlp/answer.h"

#include <charconv>
#include <nlohmann/json.hpp>

namespace goxel_telemetry::http_bridge::otlp {
namespace {

using nlohmann::json;

constexpr std::size_t kLongestTold = 200;

json member(const json& object, const char* name) {
  if (!object.is_object()) return nullptr;
  const auto found = object.find(name);
  return found == object.end() ? json() : *found;
}

std::string text_of(const json& value) {
  return value.is_string() ? value.get<std::string>() : std::string();
}

// By the JSON mapping a text, but numbers are read, too.
std::uint64_t number_of(const json& value) {
  if (value.is_number_unsigned()) return value.get<std::uint64_t>();
  const std::string text = text_of(value);
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() ? number : 0;
}

}  // namespace

Verdict verdict_of(const Answer& answer) {
  if (answer.status >= 200 && answer.status < 300) return Verdict::taken;
  switch (answer.status) {
    case 0:
    case 429:
    case 502:
    case 503:
    case 504:
      return Verdict::again;
    default:
      return Verdict::refused;
  }
}

PartialSuccess partial_success(const std::string& body) {
  const json partial = member(json::parse(body, nullptr, false), "partialSuccess");
  return {number_of(member(partial, "rejectedSpans")),
          text_of(member(partial, "errorMessage")).substr(0, kLongestTold)};
}

std::string told(const Answer& answer) {
  if (answer.status == 0) return answer.problem;
  std::string text = "status " + std::to_string(answer.status);
  if (answer.status >= 300 && answer.status < 400)
    return text + ", and redirections are not followed";
  // A google.rpc.Status, as the protocol wants it, or whatever stands between us and the collector.
  std::string message = text_of(member(json::parse(answer.body, nullptr, false), "message"));
  if (message.empty()) message = answer.body;
  return message.empty() ? text : text + ": " + message.substr(0, kLongestTold);
}

}  // namespace goxel_telemetry::http_bridge::otlp
