// SPDX-License-Identifier: GPL-3.0-or-later
// What terminal and viewer say of watched series in the same words.
#pragma once

#include <string>
#include <vector>

#include "metrics/alerts/watched_series.h"

namespace goxel_telemetry::metrics {

inline constexpr const char* kNoSeriesYet =
    "nothing is watched yet: a bridge writes it here once a minute";

// Whether anything could be noticed of it by now.
bool is_judged(const WatchedSeries& series);

std::string operation_in_words(const WatchedSeries& series);  // "render", "all operations"
std::string layer_in_words(const WatchedSeries& series);      // "mcp-server", "outermost"
std::string per_second_in_words(const WatchedSeries& series);
std::string usual_in_words(const WatchedSeries& series);  // empty: not known
// "×1.05 in 1 min", "2.10 % in 5 min", "not within 1 h"
std::string noticed_in_words(const WatchedSeries& series);
std::string by_load_in_words(const WatchedSeries& series);  // "+5.13 %"; empty: not known

// Of those that are not judged, a sentence for each operation in a layer, by the channel that needs longest: "fill (daemon) needs 43 more
// minutes of traffic".
std::vector<std::string> not_judged_in_words(const std::vector<WatchedSeries>& all);
// "and 2 more series"; empty if none is left out.
std::string left_out_in_words(const InstanceSeries& of);

}  // namespace goxel_telemetry::metrics
