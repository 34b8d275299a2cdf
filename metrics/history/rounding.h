// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>

namespace goxel_telemetry::metrics {

constexpr std::uint64_t round_down(std::uint64_t value, std::uint64_t width) {
  return value / width * width;
}
constexpr std::uint64_t round_up(std::uint64_t value, std::uint64_t width) {
  return (value / width + (value % width != 0)) * width;
}

}  // namespace goxel_telemetry::metrics
