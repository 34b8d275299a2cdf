// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/alerts/service_level.h"

#include <algorithm>
#include <array>
#include <map>

#include "metrics/text/format.h"

namespace goxel_telemetry::metrics {
namespace {

constexpr std::size_t kMostMissed = 16;  // that miss their targets, of one instance
constexpr double kMostlyCovered = 0.9;   // of a window: less says nothing about it

std::uint64_t before(const Snapshot& snapshot, Window window) {
  const std::uint64_t length = kWindowSeconds[static_cast<std::size_t>(window)] * kNsPerSecond;
  return snapshot.taken_realtime_ns - std::min(length, snapshot.taken_realtime_ns);
}

// A mean in each window, of operations with the same target.
struct Means {
  struct OfWindow {
    double sum_ns = 0;
    std::uint64_t count = 0;
    double covered_seconds = 0;

    double mean_ns() const { return count == 0 ? 0 : sum_ns / static_cast<double>(count); }
  };
  std::array<OfWindow, kWindowCount> windows;

  void add(Window window, const WindowStats& stats) {
    OfWindow& of = windows[static_cast<std::size_t>(window)];
    of.sum_ns += stats.latency.mean_ns * static_cast<double>(stats.latency.count);
    of.count += stats.latency.count;
    of.covered_seconds = std::max(of.covered_seconds, stats.covered_seconds);
  }
  const OfWindow& operator[](Window window) const {
    return windows[static_cast<std::size_t>(window)];
  }
  // Whether the mean is above `limit_ns`, in a window of which that can be said.
  bool misses(Window window, double limit_ns, std::uint64_t requests) const {
    const auto length = static_cast<double>(kWindowSeconds[static_cast<std::size_t>(window)]);
    const OfWindow& of = (*this)[window];
    return of.count >= requests && of.covered_seconds >= kMostlyCovered * length &&
           of.mean_ns() > limit_ns;
  }
};

constexpr std::array kWindows = {Window::one_minute, Window::five_minutes, Window::fifteen_minutes};

void look_for_missed_target(const Snapshot& snapshot, const std::string& subject,
                            const std::string& what, const Means& means, double target_ns,
                            const RuleSettings& settings, std::vector<Condition>& conditions) {
  const std::uint64_t few = std::max<std::uint64_t>(settings.requests / 15, 1);
  const double limit_ns = settings.limit * target_ns;
  const double confirmed_ns = settings.confirmed * target_ns;
  const bool warned = means.misses(Window::fifteen_minutes, limit_ns, settings.requests) &&
                      means.misses(Window::one_minute, limit_ns, few);
  const bool confirmed = means.misses(Window::five_minutes, confirmed_ns, settings.requests) &&
                         means.misses(Window::one_minute, confirmed_ns, few);
  if (!warned && !confirmed) return;
  const Window longest = warned ? Window::fifteen_minutes : Window::five_minutes;
  Condition condition{.rule = AlertRule::target_missed,
                      .instance = snapshot.instance,
                      .subject = subject,
                      .level = confirmed ? AlertLevel::confirmed : AlertLevel::warning,
                      .since_ns = before(snapshot, longest)};
  condition.summary = what + " of " + snapshot.instance + " takes " +
                      format_duration(means[longest].mean_ns()) + " on average, and should take " +
                      format_duration(target_ns);
  condition.advice = "See which layer takes the time: goxel-telemetry layers --instance " +
                     snapshot.instance +
                     "; if it is as fast as it can be, set another target in daemon_config.json";
  condition.evidence.facts = {{"target", format_duration(target_ns)}};
  for (const Window window : kWindows) {
    condition.evidence.facts.push_back(
        {std::string("mean in ") + kWindowNames[static_cast<std::size_t>(window)],
         format_duration(means[window].mean_ns()) + ", " + format_count(means[window].count) +
             " requests"});
  }
  conditions.push_back(std::move(condition));
}

double unanswered_share(const WindowStats& stats) {
  const std::uint64_t all = stats.outcomes.all();
  return all == 0 ? 0 : static_cast<double>(stats.outcomes.unanswered) / static_cast<double>(all);
}

}  // namespace

void look_for_unanswered_requests(const Snapshot& snapshot, const RuleSettings& settings,
                                  std::vector<Condition>& conditions) {
  if (snapshot.daemon.state != shm::ProducerState::live) return;
  const WindowStats& all = snapshot.daemon.window(Window::five_minutes);
  const double share = unanswered_share(all);
  const double share_now = unanswered_share(snapshot.daemon.window(Window::one_minute));
  if (all.outcomes.all() < settings.requests || std::min(share, share_now) <= settings.limit)
    return;
  Condition condition{.rule = AlertRule::requests_unanswered,
                      .instance = snapshot.instance,
                      .since_ns = before(snapshot, Window::five_minutes)};
  if (std::min(share, share_now) > settings.confirmed) condition.level = AlertLevel::confirmed;
  condition.summary = format_percent(share) + " of the requests to " + snapshot.instance +
                      " get no answer; clients that wait for them hang";
  condition.advice =
      "See which operations they are: goxel-telemetry top --instance " + snapshot.instance;
  condition.evidence.facts = {
      {"limit", format_percent(settings.limit)},
      {"without an answer in 5m", format_count(all.outcomes.unanswered) + " of " +
                                      format_count(all.outcomes.all()) + " requests"}};
  std::vector<const OperationStats*> worst;
  for (const OperationStats& operation : snapshot.operations) {
    if (operation.window(Window::five_minutes).outcomes.unanswered > 0) worst.push_back(&operation);
  }
  constexpr std::size_t kMostTold = 5;
  const std::size_t told = std::min(worst.size(), kMostTold);
  std::partial_sort(worst.begin(), worst.begin() + static_cast<std::ptrdiff_t>(told), worst.end(),
                    [](const OperationStats* a, const OperationStats* b) {
                      return a->window(Window::five_minutes).outcomes.unanswered >
                             b->window(Window::five_minutes).outcomes.unanswered;
                    });
  for (const OperationStats* const operation : std::span(worst).first(told)) {
    const Outcomes& outcomes = operation->window(Window::five_minutes).outcomes;
    condition.evidence.facts.push_back(
        {operation->key.operation, format_count(outcomes.unanswered) + " of " +
                                       format_count(outcomes.all()) + " without an answer"});
  }
  conditions.push_back(std::move(condition));
}

void look_for_missed_targets(const Snapshot& snapshot, const LayersView* layers,
                             const RuleSettings& settings, std::vector<Condition>& conditions) {
  if (snapshot.daemon.state != shm::ProducerState::live) return;
  const std::uint64_t target_ns = snapshot.daemon.gauges[shm::Gauge::target_latency_ns];
  if (layers != nullptr && target_ns != 0) {
    for (const StackView& stack : layers->stacks) {
      Means means;
      for (const Window window : kWindows) means.add(window, stack.window(window).outermost);
      look_for_missed_target(snapshot, "stack " + stack.stack,
                             "an operation of the stack " + stack.stack, means,
                             static_cast<double>(target_ns), settings, conditions);
    }
  }
  std::map<std::string, std::pair<std::uint64_t, Means>> operations;
  for (const OperationStats& operation : snapshot.operations) {
    if (operation.target_ns == 0) continue;
    auto& [operation_target_ns, means] = operations[operation.key.operation];
    operation_target_ns = operation.target_ns;
    for (const Window window : kWindows) means.add(window, operation.window(window));
  }
  const std::size_t most = conditions.size() + kMostMissed;
  for (const auto& [operation, target] : operations) {
    if (conditions.size() >= most) break;
    look_for_missed_target(snapshot, operation, operation + " in the daemon", target.second,
                           static_cast<double>(target.first), settings, conditions);
  }
}

}  // namespace goxel_telemetry::metrics
