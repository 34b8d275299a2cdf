// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/encoding/checksum.h"

#include <boost/crc.hpp>

namespace goxel_telemetry::metrics {

std::uint32_t crc32(std::span<const std::uint8_t> bytes) {
  boost::crc_32_type crc;
  crc.process_bytes(bytes.data(), bytes.size());
  return crc.checksum();
}

}  // namespace goxel_telemetry::metrics
