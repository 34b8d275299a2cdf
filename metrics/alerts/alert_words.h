// SPDX-License-Identifier: GPL-3.0-or-later
// What terminal and viewer say of alerts in the same words.
#pragma once

#include <string>

#include "metrics/alerts/alert_store.h"

namespace goxel_telemetry::metrics {

// Of the last kAccuracyDays: "12 alerts in the last 30 days; of 10 that were judged 0 % wrong (promised: less than 1.00 %)",
// or "…; none was judged".
std::string in_words(const AlertAccuracy& accuracy);

// Before or after, in the unit of the shift's channel.
std::string value_in_words(const OperationShift& shift, double value);
// "×1.50", or "-" if it is no number.
std::string times_in_words(double ratio);
// "×1.44 to ×1.61", "at least ×1.44", "at most ×1.61", or "not known".
std::string interval_in_words(const OperationShift& shift);
// "daemon 80.0 %, mcp-server 20.0 %"; empty: not known.
std::string layers_in_words(const OperationShift& shift);
// "working 97.0 %, waiting 3.0 %": those that have a part in it; empty: not known.
std::string phases_in_words(const OperationShift& shift);

}  // namespace goxel_telemetry::metrics
