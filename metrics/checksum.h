// SPDX-License-Identifier: GPL-3.0-or-later
// Tells a file that was damaged from one that was written like that; no protection against intent.
#pragma once

#include <cstdint>
#include <span>

namespace goxel_telemetry::metrics {

// CRC-32 as in zip and PNG.
inline std::uint32_t crc32(std::span<const std::uint8_t> bytes) {
  std::uint32_t crc = UINT32_MAX;
  for (const std::uint8_t byte : bytes) {
    crc ^= byte;
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (crc % 2 != 0 ? 0xEDB8'8320u : 0);
  }
  return ~crc;
}

}  // namespace goxel_telemetry::metrics
