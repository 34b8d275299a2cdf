// SPDX-License-Identifier: GPL-3.0-or-later
// Follows one instance across restarts of its daemon: reads records, keeps windows, makes
// snapshots.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "metrics/live/operation_places.h"
#include "metrics/live/snapshot.h"
#include "metrics/live/tick.h"
#include "metrics/record_listener.h"
#include "metrics/rollups/rollup.h"
#include "metrics/time.h"
#include "shm/process_identity.h"
#include "shm/trust.h"

namespace goxel_telemetry::metrics {

// A process that records spans.
struct RecordingProcess {
  std::string layer;
  shm::ProcessIdentity process;
  std::uint64_t last_seen_ns = 0;  // CLOCK_MONOTONIC
  std::optional<Reported> reported = {};
};

// Not thread-safe: use one Follower per thread. Never blocks and never fails: Snapshot::daemon
// says what is wrong.
class Follower {
 public:
  static constexpr std::uint64_t kUnlimited = UINT64_MAX;

  // Nothing is opened until the first sweep.
  explicit Follower(std::string instance);
  ~Follower();
  Follower(Follower&&) noexcept;
  Follower& operator=(Follower&&) noexcept;

  // Attaches to the segment if there is one, notices if the producer died or was replaced, and
  // reads unread records: all, unless that takes longer than `budget_ns`. Then the next sweep goes
  // on from there. Call it every 5 to 100 ms. A call that finds nothing new costs a few
  // microseconds; the process table and the shared-memory name are looked at no more than five
  // times a second.
  void sweep(const Time& now, std::uint64_t budget_ns = kUnlimited);

  // The state as of the last sweep; gauges, in-flight table and /proc are read now.
  Snapshot snapshot(const Time& now);

  // What was read so far of a tick of the last minute.
  Tick tick(std::uint64_t number) const;

  // `listener` gets each record during a sweep, after the record was counted.
  void on_record(RecordListener listener);

  // `listener` must outlive the follower's sweeps. Call it at most once, before the first sweep.
  void on_span(SpanListener& listener);

  // From now on takes only segments that this user, root, or a member of this group made, and also the
  // one that such a user had to give another name (shm/segment.h).
  void take_only_from(std::uint32_t uid, std::uint32_t gid);
  // Who made the attached segment.
  shm::Provenance provenance() const;

  // Whether the last sweep left records unread, and how many records were overwritten before they could be read, of all
  // runs (Ring::lost).
  bool has_unread() const;
  std::uint64_t lost() const;

  // The daemon's state as of the last sweep, without the cost of a snapshot.
  shm::ProducerState state() const;
  const std::string& message() const;  // a sentence; empty while live

  // The processes that record into the attached segment, at most `most`. If the segment lists none,
  // its producer counts as the daemon.
  std::vector<RecordingProcess> recording_processes(std::size_t most) const;

  // From now on keeps rollups for take_rollups(). A second call begins anew: rollups that were kept
  // are dropped, and the records that the ring still holds are read once more. `position` is that
  // of an earlier hand-out of this instance, by any reader: rollups continue after it. If it is of
  // the same run, records before it fill the windows and are not handed out again; if it is of
  // another run, all records that the ring holds are new.
  void keep_rollups(std::optional<ReadingPosition> position = std::nullopt);
  // Rollups of the records that came in since the last call, up to the last sweep. Their memory is
  // bounded, however seldom this is called: see metrics/rollups/rollup_buffer.h. Only after keep_rollups().
  RollupDelta take_rollups();

  // Counters (metrics/tally/counters.h) begin at zero. A run of the daemon that began at this moment
  // or later counts from its first record, even if the ring holds some by the time it is found; of
  // a run that was there already, records count that are published once it is attached. Without this
  // call, the moment is that of the first sweep. Call it before that.
  void count_since(std::uint64_t monotonic_ns);

  // Counters go on where an earlier reader of this instance stopped: nothing counts twice, and what
  // was published meanwhile counts if the ring still holds it. If the earlier reader did not end in
  // order and the ring no longer holds all that came after it, they begin at zero. Call it before the
  // first sweep.
  void continue_counters(const CountedUntil& earlier);

  // Snapshots list the daemon's known operations from the moment when it is attached, before their
  // first request; `total` is then zero. Call it before the first sweep.
  void expect_known_operations();

  const std::string& instance() const;

  // For what bounds the memory of several followers. See OperationTable; share() before the first sweep.
  void share(std::shared_ptr<OperationPlaces> places);
  std::size_t window_bytes() const;
  // Windows begin at this second of CLOCK_MONOTONIC from now on, as covered_seconds then says. A multiple
  // of SlidingWindows::kWidestSlot.
  void forget_before(std::uint64_t second);

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace goxel_telemetry::metrics
