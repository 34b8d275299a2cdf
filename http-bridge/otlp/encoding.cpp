// SPDX-License-Identifier: GPL-3.0-or-later
#include "http-bridge/otlp/encoding.h"

#include <xxhash.h>

#include <array>
#include <nlohmann/json.hpp>
#include <vector>

#include "documents/document.h"
#include "http-bridge/otlp/conventions.h"

namespace goxel_telemetry::http_bridge::otlp {
namespace {

using Json = nlohmann::ordered_json;
using documents::hexadecimal;

constexpr int kStatusError = 2;  // OTLP's number

std::string digits16(std::uint64_t number) {
  return number == 0 ? std::string(16, '0') : hexadecimal(number);
}

std::uint64_t span_id(std::uint64_t trace_id, std::uint64_t began_ns, metrics::Layer layer,
                      std::uint64_t place) {
  const std::array<std::uint64_t, 4> parts = {trace_id, began_ns, static_cast<std::uint64_t>(layer),
                                              place};
  const std::uint64_t id = XXH3_64bits(parts.data(), sizeof parts);
  return id == 0 ? 1 : id;  // 0 is no id
}

Json text_attribute(const char* key, const std::string& value) {
  return {{"key", key}, {"value", {{"stringValue", value}}}};
}
Json number_attribute(const char* key, std::uint64_t value) {
  return {{"key", key}, {"value", {{"intValue", std::to_string(value)}}}};
}

// Names come from clients and are UTF-8 by then.
std::string text_of(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

void TraceRequest::add(const Operation& operation) {
  const metrics::TracedOperation& traced = operation.traced;
  const std::string trace_id = digits16(operation.trace_id_high) + digits16(traced.trace_id);
  std::array<std::uint64_t, metrics::kLayerCount> places{};
  std::vector<std::string> path;  // of the ids of spans that the next one may lie in
  for (const metrics::TracedSpan& span : traced.spans) {
    const std::uint64_t place = places[static_cast<std::size_t>(span.layer)]++;
    path.resize(span.depth);
    Json json;
    json["traceId"] = trace_id;
    json["spanId"] = hexadecimal(span_id(traced.trace_id, traced.start_ns, span.layer, place));
    if (!path.empty()) json["parentSpanId"] = path.back();
    path.push_back(json["spanId"]);

    const ConventionalSpan words = conventional(span);
    json["name"] = words.name;
    json["kind"] = static_cast<int>(words.kind);
    const std::uint64_t start_ns = traced.start_realtime_ns + (span.start_ns - traced.start_ns);
    json["startTimeUnixNano"] = std::to_string(start_ns);
    json["endTimeUnixNano"] = std::to_string(start_ns + span.duration_ns);
    Json& attributes = json["attributes"] = Json::array();
    for (const auto& [key, value] : words.attributes) {
      attributes.push_back(text_attribute(key, value));
    }
    attributes.push_back(text_attribute("goxel.instance", operation.instance));
    if (span.depth == 0 && traced.spans_left_out != 0) {
      attributes.push_back(number_attribute("goxel.spans_left_out", traced.spans_left_out));
    }
    if (span.status == "error") json["status"] = {{"code", kStatusError}};

    const bool is_daemon = span.layer == metrics::Layer::daemon;
    std::string& texts =
        by_resource_[{operation.instance, span.layer, is_daemon ? operation.daemon_pid : 0}];
    const std::size_t before = texts.size();
    if (!texts.empty()) texts += ',';
    texts += text_of(json);
    bytes_ += texts.size() - before;
    ++spans_;
  }
}

std::string TraceRequest::resource_text(const Resource& resource) const {
  const auto& [instance, layer, pid] = resource;
  Json attributes = {text_attribute("service.namespace", "goxel"),
                     text_attribute("service.name", service_of(layer)),
                     text_attribute("service.instance.id", host_ + '/' + instance),
                     text_attribute("host.name", host_)};
  if (pid != 0) attributes.push_back(number_attribute("process.pid", pid));
  return text_of({{"attributes", std::move(attributes)}});
}

std::string TraceRequest::text() const {
  const std::string scope =
      text_of({{"name", "goxel-telemetry-bridge"}, {"version", GOXEL_TELEMETRY_VERSION}});
  std::string text = R"({"resourceSpans":[)";
  for (const auto& [resource, spans] : by_resource_) {
    if (text.back() != '[') text += ',';
    text.append(R"({"resource":)").append(resource_text(resource));
    text.append(R"(,"scopeSpans":[{"scope":)").append(scope);
    text.append(R"(,"spans":[)").append(spans).append("]}]}");
  }
  return text + "]}";
}

}  // namespace goxel_telemetry::http_bridge::otlp
