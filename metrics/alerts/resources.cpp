// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/alerts/resources.h"

#include <algorithm>

#include "metrics/text/format.h"

namespace goxel_telemetry::metrics {
namespace {

constexpr double kWithinSeconds = 86'400;  // what runs out later is no alert yet

std::uint64_t before(const Snapshot& snapshot, std::uint64_t seconds) {
  return snapshot.taken_realtime_ns - std::min(seconds * kNsPerSecond, snapshot.taken_realtime_ns);
}

std::string in_window(const Trend& trend) {
  return format_duration(static_cast<double>(trend.window_seconds() * kNsPerSecond));
}

Condition about(const Snapshot& snapshot, AlertRule rule, const Trend& trend) {
  Condition condition{.rule = rule,
                      .instance = snapshot.instance,
                      .since_ns = before(snapshot, trend.window_seconds())};
  condition.evidence.course = trend.course();
  if (!condition.evidence.course.empty())
    condition.evidence.course_usual = condition.evidence.course.front();
  return condition;
}

std::string count(double value) {
  return format_count(static_cast<std::uint64_t>(std::max(value, 0.0)));
}

}  // namespace

void look_for_saturated_workers(const Snapshot& snapshot, const LayersView* layers,
                                const RuleSettings& settings, std::vector<Condition>& conditions) {
  if (snapshot.daemon.state != shm::ProducerState::live || layers == nullptr) return;
  const auto busy = [layers](Window window) {
    return layers->worker_utilisation[static_cast<std::size_t>(window)].value_or(0);
  };
  const double long_share = busy(Window::five_minutes);
  if (std::min(long_share, busy(Window::one_minute)) <= settings.limit) return;
  Condition condition{.rule = AlertRule::workers_saturated,
                      .instance = snapshot.instance,
                      .since_ns = before(snapshot, 300)};
  if (std::min(long_share, busy(Window::fifteen_minutes)) > settings.confirmed)
    condition.level = AlertLevel::confirmed;
  condition.summary = "the workers of " + snapshot.instance + " are busy " +
                      format_percent(long_share) + " of their time, so requests wait";
  condition.advice = "See what they are busy with: goxel-telemetry top --instance " +
                     snapshot.instance + " --sort share";
  condition.evidence.facts = {{"limit", format_percent(settings.limit)},
                              {"workers", format_count(layers->workers_configured)},
                              {"busy in 1m", format_percent(busy(Window::one_minute))},
                              {"busy in 5m", format_percent(long_share)},
                              {"busy in 15m", format_percent(busy(Window::fifteen_minutes))},
                              {"waiting now", format_count(layers->queue_depth)}};
  conditions.push_back(std::move(condition));
}

void Resources::look(const Snapshot& snapshot, const AlertSettings& settings, const Time& now,
                     std::vector<Condition>& conditions) {
  if (snapshot.daemon.state != shm::ProducerState::live) return;
  if (snapshot.daemon.runs_seen != run_) *this = {};
  run_ = snapshot.daemon.runs_seen;
  look_at_queue(snapshot, settings[AlertRule::queue_growing], now, conditions);
  look_at_connections(snapshot, settings[AlertRule::connections_leaking], now, conditions);
  look_at_descriptors(snapshot, settings[AlertRule::descriptors_leaking], now, conditions);
}

void Resources::look_at_queue(const Snapshot& snapshot, const RuleSettings& settings,
                              const Time& now, std::vector<Condition>& conditions) {
  const auto depth = static_cast<double>(snapshot.daemon.gauges[shm::Gauge::queue_depth]);
  queue_.add(depth, settings.window, now.monotonic_ns);
  const double lowest = queue_.lowest_of_last_part();
  if (!queue_.growth() || lowest < settings.limit) return;
  Condition condition = about(snapshot, AlertRule::queue_growing, queue_);
  if (lowest >= settings.confirmed) condition.level = AlertLevel::confirmed;
  condition.summary = "the queue of " + snapshot.instance + " grows: at least " + count(lowest) +
                      " requests wait all the time";
  condition.advice =
      "Send less, or see what the workers are busy with: goxel-telemetry top --instance " +
      snapshot.instance;
  condition.evidence.unit = "requests";
  condition.evidence.facts = {{"limit", count(settings.limit)},
                              {"waiting now", count(depth)},
                              {"more than " + in_window(queue_) + " ago", count(*queue_.growth())}};
  conditions.push_back(std::move(condition));
}

void Resources::look_at_connections(const Snapshot& snapshot, const RuleSettings& settings,
                                    const Time& now, std::vector<Condition>& conditions) {
  const auto open = static_cast<double>(snapshot.daemon.gauges[shm::Gauge::connections]);
  connections_.add(open, settings.window, now.monotonic_ns);
  requests_.add(snapshot.daemon.window(Window::one_minute).rate_per_second, settings.window,
                now.monotonic_ns);
  const auto growth = connections_.growth();
  if (!growth || *growth < settings.limit || requests_.growth()) return;
  Condition condition = about(snapshot, AlertRule::connections_leaking, connections_);
  condition.summary = "clients leave their connections to " + snapshot.instance +
                      " open: " + count(*growth) + " more than " + in_window(connections_) +
                      " ago, for no more requests";
  condition.advice = "See who holds them: ss -xp | grep goxel";
  condition.evidence.unit = "connections";
  condition.evidence.facts = {{"limit", count(settings.limit) + " more"},
                              {"open now", count(open)}};
  conditions.push_back(std::move(condition));
}

void Resources::look_at_descriptors(const Snapshot& snapshot, const RuleSettings& settings,
                                    const Time& now, std::vector<Condition>& conditions) {
  const auto& open = snapshot.process.open_fds;
  const auto& most = snapshot.process.max_fds;
  if (!open || !most || *most == 0) return;
  const auto now_open = static_cast<double>(*open);
  const auto may_open = static_cast<double>(*most);
  descriptors_.add(now_open, settings.window, now.monotonic_ns);
  const double share = now_open / may_open;
  const auto growth = descriptors_.growth();
  const double seconds_left =
      growth ? (may_open - now_open) / *growth * static_cast<double>(settings.window) : -1;
  const bool runs_out = growth && share > settings.limit && seconds_left < kWithinSeconds;
  if (share <= settings.confirmed && !runs_out) return;
  Condition condition = about(snapshot, AlertRule::descriptors_leaking, descriptors_);
  if (share > settings.confirmed) condition.level = AlertLevel::confirmed;
  condition.summary = snapshot.instance + " has " + format_percent(share) +
                      " of its file descriptors open" + (growth ? ", and ever more" : "");
  condition.advice =
      "Restart it before it can take no client any more: a goxel-daemon keeps the descriptors of "
      "clients that went away";
  condition.evidence.unit = "descriptors";
  condition.evidence.facts = {
      {"limit", format_percent(settings.confirmed)},
      {"open", count(now_open) + " of " + count(may_open)},
      {"connections", format_count(snapshot.daemon.gauges[shm::Gauge::connections])}};
  if (growth) {
    condition.evidence.facts.push_back(
        {"runs out in", format_duration(seconds_left * static_cast<double>(kNsPerSecond))});
  }
  conditions.push_back(std::move(condition));
}

}  // namespace goxel_telemetry::metrics
