// SPDX-License-Identifier: GPL-3.0-or-later
// goxel-telemetry history: the past, from the file that the bridge keeps, or from the records that
// the ring still holds.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "cli/screen/terminal.h"
#include "metrics/history/answer.h"

namespace goxel_telemetry::cli {

struct HistoryOptions {
  std::string instance;
  bool json = false;
  std::string file;  // empty: the ring
  std::string from;  // metrics/text/time_range.h
  std::string to;
  std::uint32_t points = 24;
  std::optional<std::string> operation;
  std::optional<std::string> stack;
  std::optional<std::string> protocol;
  std::string layer = "daemon";
};

std::string history_screen(const metrics::HistoryFilter& filter,
                           const metrics::HistoryAnswer& answer, const Style& style);

// Throws Failure.
int run_history(const HistoryOptions& options);

}  // namespace goxel_telemetry::cli
