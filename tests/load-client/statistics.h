// SPDX-License-Identifier: GPL-3.0-or-later
// What the client itself saw, by operation: what the plugin reports is compared with it.
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace load_client {

struct OperationStatistics {
  std::uint64_t requests = 0;
  std::uint64_t errors = 0;
  std::uint64_t unanswered = 0;
  // Of answered requests; exact values, so that quantiles are exact, too.
  std::vector<std::uint64_t> round_trips_ns;

  void merge(const OperationStatistics& other);
};

using Statistics = std::map<std::string, OperationStatistics>;

void merge(Statistics& into, const Statistics& from);

// { "operations": { "<protocol>/<operation>": { "requests": n, ... } }, "seconds": ...,
// "requests_per_second": ... }
nlohmann::ordered_json report(Statistics statistics, double seconds);

}  // namespace load_client
