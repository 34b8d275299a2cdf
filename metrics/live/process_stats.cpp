// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/live/process_stats.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>
#include <algorithm>
#include <charconv>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <string_view>

namespace goxel_telemetry::metrics {
namespace {

constexpr std::uint64_t kMostDescriptorsCounted = 65'536;

std::string path_of(std::uint32_t pid, const char* file) {
  return "/proc/" + std::to_string(pid) + "/" + file;
}

// The first 4 KiB, which is all of the files read here; empty if it cannot be read.
std::string contents(const std::string& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return {};
  std::string text(4096, '\0');
  const ssize_t got = ::read(fd, text.data(), text.size());
  close(fd);
  text.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  return text;
}

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() ? std::optional(value) : std::nullopt;
}

// Word number `index`, counted from 0; empty if there are fewer words.
std::string_view word(std::string_view text, int index) {
  while (true) {
    text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
    const std::string_view found = text.substr(0, text.find_first_of(" \t\n"));
    if (index-- == 0 || found.empty()) return found;
    text.remove_prefix(found.size());
  }
}

// The rest of the line that begins with `name`.
std::string_view line_after(std::string_view text, std::string_view name) {
  while (!text.empty() && !text.starts_with(name)) {
    text.remove_prefix(std::min(text.find('\n'), text.size() - 1) + 1);
  }
  return text.substr(std::min(name.size(), text.size()));
}

// Field `number` of /proc/<pid>/stat as proc(5) numbers them, from 3 on. The program's name before
// them may hold anything, so they are counted from the last ')'.
std::optional<std::uint64_t> stat_field(std::string_view stat, int field) {
  const std::size_t name_end = stat.rfind(')');
  if (name_end == std::string_view::npos) return std::nullopt;
  return number(word(stat.substr(name_end + 1), field - 3));
}

std::optional<std::uint64_t> count_descriptors(std::uint32_t pid) {
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(opendir(path_of(pid, "fd").c_str()), &closedir);
  if (folder == nullptr) return std::nullopt;
  std::uint64_t count = 0;
  while (count < kMostDescriptorsCounted) {
    const dirent* entry = readdir(folder.get());
    if (entry == nullptr) break;
    count += entry->d_name[0] != '.';
  }
  return count;
}

// Unix time at which the machine was started.
std::optional<double> boot_time() {
  std::ifstream file("/proc/stat");
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with("btime ")) continue;
    const auto seconds = number(std::string_view(line).substr(6));
    if (seconds) return static_cast<double>(*seconds);
  }
  return std::nullopt;
}

}  // namespace

ProcessStats ProcessReader::read(std::uint64_t now_ns) {
  if (!last_ || now_ns < last_ns_ || now_ns - last_ns_ >= kFreshNs) {
    last_ = read_now(now_ns);
    last_ns_ = now_ns;
  }
  return *last_;
}

ProcessStats ProcessReader::read_now(std::uint64_t now_ns) {
  static const auto ticks_per_second = static_cast<double>(sysconf(_SC_CLK_TCK));
  static const auto page_bytes = static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  static const std::optional<double> booted = boot_time();

  ProcessStats stats;
  stats.pid = process_.pid;
  if (shm::liveness(process_) != shm::Liveness::alive) return stats;

  const std::string stat = contents(path_of(process_.pid, "stat"));
  if (const auto start = stat_field(stat, 22); start && booted) {
    stats.start_realtime_seconds = *booted + static_cast<double>(*start) / ticks_per_second;
  }
  const auto user = stat_field(stat, 14);
  const auto system = stat_field(stat, 15);
  if (user && system) {
    stats.cpu_seconds_total = static_cast<double>(*user + *system) / ticks_per_second;
    if (!cpu_seconds_then_ || now_ns < then_ns_) {
      cpu_seconds_then_ = stats.cpu_seconds_total;
      then_ns_ = now_ns;
    } else {
      const double passed = static_cast<double>(now_ns - then_ns_) / 1e9;
      cpu_ratio_ = std::max(0.0, *stats.cpu_seconds_total - *cpu_seconds_then_) / passed;
      cpu_seconds_then_ = stats.cpu_seconds_total;
      then_ns_ = now_ns;
    }
    stats.cpu_ratio = cpu_ratio_;
  }
  stats.threads = stat_field(stat, 20);
  const std::string statm = contents(path_of(process_.pid, "statm"));
  if (const auto pages = number(word(statm, 0))) stats.virtual_bytes = *pages * page_bytes;
  if (const auto pages = number(word(statm, 1))) stats.resident_bytes = *pages * page_bytes;
  const std::string limits = contents(path_of(process_.pid, "limits"));
  stats.max_fds = number(word(line_after(limits, "Max open files"), 0));
  stats.open_fds = count_descriptors(process_.pid);
  return stats;
}

}  // namespace goxel_telemetry::metrics
