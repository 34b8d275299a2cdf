// SPDX-License-Identifier: GPL-3.0-or-later
// What viewer, bridge and cli show: an immutable value, complete in itself, with no pointer into a
// segment. Durations are in nanoseconds, points in time are CLOCK_MONOTONIC nanoseconds unless the
// name says realtime, ratios are 0 to 1. Strings are valid UTF-8 without control characters,
// whatever names the daemon's clients send.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "metrics/live/shared_list.h"
#include "metrics/operation_key.h"
#include "metrics/tally/counters.h"
#include "metrics/tally/statistics.h"
#include "shm/gauges.h"
#include "shm/producer_state.h"

namespace goxel_telemetry::metrics {

enum class Window : std::size_t { now = 0, one_minute = 1, five_minutes = 2, fifteen_minutes = 3 };
inline constexpr std::size_t kWindowCount = 4;
inline constexpr std::array<std::uint32_t, kWindowCount> kWindowSeconds = {1, 60, 300, 900};
inline constexpr std::array<const char*, kWindowCount> kWindowNames = {"now", "1m", "5m", "15m"};

struct OperationStats {
  OperationKey key;
  // Of all records that this reader has read, those included that the ring held when it attached;
  // never decreases, also when the daemon restarts. None: the operation is only known to exist.
  Outcomes total;
  // Since the daemon began, as the daemon's own plugin counts (shm/reader.h: OperationTotals): exact,
  // the same for every reader, however late it came and whatever the ring has lost since. Where the
  // producer keeps no totals (outer layers, replayed sessions): of what this reader has read.
  Outcomes run_total;
  Counters counters;
  std::uint64_t bytes_in = 0;  // total
  std::uint64_t bytes_out = 0;
  std::uint64_t last_record_ns = 0;  // end of the latest span
  // How long the daemon should take on average: the operator's target for this operation. Only of
  // the layer `daemon`; 0: not set.
  std::uint64_t target_ns = 0;
  std::array<WindowStats, kWindowCount> windows;

  const WindowStats& window(Window w) const { return windows[static_cast<std::size_t>(w)]; }
};

// What one layer saw of a stack: the sum of all operations.
struct LayerStats {
  std::string stack;
  std::string layer;
  std::array<WindowStats, kWindowCount> windows;
  std::array<std::uint64_t, kWindowCount> sum_ns{};  // of all latencies, exact

  const WindowStats& window(Window w) const { return windows[static_cast<std::size_t>(w)]; }
};

struct InflightRequest {
  std::string operation;
  std::string protocol;
  std::string stack;
  std::string layer;
  std::string phase;  // "received", "queued", "started"
  std::uint64_t connection = 0;
  std::uint64_t trace_id = 0;  // low 64 bits; 0: none
  // Time since the request's present phase began; if the daemon died, until its last sign of life.
  std::uint64_t age_ns = 0;
  std::uint32_t bytes_in = 0;
  std::uint32_t thread = 0;  // kernel thread id; 0: unknown
};

// Numbers of the daemon's process, read from /proc. Members that could not be read are empty.
struct ProcessStats {
  std::uint32_t pid = 0;
  std::optional<double> cpu_ratio;  // CPU seconds per second since an earlier reading; may exceed 1
  std::optional<double> cpu_seconds_total;
  std::optional<std::uint64_t> resident_bytes;
  std::optional<std::uint64_t> virtual_bytes;
  std::optional<std::uint64_t> threads;
  std::optional<std::uint64_t> open_fds;
  std::optional<std::uint64_t> max_fds;
  std::optional<double> start_realtime_seconds;  // Unix time
};

// What a process says of itself that reports its spans in batches.
struct Reported {
  std::uint64_t completed = 0;  // operations that it has ended
  std::uint64_t taken = 0;      // spans of them that are, or were, in the segment
};

// A run of the daemon whose reader saw how it ended, and left it for the next one.
struct EndedRun {
  std::uint64_t number = 0;                             // what `runs_seen` was
  shm::ProducerState state = shm::ProducerState::dead;  // or retired
  std::uint32_t pid = 0;
  std::uint64_t started_realtime_ns = 0;
  std::uint64_t last_sign_of_life_realtime_ns = 0;  // heartbeat or record
  std::vector<InflightRequest> inflight;            // what it had in hand then, oldest first
};

struct Daemon {
  shm::ProducerState state = shm::ProducerState::absent;
  std::string message;  // for a person: a sentence; empty only while live
  std::uint64_t run_id = 0;
  // How many runs this reader has followed. A daemon that made its segment anew goes on in the same run.
  std::uint64_t runs_seen = 0;
  // The last of them that were left, the latest last: who looks once a second may have missed a whole run.
  SharedList<EndedRun> ended_runs;
  std::string door;  // "abi", "preload", "collector", "replay"
  std::string host_name;
  std::string host_version;
  std::string plugin_version;
  std::string owner;  // the user who made the segment; empty: not known
  // That user is who the process runs as, as the kernel says. False if that could not be seen.
  bool owner_verified = false;
  std::uint64_t started_realtime_ns = 0;
  double uptime_seconds = 0;  // of the segment; if dead: how long it lived, as far as is known
  double heartbeat_age_seconds = 0;
  std::uint64_t last_record_realtime_ns = 0;  // CLOCK_REALTIME of the newest record; 0: none yet

