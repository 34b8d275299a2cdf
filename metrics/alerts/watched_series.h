// SPDX-License-Identifier: GPL-3.0-or-later
// What the detector knows of one series, for people: what is usual there, and what it could notice now.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "metrics/alerts/alert.h"
#include "metrics/operation_key.h"

namespace goxel_telemetry::metrics {

struct WatchedSeries {
  enum class State : std::uint8_t {
    learning,  // what is usual
    arming,    // not long enough known, or just restarted: nothing is said of it yet
    watching,
    suspects,  // so much evidence that nothing is learnt, not enough to say so
    warning,
    confirmed,
  };

  bool is_outer = false;            // of the layers outside of the daemon
  std::optional<OperationKey> key;  // empty: all operations together
  OperationShift::Channel channel = OperationShift::Channel::centre;
  State state = State::learning;
  // While it is learning or arming: ticks with traffic that it needs, as requests come at present. Empty: that cannot be said.
  std::optional<double> ticks_needed;
  double requests = 0;  // in a tick, mean of the last five minutes with traffic

  // What is usual: the median (centre), or the 99th percentile (tail), nanoseconds; of one operation. And the share of requests
  // that are above it (tail), or that fail (errors).
  std::optional<double> usual_ns;
  std::optional<double> usual_share;
  // Of the centre, as a difference of natural logarithms: what of the latencies is ascribed to the load of this moment.
  std::optional<double> due_to_load;

  // The smallest change that would be noticed, in about half of the cases or more: latencies that are so many times as long (centre), or a share of
  // slow requests or failures. Empty: none would be, within an hour; or what is usual is not known.
  struct Noticeable {
    std::optional<double> ratio;  // to what is usual; empty if that is none
    std::optional<double> share;
    double within_seconds = 0;
  };
  std::optional<Noticeable> noticeable;
};
const char* to_string(WatchedSeries::State state);  // "learning", "arming", …

// Of one instance, in its daemon and in the outermost layer that reports.
struct InstanceSeries {
  static constexpr std::size_t kMost = 600;

  std::string instance;
  std::vector<WatchedSeries> series;  // those of most requests first
  std::uint64_t left_out = 0;         // of fewer requests
};

}  // namespace goxel_telemetry::metrics
