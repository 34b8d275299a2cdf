// SPDX-License-Identifier: GPL-3.0-or-later
// Where an axis begins and ends, and its labels.
#pragma once

#include <QList>
#include <QString>
#include <cstdint>

namespace goxel_telemetry::viewer {

struct Tick {
  double at;
  QString label;
  friend bool operator==(const Tick&, const Tick&) = default;
};

struct AxisScale {
  double low;
  double high;
  QList<Tick> ticks;  // in rising order
  friend bool operator==(const AxisScale&, const AxisScale&) = default;
};

// A logarithmic axis that holds both durations and at least one power of ten. Positions are log10
// of nanoseconds; values below a nanosecond count as one. Labels carry their unit: "200 µs".
AxisScale duration_scale(double least_ns, double most_ns);

// A linear one, from 0 to at least `most_ns`, at most five steps. Positions are nanoseconds.
AxisScale linear_duration_scale(double most_ns);

// From 0 to at least `most`, at most five steps of 1, 2 or 5 times a power of ten.
AxisScale rate_scale(double most_per_second);

}  // namespace goxel_telemetry::viewer
