// SPDX-License-Identifier: GPL-3.0-or-later
// What an operation's latencies usually look like: the yardstick against which its requests are measured, each compared with
// its own operation, so that another mix of operations looks like no change.
#pragma once

#include <cstdint>

#include "metrics/tally/histogram.h"

namespace goxel_telemetry::metrics {

// All in natural logarithms of nanoseconds.
struct Yardstick {
  double median = 0;
  double clip = 0;     // residuals beyond count as this
  double tail = 0;     // the 99th percentile, above the median
  double scatter = 0;  // variance of one request's residual
  double centre = 0;   // mean residual: not zero, because latencies are skewed
  // If all requests take longer by a small factor, so does the mean of what was clipped by this part of it: the share of
  // requests that are not clipped. Residuals are divided by it, so that their mean moves as the latencies do.
  double gain = 1;
  double spread = 0;  // standard deviation, were they normal and as many of them clipped

  // By how much the mean residual moves if all requests take e^shift times as long, were their logarithms normal: the more of
  // them are clipped, the less.
  double moved_by(double shift) const;

  // Of the histogram of latencies, which must not be empty.
  static Yardstick of(const Histogram& usual, double least_clip);
};

// The sum of the residuals of all values.
double residuals(const Yardstick& yardstick, const Histogram& latency);

// How many values are above a logarithm of nanoseconds, if those in a bucket are evenly spread.
double count_above(double logarithm, const Histogram& latency);

}  // namespace goxel_telemetry::metrics
