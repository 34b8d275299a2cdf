// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/text/format.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <ctime>
#include <span>

namespace goxel_telemetry::metrics {
namespace {

constexpr const char* kNotANumber = "-";

// A value that rounds up to the next power of ten gets one decimal less: 9.996 is "10.0".
int decimals_for_three_digits(double value) {
  if (value < 9.995) return 2;
  return value < 99.95 ? 1 : 0;
}

std::string fixed(double value, int decimals) {
  std::array<char, 400> text;  // the largest double has 309 digits before the point
  const auto [end, error] = std::to_chars(text.data(), text.data() + text.size(), value,
                                          std::chars_format::fixed, decimals);
  return {text.data(), end};
}

// Uses the smallest unit in which the value, as it will be printed, is less than the next unit.
std::string scaled(double value, double step, std::span<const char* const> units) {
  std::size_t unit = 0;
  while (unit + 1 < units.size() && value >= (unit == 0 ? step : step - 0.5)) {
    value /= step;
    ++unit;
  }
  const int decimals = unit == 0 ? 0 : decimals_for_three_digits(value);
  return fixed(value, decimals) + ' ' + units[unit];
}

std::string two_digits(std::uint64_t value) {
  return (value < 10 ? "0" : "") + std::to_string(value);
}

std::string minutes_and_more(double seconds) {
  constexpr double kCenturies = 1e10;
  if (seconds > kCenturies) return "centuries";
  const auto whole = static_cast<std::uint64_t>(std::llround(seconds));
  const std::uint64_t minutes = whole / 60;
  const std::uint64_t hours = minutes / 60;
  if (hours == 0) return std::to_string(minutes) + " min " + two_digits(whole % 60) + " s";
  if (hours < 24) return std::to_string(hours) + " h " + two_digits(minutes % 60) + " min";
  return std::to_string(hours / 24) + " d " + two_digits(hours % 24) + " h";
}

std::tm local_parts(std::time_t seconds) {
  std::tm parts{};
  localtime_r(&seconds, &parts);
  return parts;
}

std::time_t seconds_of(std::uint64_t realtime_ns) {
  return static_cast<std::time_t>(realtime_ns / 1'000'000'000);
}

std::string formatted(const std::tm& parts, const char* pattern) {
  std::array<char, 64> text;
  return {text.data(), std::strftime(text.data(), text.size(), pattern, &parts)};
}

std::string local_time(std::uint64_t realtime_ns, const char* pattern) {
  return formatted(local_parts(seconds_of(realtime_ns)), pattern);
}

std::string utc_time(std::uint64_t realtime_ns, const char* pattern) {
  const std::time_t seconds = seconds_of(realtime_ns);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  return formatted(parts, pattern);
}

// "+02:00" if the clocks change within a day before or after, else nothing.
std::string offset_if_clocks_change(std::uint64_t realtime_ns) {
  constexpr std::time_t kDay = 86'400;
  const std::time_t seconds = seconds_of(realtime_ns);
  const long east = local_parts(seconds).tm_gmtoff;
  const bool same = local_parts(seconds - kDay).tm_gmtoff == east &&
                    local_parts(seconds + kDay).tm_gmtoff == east;
  if (same) return {};
  const auto minutes = static_cast<std::uint64_t>(std::labs(east) / 60);
  return (east < 0 ? '-' : '+') + two_digits(minutes / 60) + ':' + two_digits(minutes % 60);
}

const char* within_or_over(double room) {
  return room < 0 ? " over" : " within";
}

}  // namespace

std::string format_duration(double ns) {
  if (!std::isfinite(ns)) return kNotANumber;
  if (ns < 0) return '-' + format_duration(-ns);
  if (ns >= 59.95e9) return minutes_and_more(ns / 1e9);
  static constexpr std::array kUnits = {"ns", "µs", "ms", "s"};
  return scaled(ns < 1000 ? std::round(ns) : ns, 1000, kUnits);
}

std::string format_bytes(double bytes) {
  if (!std::isfinite(bytes)) return kNotANumber;
  if (bytes < 0) return '-' + format_bytes(-bytes);
  static constexpr std::array kUnits = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  return scaled(std::round(bytes), 1024, kUnits);
}

std::string format_count(std::uint64_t count) {
  std::string text = std::to_string(count);
  for (std::size_t digits = 3; digits < text.size(); digits += 4) {
    text.insert(text.size() - digits, 1, ',');
  }
  return text;
}

std::string format_rate(double per_second) {
  if (!std::isfinite(per_second)) return kNotANumber;
  if (per_second < 0) return '-' + format_rate(-per_second);
  if (per_second == 0) return "0/s";
  constexpr double kTooLargeToCount = 1e18;
  if (per_second < 99.95) return fixed(per_second, decimals_for_three_digits(per_second)) + "/s";
  if (per_second > kTooLargeToCount) return kNotANumber;
  return format_count(static_cast<std::uint64_t>(std::llround(per_second))) + "/s";
}

std::string format_percent(double ratio) {
  if (!std::isfinite(ratio)) return kNotANumber;
  if (ratio < 0) return '-' + format_percent(-ratio);
  const double percent = ratio * 100;
  return (percent == 0 ? "0" : fixed(percent, decimals_for_three_digits(percent))) + " %";
}

std::string format_date_time(std::uint64_t realtime_ns) {
  return local_time(realtime_ns, "%Y-%m-%d %H:%M:%S") + offset_if_clocks_change(realtime_ns);
}

std::string format_time_of_day(std::uint64_t realtime_ns) {
  const std::string microseconds = std::to_string(realtime_ns / 1000 % 1'000'000);
  return local_time(realtime_ns, "%H:%M:%S.") + std::string(6 - microseconds.size(), '0') +
         microseconds + offset_if_clocks_change(realtime_ns);
}

std::string format_utc(std::uint64_t realtime_ns) {
  return utc_time(realtime_ns, "%Y-%m-%d %H:%M:%S UTC");
}

std::string format_rfc3339(std::uint64_t realtime_ns) {
  return utc_time(realtime_ns, "%Y-%m-%dT%H:%M:%SZ");
}

std::string format_latency_room(double room_ns) {
  return format_duration(std::abs(room_ns)) + within_or_over(room_ns);
}

std::string format_memory_room(double room_bytes) {
  return format_bytes(std::abs(room_bytes)) + within_or_over(room_bytes);
}

}  // namespace goxel_telemetry::metrics
