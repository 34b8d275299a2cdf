// SPDX-License-Identifier: GPL-3.0-or-later
// When the operator is told what, about spans that do not get to the collector: once when that begins and once when it is over,
// and of what is lost all the same once a minute. Each function gives a sentence, or nothing if there is nothing to say.
#pragma once

#include <chrono>
#include <string>

#include "http-bridge/export_counts.h"

namespace goxel_telemetry::http_bridge::otlp {

class Complaints {
 public:
  static constexpr std::chrono::seconds kSeldom{60};
  using Time = std::chrono::steady_clock::time_point;

  // `url`: of the collector.
  explicit Complaints(std::string url) : url_(std::move(url)) {}

  // The collector does not take spans for now.
  std::string away(const std::string& why, const ExportCounts& counts);
  // It took some.
  std::string back(const ExportCounts& counts);
  // It refused some for good. lost() says so.
  void refused(const std::string& why) { refusal_ = why; }
  std::string lost(const ExportCounts& counts, Time now);
  // At the end, so many were not sent.
  std::string left(std::uint64_t spans) const;

 private:
  std::string losses(const ExportCounts& counts);

  const std::string url_;
  bool is_away_ = false;
  std::string refusal_;
  ExportCounts said_;  // what was lost by then has been said
  Time seldom_{};      // the next time for lost()
};

}  // namespace goxel_telemetry::http_bridge::otlp
