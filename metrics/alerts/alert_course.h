// SPDX-License-Identifier: GPL-3.0-or-later
// The course of an alert's evidence as a small chart, from the oldest value to the newest with the usual level: terminal,
// viewer and messages draw the same. What is no number, or below zero, is a gap.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "metrics/alerts/alert.h"

namespace goxel_telemetry::metrics {

// Whether there is anything to draw: two values at least, and one that is more than zero.
bool has_chart(const AlertEvidence& evidence);
// Where charts end, which begin at zero: the largest value, or the usual one.
double top_of(const AlertEvidence& evidence);
std::optional<double> usual_of(const AlertEvidence& evidence);

// The course in `most` columns at most, each with the largest value of its stretch: a mean would hide what the alert is about.
// NaN: a gap.
std::vector<double> in_columns(const std::vector<double>& course, std::size_t most);

// "1.80 ms", "14 requests"
std::string value_in_words(double value, const std::string& unit);
// For who does not see it, and beside it: "last 1.80 ms, at most 3.40 ms, usual 1.30 ms, with gaps". Empty: there is no chart.
std::string course_in_words(const AlertEvidence& evidence);

struct TextChart {
  std::string blocks;  // one line, "▁▁▂▁▅▆"; a gap is a space. Empty: there is no chart
  std::string scale;   // "0 to 3.40 ms; usual 1.30 ms"
  std::string usual;   // "▃"; empty: nothing is usual
};
TextChart text_chart(const AlertEvidence& evidence, std::size_t most_columns);

}  // namespace goxel_telemetry::metrics
