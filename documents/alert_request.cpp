// SPDX-License-Identifier: GPL-3.0-or-later
#include "documents/alert_request.h"

#include <algorithm>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <optional>

#include "metrics/text/printable.h"
#include "metrics/text/time_range.h"
#include "metrics/time.h"

namespace goxel_telemetry::documents {
namespace {

using nlohmann::json;

constexpr std::size_t kMostTextBytes = 1'024;

// A flat object with no other members than these; why it is none.
std::string read_object(std::string_view body, std::initializer_list<std::string_view> names,
                        json& object) {
  if (body.size() > kMostAlertRequestBytes) return "the body is longer than 4096 bytes";
  // No deeper than one level: all that is wanted is flat.
  const auto is_flat = [](int depth, json::parse_event_t, json&) { return depth <= 1; };
  object = json::parse(body, is_flat, false);
  if (!object.is_object()) return "the body is no JSON object";
  for (const auto& [name, value] : object.items()) {
    if (std::find(names.begin(), names.end(), name) == names.end())
      return "there is no member \"" + metrics::printable(name) + '"';
  }
  return {};
}

// Empty if there is none; `why` says so if it is no text.
std::string text_of(const json& object, const char* name, std::string& why) {
  const auto found = object.find(name);
  if (found == object.end()) return {};
  if (!found->is_string() || found->get_ref<const std::string&>().size() > kMostTextBytes) {
    why = '"' + std::string(name) + "\" must be a text of at most 1024 bytes";
    return {};
  }
  return metrics::printable(found->get_ref<const std::string&>());
}

}  // namespace

std::variant<JudgementRequest, std::string> decode_judgement(std::string_view body) {
  json object;
  std::string why = read_object(body, {"id", "judgement"}, object);
  if (!why.empty()) return why;
  JudgementRequest request{text_of(object, "id", why)};
  const auto judgement = metrics::judgement_named(text_of(object, "judgement", why));
  if (!why.empty()) return why;
  if (request.alert.empty()) return "\"id\" must be an alert's id";
  if (!judgement) return R"("judgement" must be "true", "false" or "known")";
  request.judgement = *judgement;
  return request;
}

std::variant<metrics::Silence, std::string> decode_silence(std::string_view body,
                                                           std::uint64_t now_ns) {
  json object;
  std::string why =
      read_object(body, {"for", "rule", "instance", "operation", "author", "reason"}, object);
  if (!why.empty()) return why;
  const auto seconds = metrics::parse_duration(text_of(object, "for", why));
  metrics::Silence silence{.rule = text_of(object, "rule", why),
                           .instance = text_of(object, "instance", why),
                           .operation = text_of(object, "operation", why),
                           .begin_ns = now_ns,
                           .author = text_of(object, "author", why),
                           .reason = text_of(object, "reason", why)};
  if (!why.empty()) return why;
  if (!seconds || *seconds == 0 || *seconds > kLongestSilence)
    return R"("for" must be a time of at most 30d, such as "30m" or "2h")";
  if (!silence.rule.empty() && !metrics::alert_rule_named(silence.rule))
    return "there is no rule \"" + silence.rule + '"';
  silence.end_ns = now_ns + *seconds * metrics::kNsPerSecond;
  return silence;
}

std::variant<std::int64_t, std::string> decode_silence_id(std::string_view body) {
  json object;
  std::string why = read_object(body, {"id"}, object);
  if (!why.empty()) return why;
  const auto id = object.find("id");
  if (id == object.end() || !id->is_number_integer()) return "\"id\" must be a silence's number";
  return id->get<std::int64_t>();
}

}  // namespace goxel_telemetry::documents
