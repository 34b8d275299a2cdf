// SPDX-License-Identifier: GPL-3.0-or-later
// Writes documents as JSON text (RFC 8259, UTF-8, no white space). A number that is not finite
// becomes null. Whole numbers are written in full; those above 2^53 (points in time in nanoseconds)
// lose their last digits in languages where every number is a double.
#pragma once

#include <string>
#include <string_view>

namespace goxel_telemetry::documents {

inline constexpr const char* kJsonType = "application/json";

// `Document`: one of those for which encode_json.cpp instantiates it.
template <class Document>
std::string encode_json(const Document& document);

// A problem that has no more to tell than its HTTP status and a sentence (RFC 9457): {"type": "about:blank",
// "title": title, "status": status, "detail": sentence}
inline constexpr const char* kProblemType = "application/problem+json";
std::string encode_json_problem(int status, std::string_view title, std::string_view sentence);

}  // namespace goxel_telemetry::documents
