// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/alerts/daemon_life.h"

#include <algorithm>

#include "metrics/alerts/in_hand.h"
#include "metrics/text/format.h"

namespace goxel_telemetry::metrics {
namespace {

using shm::ProducerState;

constexpr std::size_t kMostStarts = 100;

std::string blackbox_of(const std::string& instance) {
  return "See what it was doing: goxel-telemetry blackbox --instance " + instance;
}

AlertFact last_sign(std::uint64_t at_ns) {
  return {"last sign of life", format_utc(at_ns)};
}

Condition gone(const std::string& instance, bool crashed, std::uint64_t ended_ns,
               const std::vector<AlertFact>& last) {
  Condition condition{.rule = AlertRule::daemon_gone, .instance = instance, .since_ns = ended_ns};
  condition.level = crashed ? AlertLevel::confirmed : AlertLevel::warning;
  condition.summary = "the daemon " + instance +
                      (crashed ? " has crashed or was killed" : " has ended, in an orderly way");
  condition.advice = crashed ? blackbox_of(instance) + ", and start it again"
                             : "Start it again if nobody meant to stop it";
  condition.evidence.facts = crashed ? last : std::vector<AlertFact>{last_sign(ended_ns)};
  return condition;
}

const EndedRun* find(const SharedList<EndedRun>& ended, std::uint64_t number) {
  const auto found = std::find_if(ended.begin(), ended.end(),
                                  [number](const EndedRun& run) { return run.number == number; });
  return found == ended.end() ? nullptr : &*found;
}

}  // namespace

void DaemonLife::take_up(const Alert& alert) {
  if (alert.rule != AlertRule::daemon_gone) return;
  has_ended_ = true;
  crashed_ = alert.level == AlertLevel::confirmed;
  ended_ns_ = alert.since_ns;
  if (crashed_) crashed(ended_ns_, {});
}

void DaemonLife::crashed(std::uint64_t ended_ns, const std::vector<InflightRequest>& in_hand) {
  last_ = {last_sign(ended_ns)};
  for (AlertFact& fact : facts_of_requests_in_hand(in_hand)) last_.push_back(std::move(fact));
}

void DaemonLife::look_for_end(const Snapshot& snapshot, const RuleSettings& settings,
                              const Time& now) {
  const Daemon& daemon = snapshot.daemon;
  const bool is_over = daemon.state == ProducerState::dead ||
                       daemon.state == ProducerState::retired ||
                       (daemon.state == ProducerState::absent && was_live_);
  if (!is_over || has_ended_) return;
  const std::uint64_t last_ns = daemon.state == ProducerState::absent
                                    ? snapshot.taken_realtime_ns
                                    : last_sign_of_life_ns(snapshot);
  if (!was_live_ && last_ns + settings.window * kNsPerSecond < now.realtime_ns) return;
  has_ended_ = true;
  // A segment that is gone says nothing about its end: it may have been removed in order.
  crashed_ = daemon.state == ProducerState::dead;
  ended_ns_ = std::min(last_ns, now.realtime_ns);
  if (crashed_) crashed(ended_ns_, snapshot.inflight);
}

// Runs that began since the last look. Who restarts a daemon does it within a tenth of a second: mostly nobody saw that it
// was gone, but its reader knows how the run before ended.
void DaemonLife::look_for_starts(const Snapshot& snapshot, const RuleSettings& settings,
                                 const Time& now) {
  const Daemon& daemon = snapshot.daemon;
  if (runs_ == 0 || runs_ > daemon.runs_seen)
    runs_ = daemon.runs_seen - std::min(daemon.runs_seen, daemon.ended_runs.size());
  while (runs_ < daemon.runs_seen) {
    const EndedRun* const before = find(daemon.ended_runs, runs_);
    const EndedRun* const itself = find(daemon.ended_runs, ++runs_);
    const std::uint64_t at_ns =
        itself == nullptr ? daemon.started_realtime_ns : itself->started_realtime_ns;
    const bool after_crash =
        before == nullptr ? has_ended_ && crashed_ : before->state == ProducerState::dead;
    if (before != nullptr && after_crash)
      crashed(before->last_sign_of_life_realtime_ns, before->inflight);
    starts_.push_back({std::min(at_ns, now.realtime_ns), after_crash});
    if (starts_.size() > kMostStarts) starts_.pop_front();
    was_live_ = true;
    has_ended_ = false;
  }
  while (!starts_.empty() &&
         starts_.front().at_ns + settings.window * kNsPerSecond < now.realtime_ns)
    starts_.pop_front();
}

void DaemonLife::look(const Snapshot& snapshot, const AlertSettings& settings, const Time& now,
                      std::vector<Condition>& conditions) {
  const std::string& instance = snapshot.instance;
  look_for_starts(snapshot, settings[AlertRule::daemon_restarted], now);
  if (snapshot.daemon.state == ProducerState::live) {
    was_live_ = true;
    has_ended_ = false;
  } else {
    look_for_end(snapshot, settings[AlertRule::daemon_gone], now);
  }

  if (has_ended_) {
    Condition condition = gone(instance, crashed_, ended_ns_, last_);
    const std::uint64_t usual_after = settings[AlertRule::daemon_gone].window * kNsPerSecond;
    if (!crashed_ && ended_ns_ + usual_after < now.realtime_ns)
      condition.over = AlertEnd::new_level;
    conditions.push_back(std::move(condition));
  }

  const auto crashes = std::count_if(starts_.begin(), starts_.end(),
                                     [](const Start& start) { return start.after_crash; });
  const bool many =
      static_cast<double>(starts_.size()) >= settings[AlertRule::daemon_restarted].confirmed;
  if (crashes > 0 || many) {
    Condition condition{.rule = AlertRule::daemon_restarted,
                        .instance = instance,
                        .level = many ? AlertLevel::confirmed : AlertLevel::warning,
                        .since_ns = starts_.front().at_ns};
    condition.summary =
        "the daemon " + instance +
        (many ? " was started " + std::to_string(starts_.size()) + " times within " +
                    format_duration(static_cast<double>(
                        settings[AlertRule::daemon_restarted].window * kNsPerSecond))
              : " was started again after a crash");
    condition.advice = "Look for why it ends in its own log, and in what it had in hand";
    condition.evidence.facts = {{"started last", format_utc(starts_.back().at_ns)},
                                {"starts", std::to_string(starts_.size())},
                                {"after a crash", std::to_string(crashes)}};
    for (const AlertFact& fact : last_) condition.evidence.facts.push_back(fact);
    conditions.push_back(std::move(condition));
  }

  const RuleSettings& silent = settings[AlertRule::daemon_silent];
  if (snapshot.daemon.state == ProducerState::live &&
      snapshot.daemon.heartbeat_age_seconds > silent.limit) {
    Condition condition{.rule = AlertRule::daemon_silent,
                        .instance = instance,
                        .level = AlertLevel::confirmed,
                        .since_ns = last_sign_of_life_ns(snapshot)};
    condition.summary =
        "the daemon " + instance + " gives no sign of life, but its process is there";
    condition.advice = "See whether process " + std::to_string(snapshot.process.pid) +
                       " is stopped, swapped out or waits for a disk: ps -o stat,wchan -p " +
                       std::to_string(snapshot.process.pid);
    condition.evidence.facts = {
        {"last sign of life", format_utc(condition.since_ns)},
        {"limit", format_duration(silent.limit * static_cast<double>(kNsPerSecond))}};
    for (AlertFact& fact : facts_of_requests_in_hand(snapshot.inflight))
      condition.evidence.facts.push_back(std::move(fact));
    conditions.push_back(std::move(condition));
  }
}

}  // namespace goxel_telemetry::metrics
