// SPDX-License-Identifier: GPL-3.0-or-later
// Writes numbers for a person: three significant digits and a unit. Terminal and viewer use these
// functions, so that a number looks the same in both. Independent of the locale. A number that is
// not finite becomes "-".
#pragma once

#include <cstdint>
#include <string>

namespace goxel_telemetry::metrics {

// "850 ns", "12.3 µs", "1.23 ms", "4.56 s"; from a minute on "2 min 05 s", "1 h 02 min",
// "3 d 04 h".
std::string format_duration(double ns);

// The room that is left to a target: "410 µs within", "90.0 µs over".
std::string format_latency_room(double room_ns);
// "7.70 MiB within", "12.1 MiB over"
std::string format_memory_room(double room_bytes);

// "512 B", "1.50 KiB", "3.42 MiB"; the steps are 1024.
std::string format_bytes(double bytes);

// "1,234,567"
std::string format_count(std::uint64_t count);

// "0.05/s", "12.3/s", "1,234/s"
std::string format_rate(double per_second);

// A ratio of 0 to 1 as "0.13 %", "12.3 %", "100 %"; more than 1 as "250 %".
std::string format_percent(double ratio);

// CLOCK_REALTIME nanoseconds as local time: "2025-11-25 18:46:03", and "18:46:03.123456". Within a day
// of a change of the clocks with the offset, "2025-10-26 02:46:03+02:00", because an hour comes twice
// then. parse_time() (metrics/text/time_range.h) reads what format_date_time() writes.
std::string format_date_time(std::uint64_t realtime_ns);
std::string format_time_of_day(std::uint64_t realtime_ns);

// "2026-03-01 14:05:06 UTC" and, as RFC 3339 has it, "2026-03-01T14:05:06Z": of texts that are kept or sent, since who reads them may live
// in another time zone.
std::string format_utc(std::uint64_t realtime_ns);
std::string format_rfc3339(std::uint64_t realtime_ns);

}  // namespace goxel_telemetry::metrics
