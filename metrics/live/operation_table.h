// SPDX-License-Identifier: GPL-3.0-or-later
// Every operation that was seen, by its names. Bounded, whatever names arrive.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <utility>

#include "metrics/live/operation_places.h"
#include "metrics/live/snapshot.h"
#include "metrics/live/window.h"
#include "metrics/tally/counters.h"
#include "metrics/tally/tally.h"

namespace goxel_telemetry::metrics {

// Totals only grow, across any number of runs of the daemon; `run_total` is of the present one.
struct Operation {
  Outcomes total;
  Outcomes run_total;  // see OperationStats
  Counters counters;
  bool counters_changed = false;  // since they were last handed out
  std::uint64_t bytes_in = 0;
  std::uint64_t bytes_out = 0;
  std::uint64_t last_record_ns = 0;  // CLOCK_MONOTONIC
  std::uint64_t target_ns = 0;       // see OperationStats
  SlidingWindows windows;

  void add_to_totals(const Measurement& measurement);
};

class OperationTable {
 public:
  // From now on operations beyond a few have their places among those of other tables. Call it while
  // the table is empty.
  void share(std::shared_ptr<OperationPlaces> places) { places_.emplace(std::move(places)); }

  struct Found {
    Operation* operation;  // null: there was no room, not even for its _OTHER
    bool itself;           // false: `operation` is its _OTHER
  };
  // The operation with these names, made if it is new; if the table is full, a new operation's
  // records belong to _OTHER. An operation stays, and so does its address: a counter that went away
  // and came back would lose what it had counted.
  Found find_or_add(const OperationKey& key);

  std::map<OperationKey, Operation>& all() { return operations_; }
  const std::map<OperationKey, Operation>& all() const { return operations_; }

  // Moves all windows to second `now`.
  void advance(std::uint64_t now);

  // See SlidingWindows.
  std::size_t window_bytes() const;
  void forget_before(std::uint64_t second);

 private:
  bool has_room();

  std::map<OperationKey, Operation> operations_;
  std::uint64_t now_ = 0;
  std::optional<TakenPlaces> places_;
};

}  // namespace goxel_telemetry::metrics
