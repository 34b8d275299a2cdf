// SPDX-License-Identifier: GPL-3.0-or-later
#include "params.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace stand_in {
namespace {

std::optional<int> to_integer(const Json& value) {
  if (value.is_number_integer()) {
    const auto number = value.get<std::int64_t>();
    if (number >= INT32_MIN && number <= INT32_MAX) return static_cast<int>(number);
  } else if (value.is_number_float()) {
    const double number = value.get<double>();
    if (number > -1e9 && number < 1e9) return static_cast<int>(number);
  }
  return std::nullopt;
}

std::uint8_t channel(int value) {
  return static_cast<std::uint8_t>(std::clamp(value, 0, 255));
}

// The numbers of an array or of the named members of an object, as far as there are any.
template <std::size_t kCount>
std::optional<std::array<int, kCount>> numbers(const Json& value,
                                               const std::array<const char*, kCount>& names,
                                               std::array<int, kCount> defaults) {
  bool any = false;
  for (std::size_t i = 0; i < kCount; ++i) {
    const Json* item = nullptr;
    if (value.is_array() && i < value.size()) item = &value[i];
    if (value.is_object() && value.contains(names[i])) item = &value[names[i]];
    if (item == nullptr) continue;
    const std::optional<int> number = to_integer(*item);
    if (!number) return std::nullopt;
    defaults[i] = *number;
    any = true;
  }
  if (!any) return std::nullopt;
  return defaults;
}

constexpr std::array<const char*, 3> kAxes{"x", "y", "z"};
constexpr std::array<const char*, 4> kChannels{"r", "g", "b", "a"};

}  // namespace

const Json* Params::find(const char* name, std::size_t place) const {
  if (value_.is_object()) {
    const auto found = value_.find(name);
    return found == value_.end() ? nullptr : &*found;
  }
  return value_.is_array() && place < value_.size() ? &value_[place] : nullptr;
}

std::optional<int> Params::integer(const char* name, std::size_t place) const {
  const Json* value = find(name, place);
  return value == nullptr ? std::nullopt : to_integer(*value);
}

std::optional<bool> Params::boolean(const char* name, std::size_t place) const {
  const Json* value = find(name, place);
  if (value == nullptr || !value->is_boolean()) return std::nullopt;
  return value->get<bool>();
}

std::optional<std::string> Params::text(const char* name, std::size_t place) const {
  const Json* value = find(name, place);
  if (value == nullptr || !value->is_string()) return std::nullopt;
  return value->get<std::string>();
}

Position Params::position() const {
  Position position;
  if (const auto named = triple("position")) {
    position = *named;
  } else if (const auto center = triple("center")) {
    position = *center;
  } else {
    position = {integer("x", 0).value_or(0), integer("y", 1).value_or(0),
                integer("z", 2).value_or(0)};
  }
  if (!in_range(position)) throw MethodError(kInvalidParams, "Position out of range");
  return position;
}

std::optional<Position> Params::triple(const char* name) const {
  const auto beyond_any_array = static_cast<std::size_t>(-1);
  const Json* value = find(name, beyond_any_array);
  if (value == nullptr) return std::nullopt;
  const auto found = numbers<3>(*value, kAxes, {0, 0, 0});
  if (!found) return std::nullopt;
  return Position{(*found)[0], (*found)[1], (*found)[2]};
}

std::optional<Color> Params::color(const char* name, std::size_t place) const {
  std::optional<std::array<int, 4>> found;
  if (value_.is_object() && value_.contains(name)) {
    found = numbers<4>(value_[name], kChannels, {0, 0, 0, 255});
  } else if (value_.is_array() && place < value_.size()) {
    Json rest = Json::array();
    for (std::size_t i = place; i < value_.size() && i < place + 4; ++i) rest.push_back(value_[i]);
    found = numbers<4>(rest, kChannels, {0, 0, 0, 255});
  }
  if (!found) return std::nullopt;
  return Color{channel((*found)[0]), channel((*found)[1]), channel((*found)[2]),
               channel((*found)[3])};
}

}  // namespace stand_in
