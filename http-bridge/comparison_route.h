// SPDX-License-Identifier: GPL-3.0-or-later
// GET /api/v1/compare and /api/v1/baselines: answers made again for each request, from files and
// from the ring.
//
// An answer may take some hundred milliseconds, so only one is made at a time. A few requests may
// wait for their turn; further clients are asked to try again later. So nearly all threads stay
// free for quick answers.
#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>

#include "http-bridge/routes.h"

namespace goxel_telemetry::http_bridge {

inline constexpr std::string_view kComparePath = "/api/v1/compare";
inline constexpr std::string_view kBaselinesPath = "/api/v1/baselines";

class ComparisonRoutes {
 public:
  static constexpr unsigned kMostInflight = 4;

  // An empty argument means that there is no such file or folder.
  ComparisonRoutes(std::string history_file, std::string baseline_folder)
      : history_file_(std::move(history_file)), baseline_folder_(std::move(baseline_folder)) {}

  // Thread-safe. Live sides are among the instances of `watched`.
  Response compare(const Request& request, const Snapshots& watched);
  Response baselines(const Request& request);

  // Runs `work` when its turn has come, if there is room to wait for it. Thread-safe.
  Response in_turn(const std::function<Response()>& work);

 private:
  const std::string history_file_;
  const std::string baseline_folder_;
  std::atomic<unsigned> inflight_{0};
  std::mutex turn_;
};

}  // namespace goxel_telemetry::http_bridge
