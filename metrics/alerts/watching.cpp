// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/alerts/watching.h"

#include <algorithm>

#include "metrics/text/format.h"

namespace goxel_telemetry::metrics {
namespace {

constexpr std::size_t kMostCounted = 60;  // in a window

void look_at_age(const Snapshot& snapshot, const RuleSettings& settings, const Time& now,
                 std::vector<Condition>& conditions) {
  if (snapshot.daemon.state != shm::ProducerState::live) return;
  const double limit_ns = settings.limit * static_cast<double>(kNsPerSecond);
  const auto age_ns = static_cast<double>(now.monotonic_ns -
                                          std::min(now.monotonic_ns, snapshot.taken_monotonic_ns));
  const double lag_ns =
      snapshot.freshness.daemon ? static_cast<double>(snapshot.freshness.daemon->p50_ns) : 0;
  if (std::max(age_ns, lag_ns) <= limit_ns) return;
  Condition condition{.rule = AlertRule::data_stale, .instance = snapshot.instance};
  condition.since_ns = snapshot.taken_realtime_ns;
  condition.summary = "what is shown of " + snapshot.instance + " is " +
                      format_duration(std::max(age_ns, lag_ns)) + " old: the bridge cannot keep up";
  condition.advice =
      "See whether the machine is overloaded, or watch fewer daemons (--instance); the bridge's "
      "log "
      "says which thread hangs";
  condition.evidence.facts = {{"limit", format_duration(limit_ns)},
                              {"looked at last", format_duration(age_ns) + " ago"},
                              {"half of the records wait longer than", format_duration(lag_ns)}};
  conditions.push_back(std::move(condition));
}

void look_at_cost(const Snapshot& snapshot, const RuleSettings& settings,
                  std::vector<Condition>& conditions) {
  const OwnCost& cost = snapshot.own_cost;
  if (snapshot.daemon.state != shm::ProducerState::live || !cost.waited_share ||
      cost.samples < settings.requests || *cost.waited_share <= settings.limit)
    return;
  Condition condition{.rule = AlertRule::observer_expensive,
                      .instance = snapshot.instance,
                      .since_ns = snapshot.taken_realtime_ns};
  condition.summary = "requests to " + snapshot.instance + " wait " +
                      format_percent(*cost.waited_share) + " of their time for telemetry";
  condition.advice = "See what a request waits for (goxel-telemetry status --instance " +
                     snapshot.instance + "); the daemon needs none of it to work";
  condition.evidence.facts = {{"limit", format_percent(settings.limit)},
                              {"timed calls", format_count(cost.samples)}};
  if (cost.waited)
    condition.evidence.facts.push_back(
        {"waited for by a request", format_duration(cost.waited->ns)});
  conditions.push_back(std::move(condition));
}

}  // namespace

void Watching::look_for_losses(const Snapshot& snapshot, const RuleSettings& settings,
                               const Time& now, std::vector<Condition>& conditions) {
  const std::uint64_t window_ns = settings.window * kNsPerSecond;
  const Counted latest{now.monotonic_ns, snapshot.ring.published, snapshot.ring.lost};
  // A reader that began anew counts from zero.
  if (!counted_.empty() && latest.published < counted_.back().published) counted_.clear();
  if (counted_.empty() ||
      now.monotonic_ns >= counted_.back().monotonic_ns + window_ns / kMostCounted)
    counted_.push_back(latest);
  while (counted_.size() > 1 && counted_[1].monotonic_ns + window_ns <= now.monotonic_ns)
    counted_.pop_front();
  const Counted& oldest = counted_.front();
  const std::uint64_t lost = latest.lost - std::min(latest.lost, oldest.lost);
  const std::uint64_t published = latest.published - oldest.published;
  if (lost == 0 || static_cast<double>(lost) <= settings.limit * static_cast<double>(published))
    return;
  Condition condition{.rule = AlertRule::records_lost, .instance = snapshot.instance};
  condition.since_ns = snapshot.taken_realtime_ns -
                       std::min(snapshot.taken_realtime_ns, now.monotonic_ns - oldest.monotonic_ns);
  condition.summary = format_count(lost) + " records of " + snapshot.instance +
                      " were overwritten before the bridge came to them, and are in no figure";
  condition.advice =
      "Make the segment larger (segment_size in daemon_config.json), or give the machine less to "
      "do";
  condition.evidence.facts = {{"limit", format_percent(settings.limit)},
                              {"lost", format_count(lost) + " of " + format_count(published)},
                              {"within", format_duration(static_cast<double>(window_ns))}};
  conditions.push_back(std::move(condition));
}

void Watching::look(const Snapshot& snapshot, const AlertSettings& settings, const Time& now,
                    std::vector<Condition>& conditions) {
  look_for_losses(snapshot, settings[AlertRule::records_lost], now, conditions);
  look_at_age(snapshot, settings[AlertRule::data_stale], now, conditions);
  look_at_cost(snapshot, settings[AlertRule::observer_expensive], conditions);
}

void look_at_history(const std::string& message, const Time& now,
                     std::vector<Condition>& conditions) {
  if (message.empty()) return;
  Condition condition{.rule = AlertRule::history_failing, .since_ns = now.realtime_ns};
  condition.summary = "the bridge's history is not written: " + message;
  condition.advice =
      "Make room on its disk, or give the bridge's user the file; what waits in memory is written "
      "then";
  conditions.push_back(std::move(condition));
}

}  // namespace goxel_telemetry::metrics
