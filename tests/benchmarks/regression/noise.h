// SPDX-License-Identifier: GPL-3.0-or-later
// What disturbs the simulated daemon: levels that wander, and things that happen now and then.
#pragma once

#include <cmath>

#include "random.h"

namespace goxel_telemetry::evaluation {

// A stationary autoregressive process of order 1, a value a tick; `sd` is that of its values, from the first on.
class Wandering {
 public:
  Wandering(double correlation, double sd, Random& random)
      : correlation_(correlation),
        innovation_sd_(sd * std::sqrt(1 - correlation * correlation)),
        value_(sd * normal(random)) {}

  double next(Random& random) {
    value_ = correlation_ * value_ + innovation_sd_ * normal(random);
    return value_;
  }

 private:
  double correlation_;
  double innovation_sd_;
  double value_;
};

// Happens `per_day` times a day on average, from random moments on (a Poisson process), and lasts evenly between
// `least_s` and `most_s`. What would begin before the last one has ended begins at its end.
class Recurring {
 public:
  Recurring(double per_day, double least_s, double most_s, Random& random);

  // The share of the time from `begin_s` to `end_s` in which it happens. Each stretch begins where the last one ended.
  double share_of(double begin_s, double end_s, Random& random);
  // The latest end up to then; minus infinity: none.
  double last_end_s() const { return last_end_s_; }

 private:
  void schedule(double not_before_s, Random& random);

  double mean_interval_s_;  // infinity: never
  double least_s_;
  double most_s_;
  double begin_s_ = 0;
  double end_s_ = 0;
  double last_end_s_;
};

}  // namespace goxel_telemetry::evaluation
