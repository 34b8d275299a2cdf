// SPDX-License-Identifier: GPL-3.0-or-later
// How fast averages of ticks forget.
#pragma once

#include <algorithm>
#include <cmath>

namespace goxel_telemetry::metrics {

// The part of what is remembered that a tick replaces.
inline double forgotten(double half_life_ticks) {
  return 1 - std::exp2(-1 / half_life_ticks);
}

// The weight of a tick in an average: what is `forgotten` of it in a tick, but no more than what so many requests say of the
// number that is `remembered` at the least. Until so much is known that old ticks may be forgotten, each weighs the same.
inline double weight_of(double requests, double known, double forgets, double remembered) {
  return std::max(std::min(forgets, requests / remembered), requests / (known + requests));
}

}  // namespace goxel_telemetry::metrics
