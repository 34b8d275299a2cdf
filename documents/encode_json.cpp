// SPDX-License-Identifier: GPL-3.0-or-later
#include "documents/encode_json.h"

#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>
#include <type_traits>
#include <vector>

#include "documents/comparison_document.h"
#include "documents/history_document.h"
#include "documents/layers_document.h"
#include "documents/record_document.h"
#include "documents/snapshot_document.h"
#include "metrics/live/shared_list.h"

namespace goxel_telemetry::documents {
namespace {

using Json = nlohmann::ordered_json;

template <class Value>
Json tree(const Value& value);
template <class Value>
Json tree(const std::optional<Value>& value);
template <class Value>
Json tree(const std::vector<Value>& values);
template <class Value>
Json tree(const metrics::SharedList<Value>& values);

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

template <class Values>
Json array_of(const Values& values) {
  Json array = Json::array();
  for (const auto& value : values) array.push_back(tree(value));
  return array;
}

template <class Value>
Json tree(const std::vector<Value>& values) {
  return array_of(values);
}

template <class Value>
Json tree(const metrics::SharedList<Value>& values) {
  return array_of(values);
}

}  // namespace

template <class Document>
std::string encode_json(const Document& document) {
  return tree(document).dump();
}

template std::string encode_json(const SnapshotDocument&);
template std::string encode_json(const InflightDocument&);
template std::string encode_json(const InstanceDocument&);
template std::string encode_json(const metrics::NamedRecord&);
template std::string encode_json(const BlackBoxDocument&);
template std::string encode_json(const HistoryDocument&);
template std::string encode_json(const LayersDocument&);
template std::string encode_json(const ComparisonDocument&);
template std::string encode_json(const BaselineDocument&);
template std::string encode_json(const BaselineListDocument&);

std::string encode_json_error(std::string_view sentence) {
  return Json{{"error", std::string(sentence)}}.dump();
}

}  // namespace goxel_telemetry::documents
