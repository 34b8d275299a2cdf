// SPDX-License-Identifier: GPL-3.0-or-later
// Ticks that wait until they are old enough to be learnt from: a change must have been noticed before it becomes part of what is
// usual.
#pragma once

#include <cstddef>
#include <deque>

namespace goxel_telemetry::metrics {

template <class Tick>
class WaitingTicks {
 public:
  static constexpr std::size_t kLearnsAfter = 24;  // ticks: two minutes
  static constexpr std::size_t kMost = 480;        // while nothing may be learnt

  void add(const Tick& tick) {
    if (ticks_.size() == kMost) ticks_.pop_front();
    ticks_.push_back(tick);
  }
  // Calls learn(tick) for those that are old enough. Not while something is suspected: if it turns out to be nothing, they are learnt
  // later, so that the noise that has led to the suspicion is part of what is known of noise.
  template <class Learn>
  void let_learn(Learn learn) {
    for (; ticks_.size() > kLearnsAfter; ticks_.pop_front()) learn(ticks_.front());
  }
  void drop() { ticks_.clear(); }

 private:
  std::deque<Tick> ticks_;
};

}  // namespace goxel_telemetry::metrics
