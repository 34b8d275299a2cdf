// SPDX-License-Identifier: GPL-3.0-or-later
#include "documents/encode_json.h"

#include <array>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>
#include <type_traits>
#include <vector>

#include "documents/alert_message_document.h"
#include "documents/alerts_document.h"
#include "documents/comparison_document.h"
#include "documents/history_document.h"
#include "documents/layers_document.h"
#include "documents/record_document.h"
#include "documents/snapshot_document.h"
#include "documents/spans_document.h"
#include "documents/traces_document.h"
#include "documents/watched_series_document.h"
#include "metrics/live/shared_list.h"
#include "metrics/text/characters.h"

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

void append_escaped(std::string& out, char32_t c) {
  const auto unit = [&out](unsigned value) {
    std::array<char, 16> text;
    std::snprintf(text.data(), text.size(), "\\u%04x", value);
    out += text.data();
  };
  if (c < 0x10000) return unit(static_cast<unsigned>(c));
  unit(static_cast<unsigned>(0xD800 + ((c - 0x10000) >> 10)));
  unit(static_cast<unsigned>(0xDC00 + ((c - 0x10000) & 0x3FF)));
}

// JSON is read on terminals, too: hidden characters, which stand in strings only, are escaped.
std::string text_of(const Json& json) {
  const std::string dumped = json.dump();
  std::string out;
  out.reserve(dumped.size());
  for (std::string_view text = dumped; !text.empty();) {
    std::string_view rest = text;
    const char32_t c = metrics::take_character(rest);
    if (c >= 0x80 && metrics::is_hidden(c)) {
      append_escaped(out, c);
    } else {
      out += text.substr(0, text.size() - rest.size());
    }
    text = rest;
  }
  return out;
}

}  // namespace

template <class Document>
std::string encode_json(const Document& document) {
  return text_of(tree(document));
}

template std::string encode_json(const SnapshotDocument&);
template std::string encode_json(const InflightDocument&);
template std::string encode_json(const OverviewDocument&);
template std::string encode_json(const OperationsDocument&);
template std::string encode_json(const InstancesDocument&);
template std::string encode_json(const InstanceDocument&);
template std::string encode_json(const metrics::NamedRecord&);
template std::string encode_json(const RecordsDocument&);
template std::string encode_json(const BlackBoxDocument&);
template std::string encode_json(const HistoryDocument&);
template std::string encode_json(const LayersDocument&);
template std::string encode_json(const TracesDocument&);
template std::string encode_json(const WatchedSeriesDocument&);
template std::string encode_json(const AlertMessageDocument&);
template std::string encode_json(const ComparisonDocument&);
template std::string encode_json(const BaselineDocument&);
template std::string encode_json(const BaselineListDocument&);
template std::string encode_json(const SpansDocument&);
template std::string encode_json(const AlertsDocument&);
template std::string encode_json(const AlertDocument&);
template std::string encode_json(const SilenceDocument&);

std::string encode_json_problem(int status, std::string_view title, std::string_view sentence) {
  return text_of(Json{{"type", "about:blank"},
                      {"title", std::string(title)},
                      {"status", status},
                      {"detail", std::string(sentence)}});
}

}  // namespace goxel_telemetry::documents
