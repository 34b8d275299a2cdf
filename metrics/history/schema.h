// SPDX-License-Identifier: GPL-3.0-or-later
// What a history file holds.
#pragma once

#include <cstdint>

#include "metrics/history/file_kind.h"

namespace goxel_telemetry::metrics {

extern const FileKind kHistoryFile;

// A reader needs what the steps up to this version made.
inline constexpr std::int64_t kReadableHistoryVersion = 2;

inline constexpr int kMostBeginnings = 1'000;  // the latest, of when writers began

}  // namespace goxel_telemetry::metrics
