// SPDX-License-Identifier: GPL-3.0-or-later
// Writes the same documents as msgpack: the same members in the same order; a number that is not
// finite becomes nil. A number without a fraction is written as an integer, also if the member
// usually has fractions.
#pragma once

#include <string>

#include "http-bridge/comparison_document.h"
#include "http-bridge/document.h"
#include "http-bridge/layers_document.h"

namespace goxel_telemetry::http_bridge {

inline constexpr const char* kMsgpackType = "application/msgpack";

std::string encode_msgpack(const SnapshotDocument& document);
std::string encode_msgpack(const InflightDocument& document);
std::string encode_msgpack(const HistoryDocument& document);
std::string encode_msgpack(const ComparisonDocument& document);
std::string encode_msgpack(const BaselineListDocument& document);
std::string encode_msgpack(const LayersDocument& document);

}  // namespace goxel_telemetry::http_bridge
