// SPDX-License-Identifier: GPL-3.0-or-later
// Points in time and ranges as people write them, on command lines and in requests.
//
//   now            -90s  -30m  -24h  -7d  -2w      (before now; fractions of a unit do not exist)
//   1764096363     1764096363.5                     Unix time in seconds
//   1764096363500                                   from 100,000,000,000 on, in milliseconds
//   2025-11-25T18:46:03Z   2025-11-25T18:46:03.25+01:00      RFC 3339
//   2025-11-25T18:46:03    2025-11-25T18:46    2025-11-25    the same in local time
//
// A space may stand for the T. Times lie between 1970 and the year 9999.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "metrics/time.h"

namespace goxel_telemetry::metrics {

// CLOCK_REALTIME nanoseconds, capped at the largest number (the year 2554); empty if `text` is
// none of the above.
std::optional<std::uint64_t> parse_time(std::string_view text, std::uint64_t now_realtime_ns);

// "90s", "30m", "24h", "7d" or "2w" in seconds: the part of a relative time after its minus.
std::optional<std::uint64_t> parse_duration(std::string_view text);

struct ParsedRange {
  TimeStretch range;
  std::string why;  // if not empty: one sentence that says what is wrong; `range` is then invalid
};
// From `from` up to `to`. An empty text is the default: 24 hours before `to`, and now. The end may
// lie in the future, the beginning may not.
ParsedRange parse_range(std::string_view from, std::string_view to, std::uint64_t now_realtime_ns);

}  // namespace goxel_telemetry::metrics
