// SPDX-License-Identifier: GPL-3.0-or-later
// The small chart of an alert's evidence (metrics/alerts/alert_course.h) as a picture.
#pragma once

#include <string>

#include "metrics/alerts/alert.h"

namespace goxel_telemetry::http_bridge::notify {

// A PNG for mail programs, which show no SVG: bars, and the usual level as a line. Twice as large as it is to be
// shown. Empty: there is no course.
inline constexpr unsigned kPngWidth = 960;
inline constexpr unsigned kPngHeight = 192;
std::string png_chart(const metrics::AlertEvidence& evidence);

}  // namespace goxel_telemetry::http_bridge::notify
