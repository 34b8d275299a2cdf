// SPDX-License-Identifier: GPL-3.0-or-later
// What one side of a comparison may be, as it is written on a command line or in a request, and
// where it comes from:
//
//   live              what is there now
//   stack:NAME        the same, of one stack only
//   stack:NAME@SIDE   one stack of another side
//   FROM..TO          a range of the history (metrics/text/time_range.h)
//   baseline:NAME     a saved baseline; or just NAME
//   file:PATH         a file; or just PATH, with a / in it
#pragma once

#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

#include "metrics/comparison/baseline_store.h"
#include "metrics/comparison/comparison.h"
#include "metrics/comparison/observation.h"

namespace goxel_telemetry::metrics {

enum class SideOutcome {
  invalid_text,  // the text is none of the above, or is not clear
  unknown,       // nothing has this name, or nothing is kept of this time
  absent,        // no daemon runs, or it has done nothing yet
  invalid_file,  // the file is something else, of a later version, or damaged
  unreadable,    // no permission, or another error of the system
};

// what() is one sentence for the operator.
class SideFailure : public std::runtime_error {
 public:
  SideFailure(SideOutcome outcome, const std::string& sentence)
      : std::runtime_error(sentence), outcome_(outcome) {}
  SideOutcome outcome() const { return outcome_; }

 private:
  SideOutcome outcome_;
};

struct Side {
  std::string asked;  // as the user wrote it
  std::string description;
  bool one_stack = false;
  Observation observation;
};

// Where sides are looked for. Exceptions that `live` and `file` throw come out of the SideReader.
struct SideSources {
  std::string instance;             // for FROM..TO; empty: the only one in the history
  std::string history_file;         // empty: none
  std::function<bool()> stop = {};  // see metrics/history/reader.h
  std::string baseline_folder;      // empty: none
  std::function<Side()> live;
  std::function<Side(const std::string& path)> file;  // null: no files allowed
};

// Reads sides. Even if both sides of a comparison are live, the instance is observed only once.
// Throws SideFailure.
class SideReader {
 public:
  explicit SideReader(SideSources sources) : sources_(std::move(sources)) {}
  Side read(const std::string& asked);

 private:
  Side read_live();
  Side read_stack(const std::string& asked);
  Side read_range(const std::string& from, const std::string& to) const;
  Side read_baseline(const std::string& name) const;
  Side read_file(const std::string& path) const;

  const SideSources sources_;
  std::optional<Side> live_;
};

// A side that is a baseline. Its description is `what`, and when and from what it was saved.
Side side_of(Baseline baseline, const std::string& what);
// Throws unless `result` is done.
void require(const StoreResult& result);

struct ComparedSides {
  Side a;
  Side b;
  Comparison comparison;  // has at least one operation
};
// Compares across stacks if a side is of one stack. Throws SideFailure, also if there is nothing to
// compare.
ComparedSides compare_sides(SideReader& reader, const std::string& a, const std::string& b,
                            ComparisonOptions options);

}  // namespace goxel_telemetry::metrics
