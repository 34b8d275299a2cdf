// SPDX-License-Identifier: GPL-3.0-or-later
// What --check-config does: reads what a start would read, and says why it would fail. It makes nothing, and
// does not mind a bridge that runs with the same configuration.
#pragma once

#include <string>
#include <vector>

#include "http-bridge/options.h"

namespace goxel_telemetry::http_bridge {

// Sentences for the operator; empty if the bridge would start, and write its history.
std::vector<std::string> faults_of(const Options& options);

}  // namespace goxel_telemetry::http_bridge
