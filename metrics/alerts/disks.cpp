// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/alerts/disks.h"

#include <sys/stat.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "metrics/history/database.h"
#include "metrics/text/format.h"

namespace goxel_telemetry::metrics {

std::optional<FileSystem> file_system_of(const std::string& folder) {
  struct stat status {};
  struct statvfs room {};
  if (::stat(folder.c_str(), &status) != 0 || ::statvfs(folder.c_str(), &room) != 0)
    return std::nullopt;
  return FileSystem{status.st_dev, std::uint64_t{room.f_blocks} * room.f_frsize,
                    std::uint64_t{room.f_bavail} * room.f_frsize};
}

Disks::Disks(const std::vector<std::string>& files, FileSystemOf file_system_of)
    : file_system_of_(std::move(file_system_of)) {
  for (const std::string& file : files) {
    if (file.empty() || file.starts_with(kInMemory)) continue;
    const std::string folder = std::filesystem::path(file).parent_path().string();
    folders_.push_back(folder.empty() ? "." : folder);
  }
}

void Disks::look(const RuleSettings& settings, const Time& now,
                 std::vector<Condition>& conditions) {
  if (looked_ns_ == 0 || now.monotonic_ns >= looked_ns_ + kBetweenLooksNs) {
    looked_ns_ = now.monotonic_ns;
    disks_.clear();
    for (const std::string& folder : folders_) {
      const auto found = file_system_of_(folder);
      const bool is_known =
          !found || std::any_of(disks_.begin(), disks_.end(), [&](const Disk& one) {
            return one.file_system.device == found->device;
          });
      if (!is_known) disks_.push_back({folder, *found});
    }
  }
  for (const auto& [folder, disk] : disks_) {
    if (disk.bytes == 0 || disk.free_bytes >= kEnoughBytes) continue;
    const double share = static_cast<double>(disk.free_bytes) / static_cast<double>(disk.bytes);
    if (share >= settings.limit) continue;
    Condition condition{.rule = AlertRule::disk_full, .subject = folder};
    condition.level = share < settings.confirmed ? AlertLevel::confirmed : AlertLevel::warning;
    condition.since_ns = now.realtime_ns;
    condition.summary = "the disk of " + folder + " has only " +
                        format_bytes(static_cast<double>(disk.free_bytes)) + " left, " +
                        format_percent(share) + " of it: soon the bridge can write nothing there";
    condition.advice =
        "Make room on it, or let the history be smaller (history-size in the bridge's "
        "configuration)";
    condition.evidence.facts = {{"limit", format_percent(settings.limit)},
                                {"free", format_bytes(static_cast<double>(disk.free_bytes))},
                                {"size", format_bytes(static_cast<double>(disk.bytes))}};
    conditions.push_back(std::move(condition));
  }
}

}  // namespace goxel_telemetry::metrics
