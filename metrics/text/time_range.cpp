// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/text/time_range.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <ctime>

#include "metrics/text/printable.h"
#include "metrics/time.h"

namespace goxel_telemetry::metrics {
namespace {

constexpr std::uint64_t kDefaultRangeNs = std::uint64_t{24} * 3'600 * kNsPerSecond;

std::uint64_t to_ns(std::uint64_t seconds, std::uint64_t ns) {
  return seconds > (UINT64_MAX - ns) / kNsPerSecond ? UINT64_MAX : seconds * kNsPerSecond + ns;
}

// Reads pieces from the front of a text.
class Text {
 public:
  explicit Text(std::string_view text) : left_(text) {}

  bool take(char c) {
    if (left_.empty() || left_.front() != c) return false;
    left_.remove_prefix(1);
    return true;
  }
  // A number of exactly `digits` digits; if `digits` is 0, of 1 to 18 digits.
  std::optional<std::uint64_t> number(std::size_t digits = 0) {
    std::size_t count = 0;
    while (count < left_.size() && left_[count] >= '0' && left_[count] <= '9') ++count;
    if (digits == 0 ? count == 0 || count > 18 : count < digits) return std::nullopt;
    if (digits != 0) count = digits;
    std::uint64_t value = 0;
    std::from_chars(left_.data(), left_.data() + count, value);
    left_.remove_prefix(count);
    return value;
  }
  // ".25" as nanoseconds; 0 if there is no point.
  std::optional<std::uint64_t> fraction() {
    if (!take('.')) return 0;
    std::uint64_t ns = 0;
    std::uint64_t scale = kNsPerSecond;
    bool any = false;
    while (!left_.empty() && left_.front() >= '0' && left_.front() <= '9') {
      scale /= 10;
      ns += scale * static_cast<std::uint64_t>(left_.front() - '0');
      left_.remove_prefix(1);
      any = true;
    }
    return any ? std::optional(ns) : std::nullopt;
  }
  char next() {
    if (left_.empty()) return '\0';
    const char c = left_.front();
    left_.remove_prefix(1);
    return c;
  }
  bool at_end() const { return left_.empty(); }

