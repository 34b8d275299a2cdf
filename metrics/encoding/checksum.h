// SPDX-License-Identifier: GPL-3.0-or-later
// Finds files that were damaged by accident; no protection against intent.
#pragma once

#include <cstdint>
#include <span>

namespace goxel_telemetry::metrics {

// CRC-32 as in zip and PNG.
std::uint32_t crc32(std::span<const std::uint8_t> bytes);

}  // namespace goxel_telemetry::metrics
