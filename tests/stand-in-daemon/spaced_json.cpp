// SPDX-License-Identifier: GPL-3.0-or-later
#include "spaced_json.h"

namespace stand_in {
namespace {

std::string scalar(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// The parser bounds the depth of what came in (protocol.cpp), so this recursion is bounded too.
void append(std::string& text, const Json& value) {
  if (!value.is_structured() || value.empty()) {
    text += scalar(value);
    return;
  }
  text += value.is_object() ? "{ " : "[ ";
  bool first = true;
  for (const auto& item : value.items()) {
    if (!first) text += ", ";
    first = false;
    if (value.is_object()) {
      text += scalar(Json(item.key()));
      text += ": ";
    }
    append(text, item.value());
  }
  text += value.is_object() ? " }" : " ]";
}

}  // namespace

std::string to_spaced_text(const Json& value) {
  std::string text;
  append(text, value);
  return text;
}

}  // namespace stand_in
