// SPDX-License-Identifier: GPL-3.0-or-later
// The flags of goxel-telemetry compare and goxel-telemetry baseline.
#pragma once

#include <functional>

#include "cli/commands/baseline.h"
#include "cli/commands/compare.h"

namespace CLI {
class App;
}

namespace goxel_telemetry::cli {

// If the user chose the command, its options are filled in and `run` is set to run it. All
// arguments must outlive `app`.
void add_compare(CLI::App& app, CompareOptions& options, std::function<int()>& run);
void add_baseline(CLI::App& app, BaselineOptions& options, std::function<int()>& run);

}  // namespace goxel_telemetry::cli
