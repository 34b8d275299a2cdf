// SPDX-License-Identifier: GPL-3.0-or-later
// Values of a producer that are neither in a lane's counters nor derivable from the in-flight table.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace goxel_telemetry::shm {

// Rows of one table, in the order in which segments and recordings have them. A new gauge is added
// at the end: older readers do not look there, and find 0 in older segments.
enum class Gauge : std::size_t {
  connections,             // clients connected now
  open_descriptors,        // accepted and not closed: more than connections if the host leaks
  connections_total,       // ever accepted
  queue_depth,             // requests waiting for a worker (plugin ABI only)
  workers_configured,      // size of the worker pool
  unobserved_connections,  // ever left out: no place was free, or the descriptor was too high
  lane_misses,             // records lost because every lane was taken
  inflight_misses,         // requests given up early because the in-flight table was full
  contended_calls,         // not observed: another thread was inside the connection
  catalog_overflow,        // names counted as _OTHER
  // The operator's targets: how long a whole operation should take, and how many operations a
  // second there should be; 0: not set.
  target_latency_ns,
  target_milli_operations_per_second,
  target_resident_bytes,  // how much memory the daemon should need at most; 0: not set
  // How much of the process's resident memory is telemetry's: the plugin's, and what is present of
  // the segment; 0: not known.
  telemetry_resident_bytes,
};
inline constexpr std::size_t kGaugeCount =
    static_cast<std::size_t>(Gauge::telemetry_resident_bytes) + 1;

// A copy of all gauges.
struct GaugeValues {
  std::array<std::uint64_t, kGaugeCount> values{};

  std::uint64_t& operator[](Gauge gauge) { return values[static_cast<std::size_t>(gauge)]; }
  std::uint64_t operator[](Gauge gauge) const { return values[static_cast<std::size_t>(gauge)]; }

  friend bool operator==(const GaugeValues&, const GaugeValues&) = default;
};

// The gauges of a segment. Threads of the producer change them; readers copy them.
struct alignas(64) Gauges {
  std::atomic<std::uint64_t> words[16];  // the first kGaugeCount are in use

  std::atomic<std::uint64_t>& operator[](Gauge gauge) {
    return words[static_cast<std::size_t>(gauge)];
  }
  const std::atomic<std::uint64_t>& operator[](Gauge gauge) const {
    return words[static_cast<std::size_t>(gauge)];
  }
  GaugeValues load() const {
    GaugeValues copy;
    for (std::size_t i = 0; i < kGaugeCount; ++i) {
      copy.values[i] = words[i].load(std::memory_order_relaxed);
    }
    return copy;
  }
  void store(const GaugeValues& values) {
    for (std::size_t i = 0; i < kGaugeCount; ++i) {
      words[i].store(values.values[i], std::memory_order_relaxed);
    }
  }
};
static_assert(sizeof(Gauges) == 128 && kGaugeCount <= 16);

}  // namespace goxel_telemetry::shm
