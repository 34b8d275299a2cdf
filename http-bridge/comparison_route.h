// SPDX-License-Identifier: GPL-3.0-or-later
// GET /api/v1/compare and /api/v1/baselines: answers made again for each request, from files and
// from the ring, in their turn (costly_work.h).
#pragma once

#include <string>
#include <string_view>

#include "http-bridge/costly_work.h"
#include "http-bridge/routes.h"

namespace goxel_telemetry::http_bridge {

inline constexpr std::string_view kComparePath = "/api/v1/compare";
inline constexpr std::string_view kBaselinesPath = "/api/v1/baselines";

class ComparisonRoutes {
 public:
  // An empty argument means that there is no such file or folder. `costly` must outlive this object.
  ComparisonRoutes(std::string history_file, std::string baseline_folder, CostlyWork& costly)
      : history_file_(std::move(history_file)),
        baseline_folder_(std::move(baseline_folder)),
        costly_(costly) {}

  // Thread-safe. Live sides are among the instances of `watched`.
  Response compare(const Request& request, const Snapshots& watched);
  Response baselines(const Request& request);

 private:
  const std::string history_file_;
  const std::string baseline_folder_;
  CostlyWork& costly_;
};

}  // namespace goxel_telemetry::http_bridge
