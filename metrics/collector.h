// SPDX-License-Identifier: GPL-3.0-or-later
// Follows one instance across restarts of its daemon: reads records, keeps windows, makes
// snapshots.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "metrics/rollup.h"
#include "metrics/snapshot.h"
#include "shm/process_identity.h"
#include "shm/record.h"

namespace goxel_telemetry::metrics {

// A record with its numbers in nanoseconds and its names resolved, for listeners that want every
// record (tail).
struct NamedRecord {
  std::uint64_t start_ns = 0;           // CLOCK_MONOTONIC
  std::uint64_t start_realtime_ns = 0;  // CLOCK_REALTIME, by the clocks' present offset
  std::uint64_t duration_ns = 0;
  std::uint64_t receive_ns = 0;
  std::uint64_t wait_ns = 0;
  std::uint64_t send_ns = 0;
  std::uint64_t trace_id = 0;
  shm::Status status = shm::Status::ok;
  std::string operation;
  std::string protocol;
  std::string layer;
  std::string stack;
  std::uint32_t lane = 0;
  std::uint16_t worker = shm::kNoWorker;
  std::uint32_t bytes_in = 0;
  std::uint32_t bytes_out = 0;
};

const char* to_string(shm::Status status);      // "ok", "error", …
const char* to_string(shm::Protocol protocol);  // "none", "jsonrpc", "mcp"

// Gets spans, to join them (metrics/layers/layer_group.h): with numbers in place of names, and
// without copies.
class SpanListener {
 public:
  virtual ~SpanListener() = default;
  // Gives this operation a number. Called once for each combination of ids, and again after the
  // collector has dropped the combinations that it knew.
  virtual std::uint64_t number_of(const OperationKey& key) = 0;
  // An answered request's span, CLOCK_MONOTONIC, and the error that the calibration of its
  // segment's clock may cause at both of its ends. Called during a sweep, after the record was
  // counted.
  virtual void span(std::uint64_t number, std::uint64_t trace_id, std::uint64_t start_ns,
                    std::uint64_t end_ns, std::uint64_t error_ns) = 0;
};

// A process that records spans.
struct CollectionPoint {
  std::string layer;
  shm::ProcessIdentity process;
  std::uint64_t last_seen_ns = 0;  // CLOCK_MONOTONIC
};

// Not thread-safe: use one Collector per thread. Never blocks and never fails: Snapshot::daemon
// says what is wrong.
class Collector {
 public:
  // Nothing is opened until the first sweep.
  explicit Collector(std::string instance);
  ~Collector();
  Collector(Collector&&) noexcept;
  Collector& operator=(Collector&&) noexcept;

  // Time is an argument: CLOCK_MONOTONIC and CLOCK_REALTIME, nanoseconds.
  struct Time {
    std::uint64_t monotonic_ns;
    std::uint64_t realtime_ns;
    static Time now();
  };

  // Attaches to the segment if there is one, notices if the producer died or was replaced, and
  // reads all unread records. Call it every 20 to 100 ms. A call that finds nothing new costs a few
  // microseconds; the process table and the shared-memory name are looked at no more than five
  // times a second.
  void sweep(const Time& now);

  // The state as of the last sweep; gauges, in-flight table and /proc are read now.
  Snapshot snapshot(const Time& now);

  // `listener` gets each record during a sweep, after the record was counted.
  void on_record(std::function<void(const NamedRecord&)> listener);

  // `listener` must outlive the collector's sweeps. Call it at most once, before the first sweep.
  void on_span(SpanListener& listener);

  // The daemon's state as of the last sweep, without the cost of a snapshot.
  ProducerState state() const;
  const std::string& message() const;  // a sentence; empty while live

  // The processes that record into the attached segment, at most `most`. If the segment lists none,
  // its producer counts as the daemon.
  std::vector<CollectionPoint> collection_points(std::size_t most) const;

  // From now on keeps rollups for take_rollups(). A second call begins anew: rollups that were kept
  // are dropped, and the records that the ring still holds are read once more. `position` is that
  // of an earlier hand-out of this instance, by any reader: rollups continue after it. If it is of
  // the same run, records before it fill the windows and are not handed out again; if it is of
  // another run, all records that the ring holds are new.
  void keep_rollups(std::optional<ReadingPosition> position = std::nullopt);
  // Rollups of the records that came in since the last call, up to the last sweep. Their memory is
  // bounded, however seldom this is called: see metrics/rollup_buffer.h. Only after keep_rollups().
  RollupDelta take_rollups();

  const std::string& instance() const;

 private:
  class State;
  std::unique_ptr<State> state_;
};

// The instance that a program looks at if it is called without --instance.
struct InstanceChoice {
  std::string instance;  // empty if there is no instance or more than one
  std::string message;   // if empty: one sentence that says so and names them
};
InstanceChoice only_instance();

}  // namespace goxel_telemetry::metrics
