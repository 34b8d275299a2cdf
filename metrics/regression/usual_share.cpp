// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/regression/usual_share.h"

#include <algorithm>

#include "metrics/regression/forgetting.h"

namespace goxel_telemetry::metrics {
namespace {

const double kForgets = forgotten(720);
constexpr double kRemembered = 20'000;  // requests

}  // namespace

void UsualShare::learn(const Events& tick) {
  if (tick.requests <= 0) return;
  ++ticks_;
  if (known()) dispersion_.add(tick.events, expected_exactly(tick.requests));
  share_ += weight_of(tick.requests, requests_, kForgets, kRemembered) *
            (tick.events / tick.requests - share_);
  requests_ += tick.requests;
}

double UsualShare::expected(double requests) const {
  return requests * std::max(share_, least_);
}

}  // namespace goxel_telemetry::metrics
