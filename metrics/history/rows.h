// SPDX-License-Identifier: GPL-3.0-or-later
// What writer and reader both know about rows.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "metrics/history/database.h"
#include "metrics/history/rounding.h"
#include "metrics/tally/tally_codec.h"

namespace goxel_telemetry::metrics {

// The error for a file that holds data which this program does not write.
inline DatabaseError damaged() {
  constexpr int kCorrupt = 11;  // SQLITE_CORRUPT
  return {kCorrupt, 0, "a row is not what it should be"};
}

inline void merge_row(Tally& tally, std::span<const std::uint8_t> bytes) {
  if (!merge_encoded_tally(tally, bytes)) throw damaged();
}

inline std::string rollup_table(std::uint64_t seconds) {
  return "rollup_" + std::to_string(seconds);
}

}  // namespace goxel_telemetry::metrics
