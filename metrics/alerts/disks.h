// SPDX-License-Identifier: GPL-3.0-or-later
// Whether there is room on the disks to which the bridge writes its history and its alerts: before it can write them no more.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "metrics/alerts/condition.h"
#include "metrics/alerts/rule_settings.h"

namespace goxel_telemetry::metrics {

struct FileSystem {
  std::uint64_t device = 0;
  std::uint64_t bytes = 0;
  std::uint64_t free_bytes = 0;  // for who is not root
};
// Of a folder; empty: it cannot be looked at.
std::optional<FileSystem> file_system_of(const std::string& folder);

class Disks {
 public:
  static constexpr std::uint64_t kBetweenLooksNs = 10 * kNsPerSecond;
  // So many are enough, however small their share of a large disk is.
  static constexpr std::uint64_t kEnoughBytes = std::uint64_t{10} << 30;
  using FileSystemOf = std::function<std::optional<FileSystem>(const std::string& folder)>;

  // Those in memory (kInMemory) are on none.
  explicit Disks(const std::vector<std::string>& files,
                 FileSystemOf file_system_of = metrics::file_system_of);

  // Asks the file systems every now and then: may wait as long as the disk does.
  void look(const RuleSettings& settings, const Time& now, std::vector<Condition>& conditions);

 private:
  struct Disk {
    std::string folder;  // one that is on it
    FileSystem file_system;
  };
  std::vector<std::string> folders_;
  FileSystemOf file_system_of_;
  std::vector<Disk> disks_;
  std::uint64_t looked_ns_ = 0;  // CLOCK_MONOTONIC; 0: never
};

}  // namespace goxel_telemetry::metrics
