// SPDX-License-Identifier: GPL-3.0-or-later
// The table of the evaluation protocol: what is checked, and what it must reach.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "measurements.h"

namespace goxel_telemetry::evaluation {

// So many of a number of trials, or in a time.
struct Counted {
  std::uint64_t events = 0;
  double of = 0;
  std::string detail;  // for people
};

enum class Bound : std::uint8_t {
  at_most,    // events for each unit of what they are counted in
  at_least,   // of the trials
  more_than,  // times as many
};

struct Check {
  std::string name;  // "standard_groups"
  std::string what;  // for people
  std::string unit;  // of the measured ratio: "per series-week"
  Bound bound = Bound::at_most;
  double limit = 0;
  std::function<Counted(Measurements&)> count;
};

// What alerts are counted in: 15 series are watched, four operations and all of them together, three channels of each.
// So one alert of one of them in a week is 1/15 a series-week.
std::vector<Check> protocol_checks();
// That each part of the detector is needed: without it, there are more than ten times as many alerts on standard traffic.
std::vector<Check> ablation_checks();

struct Verdict {
  double measured = 0;
  bool passed = false;
};
// With `doubts`, for short runs, a check is failed only if what was counted, or worse, would have a probability below 10^-6
// were the truth just at its limit: alerts as a Poisson variable, what is seen in trials as a binomial one. Otherwise what
// was measured must itself be within the limit. Times as many are judged alike either way.
Verdict judge(const Check& check, const Counted& counted, bool doubts);

}  // namespace goxel_telemetry::evaluation
