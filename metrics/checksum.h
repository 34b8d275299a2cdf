// SPDX-License-Identifier: GPL-3.0-or-later
// Finds files that were damaged by accident; no protection against intent.
#pragma once

#include <boost/crc.hpp>
#include <cstdint>
#include <span>

namespace goxel_telemetry::metrics {

// CRC-32 as in zip and PNG.
inline std::uint32_t crc32(std::span<const std::uint8_t> bytes) {
  boost::crc_32_type crc;
  crc.process_bytes(bytes.data(), bytes.size());
  return crc.checksum();
}

}  // namespace goxel_telemetry::metrics
