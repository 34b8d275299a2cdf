// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/alerts/alert_file.h"

#include <filesystem>
#include <system_error>

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

}  // namespace goxel_telemetry::metrics
