// SPDX-License-Identifier: GPL-3.0-or-later
// The small chart of an alert's evidence: its course from the oldest value to the newest, with the usual level.
#pragma once

#include <string>

#include "metrics/alerts/alert.h"

namespace goxel_telemetry::http_bridge::notify {

struct TextChart {
  std::string blocks;  // one line, "▁▁▂▁▅▆"; a gap is a space. Empty: there is no course
  std::string scale;   // "0 to 3.40 ms; usual 1.30 ms"
  std::string usual;   // "▃"; empty: nothing is usual
};
TextChart text_chart(const metrics::AlertEvidence& evidence);

// The same as a PNG for mail programs, which show no SVG: bars, and the usual level as a line. Twice as large as it is to be
// shown. Empty: there is no course.
inline constexpr unsigned kPngWidth = 960;
inline constexpr unsigned kPngHeight = 192;
std::string png_chart(const metrics::AlertEvidence& evidence);

}  // namespace goxel_telemetry::http_bridge::notify
