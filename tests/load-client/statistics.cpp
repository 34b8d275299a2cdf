// SPDX-License-Identifier: GPL-3.0-or-later
#include "statistics.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace load_client {
namespace {

// The smallest value that at least this share of all values does not exceed. `sorted` is not empty.
std::uint64_t quantile(const std::vector<std::uint64_t>& sorted, double share) {
  const double rank = std::ceil(share * static_cast<double>(sorted.size()));
  return sorted[static_cast<std::size_t>(std::max(rank, 1.0)) - 1];
}

nlohmann::ordered_json describe(OperationStatistics& operation) {
  nlohmann::ordered_json text{{"requests", operation.requests},
                              {"errors", operation.errors},
                              {"unanswered", operation.unanswered}};
  auto& times = operation.round_trips_ns;
  if (times.empty()) return text;
  std::sort(times.begin(), times.end());
  const double sum = std::accumulate(times.begin(), times.end(), 0.0);
  text["mean_ns"] = sum / static_cast<double>(times.size());
  text["min_ns"] = times.front();
  text["p50_ns"] = quantile(times, 0.5);
  text["p99_ns"] = quantile(times, 0.99);
  text["max_ns"] = times.back();
  return text;
}

}  // namespace

void OperationStatistics::merge(const OperationStatistics& other) {
  requests += other.requests;
  errors += other.errors;
  unanswered += other.unanswered;
  round_trips_ns.insert(round_trips_ns.end(), other.round_trips_ns.begin(),
                        other.round_trips_ns.end());
}

void merge(Statistics& into, const Statistics& from) {
  for (const auto& [name, operation] : from) into[name].merge(operation);
}

nlohmann::ordered_json report(Statistics statistics, double seconds) {
  nlohmann::ordered_json operations = nlohmann::ordered_json::object();
  std::uint64_t requests = 0;
  for (auto& [name, operation] : statistics) {
    requests += operation.requests;
    operations[name] = describe(operation);
  }
  return {{"operations", operations},
          {"seconds", seconds},
          {"requests_per_second", seconds > 0 ? static_cast<double>(requests) / seconds : 0.0}};
}

}  // namespace load_client
