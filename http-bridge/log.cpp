// SPDX-License-Identifier: GPL-3.0-or-later
#include "http-bridge/log.h"

#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <mutex>
#include <utility>

#include "metrics/text/characters.h"
#include "metrics/text/printable.h"
#include "shm/clock.h"

namespace goxel_telemetry::http_bridge {
namespace {

// A pipe that can be written to at all takes so many bytes at once (PIPE_BUF).
constexpr std::size_t kMostBytes = 4'096;
constexpr std::size_t kMostValueBytes = 1'024;

constexpr std::array<std::string_view, 4> kNames = {"debug", "info", "warning", "error"};
constexpr std::array<std::string_view, 4> kPriorities = {"<7>", "<6>", "<4>", "<3>"};

std::string_view name_of(LogLevel level) {
  return kNames[static_cast<std::size_t>(level)];
}

// In double quotes, for both formats: there are no control characters left.
std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

std::string harmless(std::string_view value) {
  const bool is_long = value.size() > kMostValueBytes;
  std::string text = metrics::visible(metrics::printable(value.substr(0, kMostValueBytes)));
  return is_long ? text + "…" : text;
}

std::string bare_or_quoted(const std::string& text) {
  const bool is_bare = !text.empty() && text.find_first_of(" =\"\\") == std::string::npos;
  return is_bare ? text : quoted(text);
}

// RFC 3339, in UTC: 2025-11-25T18:46:03.250Z
std::string time_text(std::uint64_t realtime_ns) {
  const auto seconds = static_cast<std::time_t>(realtime_ns / 1'000'000'000);
  std::tm utc{};
  ::gmtime_r(&seconds, &utc);
  std::array<char, 32> date{};
  const std::size_t size = std::strftime(date.data(), date.size(), "%Y-%m-%dT%H:%M:%S", &utc);
  const std::string milliseconds = std::to_string(1'000 + realtime_ns / 1'000'000 % 1'000);
  return std::string(date.data(), size) + '.' + milliseconds.substr(1) + 'Z';
}

// Whether standard error is the journal: systemd names the socket that it gave us.
bool is_journal() {
  const char* const named = std::getenv("JOURNAL_STREAM");
  struct stat error {};
  if (named == nullptr || ::fstat(STDERR_FILENO, &error) != 0) return false;
  return named == std::to_string(error.st_dev) + ':' + std::to_string(error.st_ino);
}

class Log {
 public:
  void set(const LogSettings& settings) {
    const std::scoped_lock lock(mutex_);
    settings_ = settings;
  }

  void write(LogLevel level, std::string_view event, LogFields fields, bool may_repeat) {
    const std::scoped_lock lock(mutex_);
    if (level < settings_.level) return;
    std::uint64_t kept_back = 0;
    if (!may_repeat) {
      const auto admitted = repeats_.admit(
          log_line(LogFormat::logfmt, std::nullopt, level, event, fields), shm::monotonic_ns());
      if (!admitted) return;
      kept_back = *admitted;
    }
    const bool to_journal = is_journal();
    std::string line =
        log_line(settings_.format, to_journal ? std::nullopt : std::optional(shm::realtime_ns()),
                 level, event, fields, kept_back);
    if (to_journal) line.insert(0, kPriorities[static_cast<std::size_t>(level)]);
    put(line);
  }

 private:
  static void put(const std::string& line) {
    pollfd error{STDERR_FILENO, POLLOUT, 0};
    if (::poll(&error, 1, 0) != 1 || (error.revents & POLLOUT) == 0) return;
    [[maybe_unused]] const ssize_t ignored = ::write(STDERR_FILENO, line.data(), line.size());
  }

  std::mutex mutex_;  // guards what follows
  LogSettings settings_;
  LogRepeats repeats_;
};

Log& the_log() {
  static Log log;
  return log;
}

}  // namespace

void set_log(const LogSettings& settings) {
  the_log().set(settings);
}

void log_event(LogLevel level, std::string_view event, LogFields fields) {
  the_log().write(level, event, fields, true);
}

void log_trouble(LogLevel level, std::string_view event, LogFields fields) {
  the_log().write(level, event, fields, false);
}

std::string log_line(LogFormat format, std::optional<std::uint64_t> realtime_ns, LogLevel level,
                     std::string_view event, LogFields fields, std::uint64_t kept_back) {
  const bool is_json = format == LogFormat::json;
  std::string line;
  const auto add = [&](std::string_view key, const std::string& value) {
    if (is_json) {
      const std::string member = (line.empty() ? "{" : ",") + quoted(key) + ':' + quoted(value);
      if (line.size() + member.size() + 2 <= kMostBytes) line += member;
    } else {
      const std::string member =
          (line.empty() ? "" : " ") + std::string(key) + '=' + bare_or_quoted(value);
      if (line.size() + member.size() + 1 <= kMostBytes) line += member;
    }
  };
  if (realtime_ns) add("time", time_text(*realtime_ns));
  add("level", std::string(name_of(level)));
  add("event", std::string(event));
  for (const LogField& field : fields) add(field.key, harmless(field.value));
  if (kept_back > 0) add("kept_back", std::to_string(kept_back));
  return line + (is_json ? "}\n" : "\n");
}

std::optional<std::uint64_t> LogRepeats::admit(const std::string& line, std::uint64_t now_ns) {
  const auto is_over = [now_ns](const Written& one) { return now_ns >= one.at_ns + kIntervalNs; };
  const auto found = written_.find(line);
  if (found != written_.end()) {
    if (is_over(found->second)) return std::exchange(found->second, {now_ns, 0}).kept_back;
    ++found->second.kept_back;
    return std::nullopt;
  }
  if (written_.size() >= kMostLines) {
    std::erase_if(written_, [&](const auto& one) { return is_over(one.second); });
  }
  if (written_.size() >= kMostLines) return std::nullopt;
  written_[line] = {now_ns, 0};
  return 0;
}

}  // namespace goxel_telemetry::http_bridge