  shm::GaugeValues gauges;
  std::uint64_t inflight = 0;
  std::uint64_t workers_busy = 0;  // connections with a request in flight
  // Of this run, from the lanes' counters: exact, also if records were lost. A run is the daemon's, not
  // the segment's: what it counted in a segment that somebody removed is in it.
  Outcomes run_total;
  // Of them, those that are in no operation's `run_total`: they were overwritten before anybody
  // counted them.
  std::uint64_t run_without_operation = 0;
  std::uint64_t bytes_in = 0;  // of this run
  std::uint64_t bytes_out = 0;
  std::array<WindowStats, kWindowCount> windows;  // all operations of the layer `daemon`

  const WindowStats& window(Window w) const { return windows[static_cast<std::size_t>(w)]; }
};

// What was lost before it was written is in the gauges: lane_misses, inflight_misses,
// contended_calls, unobserved_connections, catalog_overflow.
//
// Of all runs that this reader attached to, up to the last sweep:
// published = read + before_reader + lost.
struct Ring {
  std::uint64_t published = 0;
  std::uint64_t read = 0;
  // Published before this reader attached, and overwritten before it came to them.
  std::uint64_t before_reader = 0;
  std::uint64_t lost = 0;       // published since, and overwritten before this reader came to them
  std::uint64_t uncounted = 0;  // of `read`: from before this reader counts, see Counters
  std::uint64_t segment_bytes = 0;
};

// The mean of all requests, and its 95 % interval.
struct CostEstimate {
  double ns = 0;
  double low_ns = 0;
  double high_ns = 0;
};

// The plugin's own cost, of this run. Times are extrapolated from the calls that it timed (own_cost.h).
// Empty is not known: what was not timed is not free.
struct OwnCost {
  std::optional<double> seconds_total;
  std::optional<double> busy_ratio;  // of the daemon's busy time (sum of spans)
  std::optional<double> ns_per_request;
  // The two parts of that: what a request's client waits for, and what follows the answer.
  std::optional<CostEstimate> waited;
  std::optional<CostEstimate> after;
  std::optional<double> latency_ns;    // mean of the answered requests
  std::optional<double> waited_share;  // of it
  std::uint64_t samples = 0;           // calls that were timed
  std::uint64_t interrupted = 0;       // of them, those that were cut to a limit
  // Its part of the process's resident memory: its own, and what is present of the segment. Empty
  // if it is not known.
  std::optional<std::uint64_t> resident_bytes;
};

// How long after the end of a span this reader had counted it: of the records of the last minute, those left out
// that were there before it was. Empty: there were none.
struct Freshness {
  std::optional<Latency> daemon;
  std::optional<Latency> outer;  // of the layers outside of it, which report in batches
};

struct Snapshot {
  std::string instance;
  std::uint64_t taken_realtime_ns = 0;
  std::uint64_t taken_monotonic_ns = 0;
  Daemon daemon;
  ProcessStats process;
  Ring ring;
  OwnCost own_cost;
  Freshness freshness;
  SharedList<OperationStats> operations;  // sorted by key
  std::vector<LayerStats> layers;         // sorted by stack and layer
  std::vector<InflightRequest> inflight;  // oldest first
  // Records counted as _OTHER or not at all: too many operations.
  std::uint64_t operations_dropped = 0;
  // The windows cover less than they could, because all together would need too much memory.
  bool windows_shortened = false;
};

// The resident memory of the daemon's process without the plugin's part, as far as that is known.
std::optional<std::uint64_t> daemon_resident_bytes(const Snapshot& snapshot);

// Whether the daemon lives but gives no sign of life: it is stopped, say, or its machine was asleep.
bool is_silent(const Snapshot& snapshot);

// CLOCK_REALTIME of the daemon's last sign of life: heartbeat or record.
std::uint64_t last_sign_of_life_ns(const Snapshot& snapshot);

}  // namespace goxel_telemetry::metrics
