// SPDX-License-Identifier: GPL-3.0-or-later
// What a file of alerts holds: tables that `sqlite3 FILE` makes readable.
#pragma once

#include "metrics/history/file_kind.h"

namespace goxel_telemetry::metrics {

extern const FileKind kAlertsFile;

}  // namespace goxel_telemetry::metrics
