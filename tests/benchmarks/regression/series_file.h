// SPDX-License-Identifier: GPL-3.0-or-later
// Series that were recorded anywhere, one value a tick, and what the detector says of them.
#pragma once

#include <cstdint>
#include <istream>
#include <optional>
#include <string>
#include <vector>

#include "metrics/regression/detector.h"

namespace goxel_telemetry::evaluation {

struct SeriesRow {
  std::uint64_t tick = 0;
  double value = 0;  // positive, in any unit
};

struct Series {
  std::vector<SeriesRow> rows;  // those with a value
  std::string why;              // if not empty: one sentence that says what is wrong
};

// Lines of "tick,value", after one with the columns' names, if there is one. Ticks are whole numbers, each greater than the
// one before. A value that is missing, 0 or negative says that there was none. Lines and their length are limited, and
// empty ones ignored.
Series read_series(std::istream& file);

// From this tick on values are multiplied.
struct Injection {
  std::uint64_t tick = 0;
  double factor = 1;
};
// "1000:1.2"; empty if it is none.
std::optional<Injection> parse_injection(const std::string& text);

// What the detector says if in each of these ticks there was one request that took this long, and none in others.
std::vector<metrics::DetectorEvent> score(const std::vector<SeriesRow>& rows,
                                          const std::optional<Injection>& injection);

}  // namespace goxel_telemetry::evaluation