 private:
  std::string_view left_;
};

std::optional<std::uint64_t> unix_time(Text text) {
  // The year 1973 in milliseconds and 5138 in seconds.
  constexpr std::uint64_t kLeastMilliseconds = 100'000'000'000;
  const auto count = text.number();
  if (!count) return std::nullopt;
  const auto ns = text.fraction();
  if (!ns || !text.at_end()) return std::nullopt;
  if (*count < kLeastMilliseconds) return to_ns(*count, *ns);
  return to_ns(*count / 1'000, *count % 1'000 * 1'000'000 + *ns / 1'000);
}

struct ClockTime {
  std::uint64_t hour = 0;
  std::uint64_t minute = 0;
  std::uint64_t second = 0;
  std::uint64_t ns = 0;
};

// "18:46", "18:46:03", "18:46:03.25"; a leap second is read as the second after it.
std::optional<ClockTime> clock_time(Text& text) {
  ClockTime time;
  const auto hour = text.number(2);
  if (!hour || !text.take(':')) return std::nullopt;
  const auto minute = text.number(2);
  if (!minute || *hour > 23 || *minute > 59) return std::nullopt;
  time.hour = *hour;
  time.minute = *minute;
  if (!text.take(':')) return time;
  const auto second = text.number(2);
  if (!second || *second > 60) return std::nullopt;
  const auto ns = text.fraction();
  if (!ns) return std::nullopt;
  time.second = *second;
  time.ns = *ns;
  return time;
}

// Seconds east of UTC; empty if there is no offset.
struct Offset {
  bool valid = true;
  std::optional<std::int64_t> seconds;
};
Offset offset(Text& text) {
  if (text.at_end()) return {};
  const char sign = text.next();
  if (sign == 'Z' || sign == 'z') return {text.at_end(), 0};
  if (sign != '+' && sign != '-') return {false, {}};
  const auto hour = text.number(2);
  if (!hour || !text.take(':')) return {false, {}};
  const auto minute = text.number(2);
  if (!minute || !text.at_end() || *hour > 23 || *minute > 59) return {false, {}};
  const auto seconds = static_cast<std::int64_t>(*hour * 3'600 + *minute * 60);
  return {true, sign == '-' ? -seconds : seconds};
}

std::optional<std::uint64_t> date_time(Text text) {
  const auto year = text.number(4);
  if (!year || !text.take('-')) return std::nullopt;
  const auto month = text.number(2);
  if (!month || !text.take('-')) return std::nullopt;
  const auto day = text.number(2);
  if (!day) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(*year)),
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return std::nullopt;
  ClockTime time;
  Offset east;
  if (!text.at_end()) {
    if (!text.take('T') && !text.take('t') && !text.take(' ')) return std::nullopt;
    const auto parsed = clock_time(text);
    if (!parsed) return std::nullopt;
    time = *parsed;
    east = offset(text);
    if (!east.valid) return std::nullopt;
  }
  std::int64_t seconds = 0;
  if (east.seconds) {
    seconds = std::chrono::sys_days(date).time_since_epoch().count() * std::int64_t{86'400} +
              static_cast<std::int64_t>(time.hour * 3'600 + time.minute * 60 + time.second) -
              *east.seconds;
  } else {
    std::tm local{};
    local.tm_year = static_cast<int>(*year) - 1900;
    local.tm_mon = static_cast<int>(*month) - 1;
    local.tm_mday = static_cast<int>(*day);
    local.tm_hour = static_cast<int>(time.hour);
    local.tm_min = static_cast<int>(time.minute);
    local.tm_sec = static_cast<int>(time.second);
    local.tm_isdst = -1;
    seconds = std::mktime(&local);
  }
  if (seconds < 0) return std::nullopt;
  return to_ns(static_cast<std::uint64_t>(seconds), time.ns);
}

}  // namespace

std::optional<std::uint64_t> parse_duration(std::string_view written) {
  Text text(written);
  const auto count = text.number();
  if (!count) return std::nullopt;
  std::uint64_t unit = 0;
  switch (text.next()) {
    case 's':
      unit = 1;
      break;
    case 'm':
      unit = 60;
      break;
    case 'h':
      unit = 3'600;
      break;
    case 'd':
      unit = 86'400;
      break;
    case 'w':
      unit = 604'800;
      break;
    default:
      return std::nullopt;
  }
  if (!text.at_end()) return std::nullopt;
  return *count > UINT64_MAX / unit ? UINT64_MAX : *count * unit;
}

std::optional<std::uint64_t> parse_time(std::string_view text, std::uint64_t now_realtime_ns) {
  if (text == "now") return now_realtime_ns;
  if (text.starts_with('-')) {
    const auto ago = parse_duration(text.substr(1));
    if (!ago) return std::nullopt;
    return now_realtime_ns - std::min(to_ns(*ago, 0), now_realtime_ns);
  }
  if (const auto time = unix_time(Text(text))) return time;
  return date_time(Text(text));
}

ParsedRange parse_range(std::string_view from, std::string_view to, std::uint64_t now_realtime_ns) {
  const auto bad = [](std::string_view text) {
    constexpr std::size_t kMostShown = 60;
    return ParsedRange{{},
                       "\"" + printable(text.substr(0, kMostShown)) +
                           "\" is no point in time; write now, -24h, Unix seconds or "
                           "milliseconds, or 2025-11-25T18:46:03Z"};
  };
  ParsedRange parsed;
  const auto end = to.empty() ? now_realtime_ns : parse_time(to, now_realtime_ns);
  if (!end) return bad(to);
  const auto begin =
      from.empty() ? *end - std::min(*end, kDefaultRangeNs) : parse_time(from, now_realtime_ns);
  if (!begin) return bad(from);
  parsed.range = {*begin, *end};
  if (*begin == *end) {
    parsed.why = "the range is empty: it begins when it ends";
  } else if (*begin > *end) {
    parsed.why = "the range is reversed: it begins after its end";
  } else if (*begin >= now_realtime_ns) {
    parsed.why = "the range lies in the future";
  }
  return parsed;
}

}  // namespace goxel_telemetry::metrics
