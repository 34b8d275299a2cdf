// SPDX-License-Identifier: GPL-3.0-or-later
// Follows one instance across restarts of its daemon: reader -> windows -> snapshot.
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

// A record with its numbers in nanoseconds and its names resolved, for whoever wants each one
// (tail).
struct NamedRecord {
  std::uint64_t start_ns = 0;           // CLOCK_MONOTONIC
  std::uint64_t start_realtime_ns = 0;  // CLOCK_REALTIME, as of now's offset
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

// For whoever joins spans (metrics/layers/layer_group.h): numbers in place of names, and no copies.
class SpanListener {
 public:
  virtual ~SpanListener() = default;
  // A number for this operation, asked for once for each combination of ids, and again when they
  // were forgotten.
  virtual std::uint64_t number_of(const OperationKey& key) = 0;
  // An answered request's span, CLOCK_MONOTONIC, and how far both its ends may be off by the
  // calibration of its segment's clock. During a sweep, after it was counted.
  virtual void span(std::uint64_t number, std::uint64_t trace_id, std::uint64_t start_ns,
                    std::uint64_t end_ns, std::uint64_t error_ns) = 0;
};

// A process that records spans.
struct CollectionPoint {
  std::string layer;
  shm::ProcessIdentity process;
  std::uint64_t last_seen_ns = 0;  // CLOCK_MONOTONIC
};

// Not thread-safe: one Collector a thread. Never blocks, never fails: what is wrong stands in
// Snapshot::daemon.
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

  // Attaches when there is something to attach to, notices that the producer died or was replaced,
  // and takes in all unread records. Call it every 20 to 100 ms. A call without news costs a few
  // microseconds; the process table and the shared-memory name are looked at no more than five
  // times a second.
  void sweep(const Time& now);

  // The state as of the last sweep, with gauges, in-flight table and /proc read now.
  Snapshot snapshot(const Time& now);

  // Is given each record during a sweep, after it was counted.
  void on_record(std::function<void(const NamedRecord&)> listener);

  // Must outlive the collector's sweeps. Once, before the first.
  void on_span(SpanListener& listener);

  // As of the last sweep, and without the cost of a snapshot.
  ProducerState state() const;
  const std::string& message() const;  // a sentence; empty while live

  // Processes behind the segment that is attached; of one that does not list any, its producer as
  // the daemon. At most `most`.
  std::vector<CollectionPoint> collection_points(std::size_t most) const;

  // Keeps what take_rollups() hands out; without it nothing is kept. Called again, it begins anew:
  // what was kept is forgotten, and the ring's backlog is read once more. With the position of a
  // hand-out of this instance, by whichever reader, rollups go on after it: records of the same run
  // before it fill the windows and are not handed out again; of another run, all that the ring
  // holds is new.
  void keep_rollups(std::optional<ReadingPosition> position = std::nullopt);
  // What came in since the last call, up to the last sweep. Bounded, however rare the calls: see
  // metrics/rollup_buffer.h. Only after keep_rollups().
  RollupDelta take_rollups();

  const std::string& instance() const;

 private:
  class State;
  std::unique_ptr<State> state_;
};

// The instance that a program without --instance means.
struct InstanceChoice {
  std::string instance;  // empty if there is none or more than one
  std::string message;   // then: one sentence that says so and names them
};
InstanceChoice only_instance();

}  // namespace goxel_telemetry::metrics
