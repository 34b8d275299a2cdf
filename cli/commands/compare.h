// SPDX-License-Identifier: GPL-3.0-or-later
// goxel-telemetry compare: what changed from side A to side B, and whether that is proven.
#pragma once

#include <string>

#include "cli/commands/side.h"
#include "cli/screen/terminal.h"
#include "metrics/comparison/comparison.h"

namespace goxel_telemetry::cli {

struct CompareOptions {
  std::string a;
  std::string b;
  SideFlags sources;
  metrics::ComparisonOptions comparison;
  bool fail_if_slower = false;
  bool all = false;  // every operation and figure, and not only what is proven
  bool json = false;
};

std::string comparison_screen(const metrics::ComparedSides& compared, bool all, const Style& style);

// Returns 0, or kExitSlower if that was asked for. Throws Failure or SideFailure.
int run_compare(const CompareOptions& options);

}  // namespace goxel_telemetry::cli
