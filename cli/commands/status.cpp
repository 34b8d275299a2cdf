// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/commands/status.h"

#include <algorithm>
#include <chrono>

#include "cli/screen/facts.h"
#include "cli/screen/json.h"
#include "cli/screen/table.h"
#include "cli/screen/telling_apart.h"
#include "cli/target.h"
#include "metrics/live/follower.h"
#include "metrics/text/format.h"

namespace goxel_telemetry::cli {
namespace {

using metrics::format_count;
using metrics::format_duration;

// The CPU ratio needs two readings at least half a second apart; see ProcessReader.
constexpr std::chrono::milliseconds kBetweenReadings{550};

template <class Number, class Format>
std::string named(const std::string& name, const std::optional<Number>& value, Format format) {
  return name + ' ' + (value ? format(*value) : "unknown");
}

std::string process_line(const metrics::Snapshot& snapshot, const Style& style) {
  const metrics::ProcessStats& process = snapshot.process;
  std::string descriptors = named("descriptors", process.open_fds, format_count);
  if (process.open_fds && process.max_fds) descriptors += " of " + format_count(*process.max_fds);
  return fact_line(
      "process",
      {named("CPU", process.cpu_ratio, metrics::format_percent), memory_fact(snapshot),
       own_memory_fact(snapshot), named("threads", process.threads, format_count), descriptors},
      style);
}

std::string clients_line(const metrics::Daemon& daemon, const Style& style) {
  // If there are more descriptors than clients, the daemon keeps sockets open after their clients
  // have gone.
  const std::uint64_t leaked =
      daemon.gauges[shm::Gauge::open_descriptors] -
      std::min(daemon.gauges[shm::Gauge::connections], daemon.gauges[shm::Gauge::open_descriptors]);
  return fact_line(
      "clients",
      {format_count(daemon.gauges[shm::Gauge::connections]) + " connected",
       format_count(daemon.gauges[shm::Gauge::connections_total]) + " since the start",
       leaked == 0 ? Cell("")
                   : Cell(format_count(leaked) + " open without a client", Emphasis::warning)},
      style);
}

std::string requests_line(const metrics::Snapshot& snapshot, const Style& style) {
  const metrics::Daemon& daemon = snapshot.daemon;
  std::string workers = format_count(daemon.workers_busy);
  if (daemon.gauges[shm::Gauge::workers_configured] != 0)
    workers += " of " + format_count(daemon.gauges[shm::Gauge::workers_configured]);
  workers += " workers busy";
  std::string oldest;
  if (!snapshot.inflight.empty()) {
    oldest = "oldest " + format_duration(static_cast<double>(snapshot.inflight.front().age_ns));
  }
  return fact_line("requests",
                   {format_count(daemon.inflight) + " in flight", oldest,
                    format_count(daemon.gauges[shm::Gauge::queue_depth]) + " queued", workers},
                   style);
}

std::string overhead_line(const metrics::Snapshot& snapshot, const Style& style) {
  const metrics::OwnCost& cost = snapshot.own_cost;
  if (cost.samples == 0)
    return fact_line("overhead", {Cell("-"), Cell("no call was timed")}, style);
  Cell waited("a request waits -");
  if (cost.waited) {
    std::string text = "a request waits " + format_duration(cost.waited->ns) + " ± " +
                       format_duration(cost.waited->high_ns - cost.waited->ns);
    if (cost.waited_share) {
      text += " (" + metrics::format_percent(*cost.waited_share) + " of its " +
              format_duration(*cost.latency_ns) + ')';
    }
    waited = share_fact(text, cost.waited_share);
  }
  return fact_line(
      "overhead",
      {waited, most_delayed_fact(snapshot),
       share_fact((cost.busy_ratio ? metrics::format_percent(*cost.busy_ratio) : "-") +
                      " of the busy time",
                  cost.busy_ratio),
       plural(cost.samples, "call") + " timed",
       cost.interrupted == 0 ? Cell("") : Cell(format_count(cost.interrupted) + " interrupted")},
      style);
}

std::string window_title(metrics::Window window) {
  const std::uint32_t seconds = metrics::kWindowSeconds[static_cast<std::size_t>(window)];
  if (seconds < 60) return "Last second";
  return seconds == 60 ? "Last minute" : "Last " + std::to_string(seconds / 60) + " minutes";
}

std::string window_line(const metrics::WindowStats& stats, metrics::Window window,
                        const Style& style) {
  const double whole = metrics::kWindowSeconds[static_cast<std::size_t>(window)];
  std::string line = style.paint(Emphasis::strong, window_title(window));
  if (stats.covered_seconds < whole) {
    line += " (seen of it: " + format_duration(stats.covered_seconds * 1e9) + ')';
  }
  line += ": " + plural(stats.outcomes.all(), "request") + ", " +
          metrics::format_rate(stats.rate_per_second);
  if (const std::uint64_t failed = stats.outcomes.failed(); failed != 0) {
    line += ", " + style.paint(Emphasis::bad, format_count(failed) + " failed");
  }
  return line + '\n';
}

std::string latency(const metrics::Latency& l, double ns) {
  return l.count == 0 ? "-" : format_duration(ns);
}

Cell bad_if_any(std::uint64_t count) {
  return {format_count(count), count == 0 ? Emphasis::none : Emphasis::bad};
}

// The operations that had requests in the window; first the one that took most time.
std::string operations_table(const metrics::Snapshot& snapshot, metrics::Window window,
                             const Style& style) {
  std::vector<const metrics::OperationStats*> shown;
  for (const metrics::OperationStats& operation : snapshot.operations) {
    if (operation.window(window).outcomes.all() != 0) shown.push_back(&operation);
  }
  if (shown.empty()) return "No requests in this window.\n";
  const auto time_taken = [window](const metrics::OperationStats* o) {
    const metrics::Latency& l = o->window(window).latency;
    return l.mean_ns * static_cast<double>(l.count);
  };
  std::stable_sort(shown.begin(), shown.end(),
                   [&](auto* a, auto* b) { return time_taken(a) > time_taken(b); });

  std::vector<const metrics::OperationKey*> keys;
  keys.reserve(shown.size());
  for (const metrics::OperationStats* operation : shown) keys.push_back(&operation->key);
  const ToldApartBy apart(keys);
  Table table({{"OPERATION", Align::left},
               {"COUNT", Align::right, 1},
               {"RATE"},
               {"FAILED"},
               {"UNANSWERED", Align::right, 6},
               {"MEAN", Align::right, 4},
               {"TARGET", Align::right, 2},
               {"P50"},
               {"P90", Align::right, 5},
               {"P95", Align::right, 4},
               {"P99"},
               {"MAX", Align::right, 3},
               {"PROTOCOL", Align::left, apart.protocol_rank(2)},
               {"STACK", Align::left, apart.stack_rank(7)},
               {"LAYER", Align::left, apart.layer_rank(8)}});
  for (const metrics::OperationStats* operation : shown) {
    const metrics::WindowStats& stats = operation->window(window);
    const metrics::Latency& l = stats.latency;
    const auto whole = [&l](std::uint64_t ns) { return latency(l, static_cast<double>(ns)); };
    table.add({operation->key.operation, format_count(stats.outcomes.all()),
               metrics::format_rate(stats.rate_per_second), bad_if_any(stats.outcomes.failed()),
               bad_if_any(stats.outcomes.unanswered), latency(l, l.mean_ns),
               target_cell(*operation, window), whole(l.p50_ns), whole(l.p90_ns), whole(l.p95_ns),
               whole(l.p99_ns), whole(l.max_ns), operation->key.protocol, operation->key.stack,
               operation->key.layer});
  }
  return table.render(style);
}

}  // namespace

std::string status_screen(const metrics::Snapshot& snapshot, metrics::Window window,
                          const Style& style) {
  const metrics::Daemon& daemon = snapshot.daemon;
  const bool live = daemon.state == shm::ProducerState::live;
  std::string screen = headline(snapshot, style);
  if (!live) screen += "What it left behind: goxel-telemetry blackbox\n";
  screen += '\n' + daemon_line(snapshot, style);
  if (live) screen += process_line(snapshot, style);
  screen +=
      clients_line(daemon, style) + requests_line(snapshot, style) + totals_line(snapshot, style);
  screen += fact_line("traffic",
                      {metrics::format_bytes(static_cast<double>(daemon.bytes_in)) + " in",
                       metrics::format_bytes(static_cast<double>(daemon.bytes_out)) + " out"},
                      style);
  screen += overhead_line(snapshot, style) + ring_line(snapshot.ring, style) +
            misses_line(snapshot.daemon.gauges, style) + freshness_line(snapshot.freshness, style);
  screen += '\n' + window_line(daemon.window(window), window, style) + '\n' +
            operations_table(snapshot, window, style);
  const std::string run = run_table(snapshot, style);
  return run.empty() ? screen : screen + '\n' + run;
}

int run_status(const StatusOptions& options) {
  metrics::Follower follower(choose_instance(options.instance));
  metrics::Snapshot snapshot = first_look(follower);
  if (snapshot.daemon.state == shm::ProducerState::live) {
    keep_looking(follower, kBetweenReadings);
    const auto now = metrics::Time::now();
    follower.sweep(now);
    snapshot = follower.snapshot(now);
  }
  const bool live = snapshot.daemon.state == shm::ProducerState::live;
  const int written =
      finish(options.json ? snapshot_json(snapshot)
                          : status_screen(snapshot, options.window, output_style()));
  return live ? written : kExitNotThere;
}

}  // namespace goxel_telemetry::cli
