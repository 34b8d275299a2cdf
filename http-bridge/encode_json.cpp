// SPDX-License-Identifier: GPL-3.0-or-later
#include "http-bridge/encode_json.h"

#include <nlohmann/json.hpp>
#include <type_traits>

namespace goxel_telemetry::http_bridge {
namespace {

using Json = nlohmann::ordered_json;

template <class Value>
Json tree(const Value& value);
template <class Value>
Json tree(const std::optional<Value>& value);
template <class Value>
Json tree(const std::vector<Value>& values);

template <class Value>
Json tree(const Value& value) {
  if constexpr (std::is_arithmetic_v<Value>) {
    return value;  // nlohmann writes NaN and infinities as null
  } else if constexpr (std::is_convertible_v<Value, std::string_view>) {
    return std::string(value);
  } else {
    Json object = Json::object();
    describe(value, [&](std::string_view name, const auto& member) {
      object.emplace(std::string(name), tree(member));
    });
    return object;
  }
}

template <class Value>
Json tree(const std::optional<Value>& value) {
  return value ? tree(*value) : Json(nullptr);
}

template <class Value>
Json tree(const std::vector<Value>& values) {
  Json array = Json::array();
  for (const Value& value : values) array.push_back(tree(value));
  return array;
}

}  // namespace

std::string encode_json(const SnapshotDocument& document) {
  return tree(document).dump();
}

std::string encode_json(const InflightDocument& document) {
  return tree(document).dump();
}

std::string encode_json(const HistoryDocument& document) {
  return tree(document).dump();
}

std::string encode_json(const ComparisonDocument& document) {
  return tree(document).dump();
}

std::string encode_json(const BaselineDocument& document) {
  return tree(document).dump();
}

std::string encode_json(const BaselineListDocument& document) {
  return tree(document).dump();
}

std::string encode_json(const LayersDocument& document) {
  return tree(document).dump();
}

std::string encode_json_error(std::string_view sentence) {
  return Json{{"error", std::string(sentence)}}.dump();
}

}  // namespace goxel_telemetry::http_bridge
