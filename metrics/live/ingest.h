// SPDX-License-Identifier: GPL-3.0-or-later
// Counts records as operations: turns a record's numbers into nanoseconds and its ids into names.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <unordered_map>

#include "metrics/live/operation_table.h"
#include "metrics/record_listener.h"
#include "metrics/rollups/rollup_keeper.h"
#include "metrics/tally/tally.h"
#include "shm/reader.h"

namespace goxel_telemetry::metrics {

// The name of an id, printable; empty if the catalog has no name of this kind with this id.
std::string catalog_name(const shm::Reader& reader, std::uint32_t id, shm::NameKind kind);

// The names of an operation. An id without a name becomes _OTHER. `name_of` returns the name of an
// id and sets `kind`, to `none` if there is no such name.
using NameOf = std::function<std::string(std::uint32_t id, shm::NameKind* kind)>;
OperationKey operation_key(const NameOf& name_of, std::uint64_t stack, std::uint64_t protocol,
                           std::uint64_t layer, std::uint64_t operation);
OperationKey operation_key(const shm::Reader& reader, std::uint64_t stack, std::uint64_t protocol,
                           std::uint64_t layer, std::uint64_t operation);

// A record's numbers. A span that seems to end after `now_ns` (clocks that were read at slightly
// different times, or a damaged record) is taken to end at `now_ns`; an unknown status counts as
// malformed.
Measurement measure(const shm::Record& record, const shm::Calibration& calibration,
                    std::uint64_t now_ns);

// How far a point in time near `ns`, if it was computed from ticks, may be off.
std::uint64_t error_ns(const shm::Calibration& calibration, std::uint64_t ns);

// The earliest moment from which on `reader` can deliver every record. It must have read nothing
// yet.
std::uint64_t complete_since_ns(shm::Reader& reader, const Time& now);

class Ingest {
 public:
  // A new segment: ids mean other names. Windows begin at the earliest moment from which on
  // `reader` still has every record, unless they reach further back already.
  void begin_run(shm::Reader& reader, const Time& now);

  // Reads unread records: all, unless shm::monotonic_ns() reaches `until_ns` before. True if there
  // are more. Call advance() first.
  bool sweep(shm::Reader& reader, const Time& now, std::uint64_t until_ns);

  // Moves all windows to the second of `now`.
  void advance(const Time& now);

  void on_record(RecordListener listener) { listener_ = std::move(listener); }

  void on_span(SpanListener& listener) { spans_ = &listener; }

  // Begins to keep rollups, or starts again. If a run has begun already, call read_again() before
  // the next sweep.
  void keep_rollups(std::optional<ReadingPosition> position);
  // Records that were already read from `reader` are read once more, only for the rollups.
  void read_again(shm::Reader& reader, const Time& now);
  RollupKeeper* keeper() { return keeper_.get(); }
  // Rollups, and the counters that belong to their position.
  RollupDelta take_rollups();

  // See Follower.
  void count_since(std::uint64_t monotonic_ns) { counts_since_ns_ = monotonic_ns; }
  void continue_counters(CountedUntil earlier);
  void expect_known_operations() { expects_known_ = true; }

  OperationTable& operations() { return operations_; }
  const OperationTable& operations() const { return operations_; }
  // Of each record's end until it was counted, as latencies; see Freshness.
  SlidingWindows& freshness() { return freshness_; }
  // Windows begin there from now on, at a multiple of SlidingWindows::kWidestSlot.
  void forget_before(std::uint64_t second);
  std::uint64_t second() const { return second_; }
  std::uint64_t observed_since_ns() const { return observed_since_ns_; }
  // Of all runs, as of the last sweep: published = read + before + lost.
  std::uint64_t published() const { return earlier_runs_.published + this_run_.published; }
  std::uint64_t read() const { return read_; }
  std::uint64_t before() const { return earlier_runs_.before + this_run_.before; }
  std::uint64_t lost() const { return lost_; }
  std::uint64_t dropped() const { return dropped_; }  // records counted as _OTHER, or not at all
  std::uint64_t run_last_end_ns() const { return run_last_end_ns_; }  // 0: no record in this run
  std::uint64_t uncounted() const { return uncounted_; }
  // What the present run's daemon counted in earlier segments.
  const shm::OperationTotals& run_begins_with() const { return run_totals_; }
  // See Daemon; as of the last sweep.
  std::uint64_t run_without_operation(const shm::Reader& reader) const;
  // Changes when complete seconds may have changed.
  std::uint64_t revision() const { return revision_; }

 private:
  // See shm::Reader.
  struct Reached {
    std::uint64_t published = 0;
    std::uint64_t before = 0;
  };
  struct Resolved {
    OperationKey key;
    OperationTable::Found found;
    RollupKeeper::Place place;
    std::uint64_t span_number = 0;  // see SpanListener
  };
  // Of each lane of a new segment, the first record that counts.
  std::vector<std::uint64_t> first_counted(const shm::Reader& reader,
                                           const std::vector<LaneBeginning>& lanes);
  void take_over(const std::map<OperationKey, Counters>& counters);
  void begin_run_totals(const shm::Reader& reader);
  void settle_run_totals(const shm::Reader& reader);
  std::map<Operation*, Outcomes> by_operation(const shm::Reader& reader,
                                              const shm::OperationTotals& totals);
  void expect(const shm::Reader& reader);
  void set_targets(const shm::Reader& reader);
  Resolved& resolve(const shm::Reader& reader, const shm::OperationIds& names);
  void take(const shm::Reader& reader, const shm::Calibration& calibration,
            const shm::Record& record, std::uint32_t lane, std::uint64_t sequence, const Time& now);
  void keep(Resolved& resolved, std::uint32_t lane, std::uint64_t sequence,
            const Measurement& measurement, const Time& now);
  void notify(const shm::Calibration& calibration, const Resolved& resolved,
              const shm::Record& record, const Measurement& measurement, std::uint32_t lane,
              const Time& now) const;

  OperationTable operations_;
  // By packed ids of the present run. Bounded: emptied when it is full.
  std::unordered_map<std::uint64_t, Resolved> resolved_;

  SlidingWindows freshness_;
  std::uint64_t fresh_since_ns_ = UINT64_MAX;  // CLOCK_MONOTONIC, when this reader began

  std::uint64_t second_ = 0;
  std::uint64_t observed_since_ns_ = UINT64_MAX;
  std::uint64_t read_ = 0;
  std::uint64_t lost_ = 0;
  Reached earlier_runs_;
  Reached this_run_;
  std::uint64_t dropped_ = 0;
  std::uint64_t run_last_end_ns_ = 0;
  std::uint64_t revision_ = 0;
  RecordListener listener_;
  SpanListener* spans_ = nullptr;
  std::unique_ptr<RollupKeeper> keeper_;
  std::optional<std::uint64_t> counts_since_ns_;  // CLOCK_MONOTONIC; empty: before the first sweep
  std::optional<CountedUntil> earlier_;           // what an earlier reader counted
  bool any_run_ = false;
  bool expects_known_ = false;
  std::vector<std::uint64_t> counts_from_;  // by lane, in the present run
  std::uint64_t uncounted_ = 0;
  // Run totals begin with these, and go on with the records from their places on.
  shm::OperationTotals run_totals_;
  // Records from there on may be missing in the run totals: until newer ones have them.
  bool run_has_gap_ = false;
  std::uint64_t gap_looked_at_ = 0;         // version of the totals that did not fill it
  std::vector<std::uint64_t> taken_until_;  // by lane, while records are read again; else empty
};

}  // namespace goxel_telemetry::metrics
