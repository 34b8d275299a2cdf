// SPDX-License-Identifier: GPL-3.0-or-later
// What was added, as sentences for a person. Names in them are safe to show (text/characters.h).
#pragma once

#include <string>

#include "metrics/comparison/added_time.h"

namespace goxel_telemetry::metrics {

// A level of confidence, 0 to 1, with two digits of its risk: "95 %", "99.76 %", "99.99931 %". Never "100 %".
std::string format_confidence(double level);

// "goxel.fill in the daemon (4-layer): +1.20 ms a request (95 %: +900 µs to +1.50 ms), +312 ms/s".
// The last number is of each second. `level`: of the interval, 0 to 1. If nothing is proven it ends
// in "; not proven" or "; too little data"; if the layers did not count the same requests, it says
// so.
std::string in_words(const OwnTimeChange& change, double level);

// "goxel.fill (4-layer): 30.0/s instead of 10.0/s, +450 ms/s"; "goxel.fill (4-layer) is new: …",
// "goxel.fill (4-layer) is gone: …".
std::string in_words(const RateChange& change);

}  // namespace goxel_telemetry::metrics
