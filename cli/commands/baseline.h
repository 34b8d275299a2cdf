// SPDX-License-Identifier: GPL-3.0-or-later
// goxel-telemetry baseline: saves and manages named references to compare with.
#pragma once

#include <string>

#include "cli/commands/side.h"

namespace goxel_telemetry::cli {

struct BaselineOptions {
  std::string name;
  std::string from = "live";  // for save: a side
  std::string file;           // for export and import
  SideFlags sources;
  bool replace = false;
  bool json = false;
};

// Each throws Failure or SideFailure.
int run_baseline_save(const BaselineOptions& options);
int run_baseline_list(const BaselineOptions& options);
int run_baseline_show(const BaselineOptions& options);
int run_baseline_delete(const BaselineOptions& options);
int run_baseline_export(const BaselineOptions& options);
int run_baseline_import(const BaselineOptions& options);  // without a name: the name in the file

}  // namespace goxel_telemetry::cli
