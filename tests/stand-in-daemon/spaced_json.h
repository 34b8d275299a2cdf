// SPDX-License-Identifier: GPL-3.0-or-later
// JSON written with the stock daemon's spacing: { "a": 1, "b": [ 1, 2 ], "c": [], "d": {} }
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace stand_in {

// Members keep the order in which they were added.
using Json = nlohmann::ordered_json;

std::string to_spaced_text(const Json& value);

}  // namespace stand_in
