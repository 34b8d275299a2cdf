// SPDX-License-Identifier: GPL-3.0-or-later
// The share of requests that are slow, or fail, as is usual, and as it slowly changes.
#pragma once

#include <cstdint>

#include "metrics/regression/batch_noise.h"

namespace goxel_telemetry::metrics {

// Events and the requests that they are part of.
struct Events {
  double events = 0;
  double requests = 0;
};

class UsualShare {
 public:
  // A share that was hardly ever seen can be exceeded many times by two events: so at least `least` is expected.
  explicit UsualShare(double least) : least_(least) {}

  // Enough to say how events scatter around it.
  bool known() const { return ticks_ > kFirstTicks; }
  void learn(const Events& tick);
  void adopt(double share) { share_ = share; }

  double expected(double requests) const;
  double expected_exactly(double requests) const { return requests * share_; }  // without the least
  const Dispersion& dispersion() const { return dispersion_; }

 private:
  static constexpr std::uint32_t kFirstTicks = 12;

  double least_;
  double share_ = 0;
  double requests_ = 0;  // that were learnt from
  std::uint32_t ticks_ = 0;
  Dispersion dispersion_;
};

}  // namespace goxel_telemetry::metrics
