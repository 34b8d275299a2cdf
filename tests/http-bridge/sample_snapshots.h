// SPDX-License-Identifier: GPL-3.0-or-later
// For tests: snapshots with everything that an encoder can meet, and with numbers that are easy to
// recognise.
#pragma once

#include "http-bridge/snapshots.h"

namespace goxel_telemetry::http_bridge {

// A live daemon "goxel" with two operations and one request in flight; "spare" was never there.
Snapshots sample_snapshots();

}  // namespace goxel_telemetry::http_bridge
