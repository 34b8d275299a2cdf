// SPDX-License-Identifier: GPL-3.0-or-later
// The latency that is usual for one operation, as it slowly changes: its yardstick, the level around which its ticks lie, and how much
// of their differences the load explains.
#pragma once

#include <cstdint>
#include <optional>

#include "metrics/regression/batch_noise.h"
#include "metrics/regression/yardstick.h"
#include "metrics/tally/histogram.h"

namespace goxel_telemetry::metrics {

// The latencies of an operation in one tick, as compared with what was usual then.
struct ComparedLatency {
  double requests = 0;           // answered ones
  double residual = 0;           // mean, of the yardstick
  double load = 0;               // logarithm of the daemon's requests a tick
  double difference = 0;         // residual less what is usual at this load
  std::uint64_t yardsticks = 0;  // how often the yardstick had changed
};

class UsualLatency {
 public:
  explicit UsualLatency(double least_clip) : least_clip_(least_clip) {}

  // Until there is a yardstick, nothing can be compared.
  bool known() const { return yardstick_.has_value(); }
  // What is counted as tail needs a yardstick near the level: further off, clipped residuals say too little of how far it has moved.
  bool knows_tail() const { return known() && !is_far_off(); }
  // Takes part in learning the first yardstick, or the next. `load` as in ComparedLatency.
  void look(const Histogram& latency, double load);

  // `latency` must not be empty.
  ComparedLatency compare(const Histogram& latency, double load) const;
  // Requests above the usual 99th percentile, as far as that follows the load, and the whole operation that has been slower
  // by `slower`.
  double count_tail(const Histogram& latency, double load, double slower) const;
  void learn(const ComparedLatency& tick);
  // From now on a level that is higher by so much is the usual.
  void adopt(double difference);

  double scatter() const { return yardstick_ ? yardstick_->scatter : 0; }
  const SlowNoise& noise() const { return noise_; }
  // Of the latency at the load that is usual, nanoseconds.
  double median_ns() const;
  double tail_ns() const;  // the 99th percentile then
  // Of a tick's residual, at this load.
  double due_to_load(double load) const;
  const std::optional<Yardstick>& yardstick() const { return yardstick_; }
  // What the yardstick that is being learnt still needs.
  double ticks_to_learn() const;
  double requests_to_learn() const;

 private:
  bool is_far_off() const;

  double least_clip_;
  std::optional<Yardstick> yardstick_;
  std::uint64_t yardsticks_ = 0;
  Histogram next_;         // of the yardstick that is being learnt
  double next_loads_ = 0;  // sum
  std::uint32_t next_ticks_ = 0;
  bool learns_next_ = true;

  double level_ = 0;  // mean residual at the usual load
  double usual_load_ = 0;
  double requests_ = 0;       // that were learnt from
  double load_requests_ = 0;  // sums, with forgetting
  double load_variance_ = 0;
  double load_covariance_ = 0;
  SlowNoise noise_;
};

}  // namespace goxel_telemetry::metrics
