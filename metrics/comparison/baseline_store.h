// SPDX-License-Identifier: GPL-3.0-or-later
// Baselines on disk: a folder with one file for each, NAME.baseline, and files anywhere else.
#pragma once

#include <string>
#include <vector>

#include "metrics/comparison/baseline.h"

namespace goxel_telemetry::metrics {

enum class StoreOutcome {
  done,
  unknown,  // there is no such file
  exists,   // there is one already, and it was not to be replaced
  unsound,  // a file of something else, of a later version, damaged, too large
  failed,   // no permission, no space, or whatever the system says
};

struct StoreResult {
  StoreOutcome outcome = StoreOutcome::done;
  std::string message;  // unless done: one sentence for the operator

  bool done() const { return outcome == StoreOutcome::done; }
};

enum class IfThere { refuse, replace };

// Whoever reads the file meanwhile, or after a crash, finds the whole old one or the whole new one.
StoreResult write_baseline_file(const std::string& path, const Baseline& baseline,
                                IfThere if_there);
StoreResult read_baseline_file(const std::string& path, Baseline& baseline);

// $XDG_STATE_HOME/goxel-telemetry/baselines, below ~/.local/state if that is not set. Empty if HOME
// is not set either.
std::string default_baseline_folder();

class BaselineStore {
 public:
  // The folder is made when something is saved.
  explicit BaselineStore(std::string folder) : folder_(std::move(folder)) {}

  // Names must be valid.
  StoreResult save(const Baseline& baseline, IfThere if_there);
  StoreResult load(const std::string& name, Baseline& baseline) const;
  StoreResult remove(const std::string& name);
  // Sorted; empty if there is no folder yet. What is not a baseline by its file's name is left out.
  StoreResult names(std::vector<std::string>& names) const;

 private:
  std::string path_of(const std::string& name) const;

  std::string folder_;
};

}  // namespace goxel_telemetry::metrics
