// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/regression/usual_latency.h"

#include <algorithm>
#include <cmath>

#include "metrics/regression/forgetting.h"

namespace goxel_telemetry::metrics {
namespace {

constexpr std::uint32_t kLearningTicks = 180;
constexpr std::uint64_t kLearningRequests = 300;

const double kLevelForgets = forgotten(180);
const double kLoadForgets = forgotten(2160);
constexpr double kLevelRequests = 2000;  // but the level is of so many requests at the least

constexpr double kMostSlope = 0.5;
constexpr double kMostDueToLoad = 0.25;
constexpr double kKnownSpreads = 2;  // standard deviations of the load

}  // namespace

void UsualLatency::look(const Histogram& latency, double load) {
  if (!learns_next_ || latency.count() == 0) return;
  next_.merge(latency);
  next_loads_ += load;
  if (++next_ticks_ < kLearningTicks || next_.count() < kLearningRequests) return;
  const bool is_first = !yardstick_;
  yardstick_ = Yardstick::of(next_, least_clip_);
  ++yardsticks_;
  level_ = yardstick_->centre;
  usual_load_ = next_loads_ / next_ticks_;
  if (is_first) requests_ = static_cast<double>(next_.count());
  next_ = {};
  next_loads_ = 0;
  next_ticks_ = 0;
  learns_next_ = false;
}

// Too many residuals would be clipped.
bool UsualLatency::is_far_off() const {
  return std::abs(level_ - yardstick_->centre) > yardstick_->clip / 2;
}

double UsualLatency::due_to_load(double load) const {
  if (load_variance_ <= 0) return 0;
  const double slope = std::clamp(load_covariance_ / load_variance_, 0.0, kMostSlope);
  // In even load the slope is one of noise. That harms nothing, as long as it says nothing of a load that was never seen.
  const double known = kKnownSpreads * std::sqrt(load_variance_ / load_requests_);
  const double off = std::clamp(load - usual_load_, -known, known);
  return std::clamp(slope * off, -kMostDueToLoad, kMostDueToLoad);
}

ComparedLatency UsualLatency::compare(const Histogram& latency, double load) const {
  ComparedLatency tick;
  tick.requests = static_cast<double>(latency.count());
  tick.residual = residuals(*yardstick_, latency) / tick.requests;
  tick.load = load;
  tick.difference = tick.residual - level_ - due_to_load(load);
  tick.yardsticks = yardsticks_;
  return tick;
}

double UsualLatency::count_tail(const Histogram& latency, double load, double slower) const {
  // The level is one of clipped, skewed residuals: the tail moves by as much as it has moved since it was learnt.
  const double moved = level_ - yardstick_->centre + due_to_load(load) + slower;
  return count_above(yardstick_->median + yardstick_->tail + moved, latency);
}

void UsualLatency::learn(const ComparedLatency& tick) {
  if (tick.yardsticks != yardsticks_) return;
  noise_.add(tick.difference, tick.requests, yardstick_->scatter);
  const double weight = weight_of(tick.requests, requests_, kLevelForgets, kLevelRequests);
  requests_ += tick.requests;
  const double off = tick.load - usual_load_;
  const double slower = tick.residual - level_;
  load_requests_ += tick.requests - kLoadForgets * load_requests_;
  load_variance_ += off * off * tick.requests - kLoadForgets * load_variance_;
  load_covariance_ += off * slower * tick.requests - kLoadForgets * load_covariance_;
  level_ += weight * (slower - due_to_load(tick.load));
  usual_load_ += weight * off;
  if (is_far_off()) learns_next_ = true;
}

void UsualLatency::adopt(double difference) {
  level_ += difference;
  learns_next_ = true;
}

double UsualLatency::median_ns() const {
  return yardstick_ ? std::exp(yardstick_->median + level_ - yardstick_->centre) : 0;
}

double UsualLatency::tail_ns() const {
  return yardstick_ ? median_ns() * std::exp(yardstick_->tail) : 0;
}

double UsualLatency::ticks_to_learn() const {
  return kLearningTicks - std::min(kLearningTicks, next_ticks_);
}

double UsualLatency::requests_to_learn() const {
  return static_cast<double>(kLearningRequests - std::min(kLearningRequests, next_.count()));
}

}  // namespace goxel_telemetry::metrics
