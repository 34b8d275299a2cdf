// SPDX-License-Identifier: GPL-3.0-or-later
// Writes documents as JSON text (RFC 8259, UTF-8, no white space). A number that is not finite
// becomes null. Whole numbers are written in full; those above 2^53 (points in time in nanoseconds)
// lose their last digits in languages where every number is a double.
#pragma once

#include <string>
#include <string_view>

#include "http-bridge/comparison_document.h"
#include "http-bridge/document.h"
#include "http-bridge/layers_document.h"

namespace goxel_telemetry::http_bridge {

inline constexpr const char* kJsonType = "application/json";

std::string encode_json(const SnapshotDocument& document);
std::string encode_json(const InflightDocument& document);
std::string encode_json(const HistoryDocument& document);
std::string encode_json(const ComparisonDocument& document);
std::string encode_json(const BaselineDocument& document);
std::string encode_json(const BaselineListDocument& document);
std::string encode_json(const LayersDocument& document);

// {"error": sentence}
std::string encode_json_error(std::string_view sentence);

}  // namespace goxel_telemetry::http_bridge
