// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/alerts/in_hand.h"

#include <algorithm>
#include <map>

#include "metrics/text/format.h"

namespace goxel_telemetry::metrics {
namespace {

constexpr std::size_t kMostTold = 8;    // requests in one alert
constexpr std::size_t kMostStuck = 16;  // that are stuck, of one instance

AlertFact fact_of(const InflightRequest& request) {
  return {"in hand: " + request.operation,
          request.phase + " for " + format_duration(static_cast<double>(request.age_ns)) +
              ", connection " + std::to_string(request.connection) +
              (request.thread == 0 ? "" : ", thread " + std::to_string(request.thread))};
}

}  // namespace

std::vector<AlertFact> facts_of_requests_in_hand(const std::vector<InflightRequest>& requests) {
  std::vector<AlertFact> facts;
  for (const InflightRequest& request : requests) {
    if (facts.size() == kMostTold) break;
    facts.push_back(fact_of(request));
  }
  if (requests.size() > kMostTold) {
    facts.push_back({"in hand", format_count(requests.size() - kMostTold) + " more"});
  }
  return facts;
}

void look_for_stuck_requests(const Snapshot& snapshot, const RuleSettings& settings,
                             std::vector<Condition>& conditions) {
  if (snapshot.daemon.state != shm::ProducerState::live) return;
  const double limit_ns = settings.limit * static_cast<double>(kNsPerSecond);
  std::map<std::string, std::vector<const InflightRequest*>> stuck;  // oldest first
  for (const InflightRequest& request : snapshot.inflight) {
    if (request.layer != kDaemonLayer || static_cast<double>(request.age_ns) <= limit_ns) continue;
    if (stuck.size() < kMostStuck || stuck.contains(request.operation))
      stuck[request.operation].push_back(&request);
  }
  for (const auto& [operation, requests] : stuck) {
    const std::uint64_t oldest_ns = requests.front()->age_ns;
    Condition condition{
        .rule = AlertRule::request_stuck,
        .instance = snapshot.instance,
        .subject = operation,
        .since_ns = snapshot.taken_realtime_ns - std::min(oldest_ns, snapshot.taken_realtime_ns)};
    if (static_cast<double>(requests.size()) >= settings.confirmed)
      condition.level = AlertLevel::confirmed;
    condition.summary =
        "the daemon " + snapshot.instance + " does not answer " +
        (requests.size() == 1 ? "a request" : format_count(requests.size()) + " requests") +
        " for " + operation;
    condition.advice = "See what waits: goxel-telemetry inflight --instance " + snapshot.instance;
    condition.evidence.facts = {{"limit", format_duration(limit_ns)}};
    for (std::size_t i = 0; i < std::min(requests.size(), kMostTold); ++i)
      condition.evidence.facts.push_back(fact_of(*requests[i]));
    conditions.push_back(std::move(condition));
  }
}

}  // namespace goxel_telemetry::metrics
