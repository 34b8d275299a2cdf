// SPDX-License-Identifier: GPL-3.0-or-later
// What an operator is told while the bridge runs: one line an event, on standard error, as logfmt
//
//   level=warning event=history_not_written why="the history file /h.db: No space left on device"
//
// or as JSON. To the journal each line begins with its priority and leaves the time to it. Values may
// come from anybody: they cannot end a line or a quotation. Whoever does not read standard error loses
// lines; nobody waits for it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace goxel_telemetry::http_bridge {

enum class LogLevel { debug, info, warning, error };
enum class LogFormat { logfmt, json };

struct LogSettings {
  LogLevel level = LogLevel::info;  // the lowest that is written
  LogFormat format = LogFormat::logfmt;
  bool operator==(const LogSettings&) const = default;
};

struct LogField {
  std::string_view key;
  std::string value;
};
using LogFields = std::initializer_list<LogField>;

// From now on. Thread-safe, as is all that follows.
void set_log(const LogSettings& settings);

void log_event(LogLevel level, std::string_view event, LogFields fields = {});

// The same of what may come again and again: the same line at most once a minute, then with a count
// of those that were kept back.
void log_trouble(LogLevel level, std::string_view event, LogFields fields = {});

// A line with its newline. `realtime_ns`: empty for the journal.
std::string log_line(LogFormat format, std::optional<std::uint64_t> realtime_ns, LogLevel level,
                     std::string_view event, LogFields fields, std::uint64_t kept_back = 0);

// Which lines come too often.
class LogRepeats {
 public:
  static constexpr std::uint64_t kIntervalNs = 60'000'000'000;
  static constexpr std::size_t kMostLines = 64;  // different ones in an interval

  // How many of the same were kept back since it was written last, if it is to be written now.
  std::optional<std::uint64_t> admit(const std::string& line, std::uint64_t now_ns);

 private:
  struct Written {
    std::uint64_t at_ns = 0;
    std::uint64_t kept_back = 0;
  };
  std::map<std::string, Written> written_;
};

}  // namespace goxel_telemetry::http_bridge
