// SPDX-License-Identifier: GPL-3.0-or-later
// Writes the same documents as msgpack: the same members in the same order; a number that is not
// finite becomes nil. A number without a fraction is written as an integer, also if the member
// usually has fractions.
#pragma once

#include <string>

namespace goxel_telemetry::documents {

inline constexpr const char* kMsgpackType = "application/msgpack";

// `Document`: one of those for which encode_msgpack.cpp instantiates it.
template <class Document>
std::string encode_msgpack(const Document& document);

}  // namespace goxel_telemetry::documents
