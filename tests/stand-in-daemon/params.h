// SPDX-License-Identifier: GPL-3.0-or-later
// The parameters of a request, which a client may give by name or by place.
#pragma once

#include <cstddef>
#include <optional>
#include <stdexcept>
#include <string>

#include "spaced_json.h"
#include "voxel_store.h"

namespace stand_in {

// Is answered as an error of the protocol in use.
class MethodError : public std::runtime_error {
 public:
  MethodError(int code, const std::string& text) : std::runtime_error(text), code_(code) {}
  int code() const { return code_; }

 private:
  int code_;
};

inline constexpr int kInvalidParams = -32602;

class Params {
 public:
  // `value` must outlive this object. It is an object, an array, or null for no parameters.
  explicit Params(const Json& value) : value_(value) {}

  const Json& raw() const { return value_; }
  bool by_name() const { return value_.is_object(); }

  // nullptr if absent.
  const Json* find(const char* name, std::size_t place) const;
  std::optional<int> integer(const char* name, std::size_t place) const;
  std::optional<bool> boolean(const char* name, std::size_t place) const;
  std::optional<std::string> text(const char* name, std::size_t place) const;

  // x, y, z at places 0 to 2, or members x, y, z, or a member "position" or "center" of either
  // form. Throws MethodError if out of range.
  Position position() const;
  // An array of three whole numbers, or an object with x, y and z.
  std::optional<Position> triple(const char* name) const;
  // r, g, b, a at `place` and after, or a member `name`.
  std::optional<Color> color(const char* name, std::size_t place) const;

 private:
  const Json& value_;
};

}  // namespace stand_in
