// SPDX-License-Identifier: GPL-3.0-or-later
// A record as a line of text.
#pragma once

#include <string>

#include "cli/screen/terminal.h"
#include "metrics/live/follower.h"

namespace goxel_telemetry::cli {

// Local time of the span's end (when the record was made), status, duration, protocol, stack,
// operation, bytes in and out, and, if known, receiving, waiting and sending time, worker and trace
// id. Cut to the width of the terminal.
std::string record_line(const metrics::NamedRecord& record, const Style& style);

}  // namespace goxel_telemetry::cli
