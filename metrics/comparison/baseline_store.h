// SPDX-License-Identifier: GPL-3.0-or-later
// Baselines on disk: a folder with a file NAME.baseline for each of them, and single files at any
// other path.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "metrics/comparison/baseline.h"

namespace goxel_telemetry::metrics {

enum class StoreOutcome {
  done,
  unknown,  // there is no such file
  exists,   // there is such a file already, and the caller did not want to replace it
  invalid,  // not a baseline, of a later version, damaged, or too large
  failed,   // no permission, no space, or another error of the system
};

struct StoreResult {
  StoreOutcome outcome = StoreOutcome::done;
  std::string message;  // unless done: one sentence for the operator

  bool done() const { return outcome == StoreOutcome::done; }
};

enum class IfThere { refuse, replace };

// A process that reads the file meanwhile, or after a crash, finds either the whole old file or the
// whole new one.
StoreResult write_baseline_file(const std::string& path, const Baseline& baseline,
                                IfThere if_there);
StoreResult read_baseline_file(const std::string& path, Baseline& baseline);

// $XDG_STATE_HOME/goxel-telemetry/baselines; if the variable is not set, below ~/.local/state.
// Empty if HOME is not set either.
std::string default_baseline_folder();

class BaselineStore {
 public:
  // The folder is made when the first baseline is saved.
  explicit BaselineStore(std::string folder) : folder_(std::move(folder)) {}

  // Names must be valid.
  StoreResult save(const Baseline& baseline, IfThere if_there);
  StoreResult load(const std::string& name, Baseline& baseline) const;
  // Of the file, in bytes; 0 if there is none.
  std::uint64_t size_of(const std::string& name) const;
  // Another text whenever the file was written anew; empty if there is none.
  std::string version_of(const std::string& name) const;
  StoreResult remove(const std::string& name);
  // Sorted; empty if there is no folder yet. Files that are not named like a baseline are left out.
  StoreResult names(std::vector<std::string>& names) const;

 private:
  std::string path_of(const std::string& name) const;

  std::string folder_;
};

}  // namespace goxel_telemetry::metrics
