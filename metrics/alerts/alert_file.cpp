// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/alerts/alert_file.h"

#include <filesystem>
#include <system_error>

#include "metrics/history/file_lock.h"
#include "metrics/text/format.h"

namespace goxel_telemetry::metrics {

std::string alerts_file_of(const std::string& history_file) {
  return history_file + ".alerts";
}

std::string packaged_alerts_file() {
  return alerts_file_of("/var/lib/goxel-telemetry/history.db");
}

std::unique_ptr<AlertStore> open_existing(const std::string& file, AlertStore::Mode mode,
                                          HistoryResult& result) {
  std::error_code error;
  const bool is_there = std::filesystem::exists(file, error);
  return AlertStore::open(file, is_there ? mode : AlertStore::Mode::read, result);
}

std::string nobody_watches(const std::string& file, std::uint64_t now_realtime_ns) {
  constexpr std::uint64_t kPatienceNs = 3 * kBetweenSignsNs;
  const auto last_ns = FileLock::touched_ns(file);
  if (!last_ns || now_realtime_ns < *last_ns + kPatienceNs) return {};
  return "no bridge has watched since " + format_date_time(*last_ns) +
         ": what is active may be over";
}

}  // namespace goxel_telemetry::metrics
