// SPDX-License-Identifier: GPL-3.0-or-later
// Where the time of a stack goes, as a value: hop by hop, in each window, compared with the
// operator's targets, and with the processes that recorded it. Complete in itself, like a Snapshot.
// Definitions are in docs/metrics-math.md, "Layers and stacks".
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "metrics/layers/span_join.h"
#include "metrics/live/snapshot.h"

namespace goxel_telemetry::metrics {

// What a hop costs: the time at one layer less the time at the next inner layer. The innermost
// layer has a row as well, for the time in it.
struct Hop {
  std::string name;   // "MCP Client → Server"; for the innermost layer: "Daemon"
  std::string outer;  // layer
  std::string inner;  // layer; empty for the innermost layer
  // Whole nanoseconds, rounded so that the hops of a breakdown add up to its mean_ns exactly.
  // Negative only by subtraction, if an inner layer saw other operations than an outer layer.
  std::int64_t mean_ns = 0;
  double share = 0;  // of the breakdown's mean_ns
  // The next two only if joined.
  std::optional<Latency> cost;
  std::optional<double> mean_there_ns;  // not for the innermost layer
  std::optional<double> mean_back_ns;
  // The next two only for a whole stack.
  std::optional<Latency> there;
  std::optional<Latency> back;
};

enum class BreakdownSource {
  none,            // fewer than two layers, or no operations
  joined,          // by trace ids: the same operations at each layer
  by_subtraction,  // by subtracting means: no trace ids, so no distributions
};
const char* to_string(BreakdownSource source);  // "none", "joined", "by_subtraction"

struct Breakdown {
  BreakdownSource source = BreakdownSource::none;
  std::uint64_t operations = 0;     // operations counted; by subtraction: at the outermost layer
  std::uint64_t other_chains = 0;   // operations joined from other layers, left out here
  std::int64_t mean_ns = 0;         // at the outermost layer
  std::optional<Latency> duration;  // only if joined: of these operations at the outermost layer
  std::vector<Hop> hops;            // from the outside in
};

struct OperationBreakdown {
  std::string operation;  // the outermost layer's name for it
  Breakdown breakdown;
};

struct StackWindow {
  std::vector<std::string> layers;  // layers that saw something, from the outside in
  WindowStats outermost;            // all operations, as the first of `layers` saw them
  // True if the layers did not count the same number of answered requests. By subtraction, the
  // hops' means are then means of different sets of operations.
  bool counts_differ = false;
  Breakdown breakdown;
  std::vector<OperationBreakdown> operations;  // only if joined; the one that took most time first
  // Target less mean, and rate less target: negative if the target is missed. Empty without
  // operations.
  std::optional<double> latency_room_ns;
  std::optional<double> throughput_room_per_second;
};

struct StackView {
  std::string stack;
  std::array<StackWindow, kWindowCount> windows;

  const StackWindow& window(Window w) const { return windows[static_cast<std::size_t>(w)]; }
};

// A process behind a collection point.
struct LayerProcess {
  std::string layer;
  double last_seen_seconds = 0;  // seconds since then
  bool running = false;
  ProcessStats process;
  std::optional<std::uint64_t> telemetry_resident_bytes;  // the plugin's part, of the daemon
  std::optional<Reported> reported;                       // of all that reports in it
};

struct Targets {
  std::uint64_t latency_ns = 6'000'000;
  double operations_per_second = 1600;
};

struct LayersView {
  std::string instance;
  std::uint64_t taken_realtime_ns = 0;
  std::uint64_t taken_monotonic_ns = 0;
  shm::ProducerState daemon_state = shm::ProducerState::absent;
  shm::ProducerState outer_state =
      shm::ProducerState::absent;  // of the segment of the outer layers
  std::string message;             // for a person: why something is missing; or empty
  Targets targets;
  std::uint64_t connections = 0;
  std::uint64_t queue_depth = 0;
  std::uint64_t workers_busy = 0;
  std::uint64_t workers_configured = 0;
  // Time of the daemon's spans divided by the time that its workers had; empty without workers or
  // data.
  std::array<std::optional<double>, kWindowCount> worker_utilisation;
  std::vector<LayerProcess> processes;  // from the outside in
  std::vector<StackView> stacks;        // sorted by name
  JoinCounters join;
  Freshness freshness;
  // Records that were overwritten in the outer layers' segment before they were read.
  std::uint64_t outer_records_lost = 0;
  std::uint64_t chains_dropped = 0;  // joined operations counted in their stack only: too many
};

// The part of the operations that a layer has ended, by its own count, of which there are spans. Empty: none of its
// processes has said how many there were.
std::optional<double> coverage(const LayersView& view, std::string_view layer);

}  // namespace goxel_telemetry::metrics
