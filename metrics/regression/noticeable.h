// SPDX-License-Identifier: GPL-3.0-or-later
// The smallest changes that evidence notices: with the mean of what a tick then adds to it, there is enough of it in time, and so in
// about half of the cases or more. docs/metrics-math.md, "What is noticed", derives them.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>

#include "metrics/regression/evidence.h"

namespace goxel_telemetry::metrics {

// How requests come. A tick without any adds nothing.
struct TickTraffic {
  double with_requests = 0;  // share of the ticks
  double requests = 0;       // mean of those

  // If requests come independently of each other, so many a tick.
  static TickTraffic of(double requests_per_tick);
};

// The times of which the shortest is chosen, in ticks: a minute, 5, 15, and an hour.
inline constexpr std::array<std::uint32_t, 4> kNoticedWithin = {12, 60, 180, 720};

struct Noticeable {
  // Of a shift: as a difference of natural logarithms; of events: their share of the requests.
  double size = 0;
  std::uint32_t within = 0;  // ticks
};

// `of_requests`: what of the variances comes from the requests' own scatter: by so much ticks differ from their neighbours.
// `moves`: by how much the mean residual of a tick moves if all requests take e^shift times as long. Empty: within an hour, none
// is noticed.
std::optional<Noticeable> noticeable_shift(const CentreEvidence::Variances& variances,
                                           double of_requests, const TickTraffic& traffic,
                                           const std::function<double(double shift)>& moves);

// `expected`: the share of the requests that the evidence expects.
std::optional<Noticeable> noticeable_share(const EventSearch& search, double expected,
                                           const Dispersion& dispersion,
                                           const TickTraffic& traffic);

}  // namespace goxel_telemetry::metrics
