// SPDX-License-Identifier: GPL-3.0-or-later
#include "noise.h"

#include <algorithm>
#include <limits>

namespace goxel_telemetry::evaluation {
namespace {

constexpr double kDaySeconds = 86400;
constexpr double kInfinity = std::numeric_limits<double>::infinity();

}  // namespace

Recurring::Recurring(double per_day, double least_s, double most_s, Random& random)
    : mean_interval_s_(per_day > 0 ? kDaySeconds / per_day : kInfinity),
      least_s_(least_s),
      most_s_(most_s),
      last_end_s_(-kInfinity) {
  schedule(0, random);
}

void Recurring::schedule(double not_before_s, Random& random) {
  begin_s_ = std::max(not_before_s, begin_s_ + exponential(random, 1) * mean_interval_s_);
  end_s_ = begin_s_ + least_s_ + uniform(random) * (most_s_ - least_s_);
}

double Recurring::share_of(double begin_s, double end_s, Random& random) {
  double inside_s = 0;
  while (begin_s_ < end_s) {
    inside_s += std::min(end_s_, end_s) - std::max(begin_s_, begin_s);
    if (end_s_ > end_s) break;
    last_end_s_ = end_s_;
    schedule(end_s_, random);
  }
  return inside_s / (end_s - begin_s);
}

}  // namespace goxel_telemetry::evaluation
