// SPDX-License-Identifier: GPL-3.0-or-later
// What HTTP calls a status (RFC 9110, 15).
#pragma once

namespace goxel_telemetry::http_bridge {

// Empty for a status that this bridge does not send.
const char* reason_of(int status);

}  // namespace goxel_telemetry::http_bridge
