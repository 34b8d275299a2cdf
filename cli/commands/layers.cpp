// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/commands/layers.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <utility>

#include "cli/screen/facts.h"
#include "cli/screen/json.h"
#include "cli/screen/table.h"
#include "cli/target.h"
#include "metrics/layers/layer_group.h"
#include "metrics/text/characters.h"
#include "metrics/text/format.h"

namespace goxel_telemetry::cli {
namespace {

using metrics::BreakdownSource;
using metrics::format_count;
using metrics::format_duration;

// A CPU ratio needs two readings, and a view is made again once a second.
constexpr std::chrono::milliseconds kBetweenReadings{1050};

std::string duration(std::int64_t ns) {
  const std::string text = format_duration(std::abs(static_cast<double>(ns)));
  return ns < 0 ? "-" + text : text;
}

// "7.30 ms, 1.30 ms over the target of 6.00 ms"
std::string distance(const std::string& value, double room, const char* good, const char* bad,
                     const std::string& room_text, const std::string& target) {
  return value + ", " + room_text + ' ' + (room < 0 ? bad : good) + " the target of " + target;
}

// The lines of one stack, without colours, because their width is measured.
std::vector<std::string> block_of(const metrics::StackView& stack, const metrics::StackWindow& w,
                                  const metrics::Targets& targets) {
  std::vector<std::string> lines = {metrics::visible(stack.stack)};
  if (w.layers.empty() && w.breakdown.source == BreakdownSource::none) {
    lines.emplace_back("  no answered requests in this window");
    return lines;
  }
  std::size_t widest = 0;
  for (const metrics::Hop& hop : w.breakdown.hops) {
    widest = std::max(widest, columns(metrics::visible(hop.name)));
  }
  for (const metrics::Hop& hop : w.breakdown.hops) {
    lines.push_back("  " + padded(metrics::visible(hop.name), widest) + "  " +
                    duration(hop.mean_ns) + " (" + metrics::format_percent(hop.share) + ")");
  }
  switch (w.breakdown.source) {
    case BreakdownSource::joined:
      lines.push_back("  = " + duration(w.breakdown.mean_ns) + " of " +
                      plural(w.breakdown.operations, "operation") + ", joined by trace id");
      break;
    case BreakdownSource::by_subtraction:
      lines.push_back("  = " + duration(w.breakdown.mean_ns) + ", by subtraction of means");
      break;
    case BreakdownSource::none:
      lines.emplace_back("  only one layer reports: there are no hops to tell apart");
  }
  if (w.breakdown.other_chains != 0) {
    lines.push_back("  " + plural(w.breakdown.other_chains, "operation") +
                    " of other layers left out");
  }
  if (w.breakdown.source == BreakdownSource::by_subtraction && w.counts_differ) {
    lines.emplace_back("  the layers counted different operations");
  }
  if (w.layers.empty()) return lines;
  lines.push_back("  as " + metrics::visible(w.layers.front()) + " saw it:");
  if (w.latency_room_ns) {
    lines.push_back("  " + distance("mean " + format_duration(w.outermost.latency.mean_ns),
                                    *w.latency_room_ns, "within", "over",
                                    format_duration(std::abs(*w.latency_room_ns)),
                                    format_duration(static_cast<double>(targets.latency_ns))));
    lines.push_back("  p50 " + format_duration(static_cast<double>(w.outermost.latency.p50_ns)) +
                    ", p95 " + format_duration(static_cast<double>(w.outermost.latency.p95_ns)) +
                    ", p99 " + format_duration(static_cast<double>(w.outermost.latency.p99_ns)));
  }
  if (w.throughput_room_per_second) {
    lines.push_back("  " + distance(metrics::format_rate(w.outermost.rate_per_second),
                                    *w.throughput_room_per_second, "above", "below",
                                    metrics::format_rate(std::abs(*w.throughput_room_per_second)),
                                    metrics::format_rate(targets.operations_per_second)));
  }
  return lines;
}

// Puts blocks next to each other if they fit, else below each other.
std::string side_by_side(std::vector<std::vector<std::string>> blocks, const Style& style) {
  constexpr std::size_t kGap = 4;
  std::vector<std::size_t> widths;
  std::size_t all = 0;
  std::size_t rows = 0;
  for (const auto& block : blocks) {
    std::size_t width = 0;
    for (const std::string& line : block) width = std::max(width, columns(line));
    widths.push_back(width);
    all += width + kGap;
    rows = std::max(rows, block.size());
  }
  std::string text;
  if (style.width != 0 && all > style.width + kGap) {
    for (const auto& block : blocks) {
      for (std::size_t i = 0; i < block.size(); ++i) {
        const std::string line = cut(block[i], style.width);
        text += (i == 0 ? style.paint(Emphasis::strong, line) : line) + '\n';
      }
      text += '\n';
    }
    return text;
  }
  for (auto& block : blocks) block.resize(rows);
  for (std::size_t row = 0; row < rows; ++row) {
    std::string line;
    for (std::size_t i = 0; i < blocks.size(); ++i) {
      std::string cell = blocks[i][row];
      if (i + 1 < blocks.size()) cell = padded(cell, widths[i] + kGap);
      line += row == 0 ? style.paint(Emphasis::strong, cell) : cell;
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + '\n';
  }
  return text + '\n';
}

std::string hops_table(const metrics::LayersView& view, metrics::Window window,
                       const Style& style) {
  Table table({{"HOP", Align::left},
               {"STACK", Align::left},
               {"MEAN"},
               {"THERE", Align::right, 2},
               {"BACK", Align::right, 2},
               {"P50", Align::right, 1},
               {"P90", Align::right, 3},
               {"P95", Align::right, 2},
               {"P99", Align::right, 1},
               {"MAX", Align::right, 4}});
  for (const metrics::StackView& stack : view.stacks) {
    for (const metrics::Hop& hop : stack.window(window).breakdown.hops) {
      if (!hop.cost) continue;
      const auto mean = [](const std::optional<double>& ns) {
        return ns ? format_duration(*ns) : std::string();
      };
      const auto whole = [](std::uint64_t ns) { return format_duration(static_cast<double>(ns)); };
      table.add({hop.name, stack.stack, duration(hop.mean_ns), mean(hop.mean_there_ns),
                 mean(hop.mean_back_ns), whole(hop.cost->p50_ns), whole(hop.cost->p90_ns),
                 whole(hop.cost->p95_ns), whole(hop.cost->p99_ns), whole(hop.cost->max_ns)});
    }
  }
  return table.empty() ? "" : table.render(style) + '\n';
}

std::string operations_table(const metrics::LayersView& view, metrics::Window window,
                             const Style& style) {
  constexpr std::size_t kMostShown = 10;
  Table table({{"OPERATION", Align::left},
               {"STACK", Align::left},
               {"COUNT", Align::right, 2},
               {"MEAN"},
               {"P95", Align::right, 2},
               {"P99", Align::right, 1},
               {"HOPS", Align::left}});
  for (const metrics::StackView& stack : view.stacks) {
    const auto& operations = stack.window(window).operations;
    for (std::size_t i = 0; i < std::min(operations.size(), kMostShown); ++i) {
      const metrics::Breakdown& breakdown = operations[i].breakdown;
      std::string hops;
      for (const metrics::Hop& hop : breakdown.hops) {
        hops += (hops.empty() ? "" : " + ") + duration(hop.mean_ns);
      }
      table.add(
          {operations[i].operation, stack.stack, format_count(breakdown.operations),
           duration(breakdown.mean_ns),
           breakdown.duration ? format_duration(static_cast<double>(breakdown.duration->p95_ns))
                              : "",
           breakdown.duration ? format_duration(static_cast<double>(breakdown.duration->p99_ns))
                              : "",
           hops});
    }
  }
  return table.empty() ? "" : table.render(style) + '\n';
}

// How many of its operations a process has reported.
Cell reported_cell(const std::optional<metrics::Reported>& reported) {
  if (!reported || reported->completed == 0) return {"-"};
  const double part =
      static_cast<double>(reported->taken) / static_cast<double>(reported->completed);
  return {metrics::format_percent(part), part < 1 ? Emphasis::warning : Emphasis::none};
}

// The daemon's memory, and the plugin's in it, stand in columns of their own.
std::string processes_table(const metrics::LayersView& view, const Style& style) {
  const auto bytes = [](std::uint64_t count) {
    return metrics::format_bytes(static_cast<double>(count));
  };
  Table table({{"LAYER", Align::left},
               {"PID"},
               {"CPU"},
               {"MEMORY"},
               {"TELEMETRY", Align::right, 3},
               {"THREADS", Align::right, 1},
               {"LAST SEEN", Align::right, 2},
               {"REPORTED", Align::right, 2}});
  for (const metrics::LayerProcess& p : view.processes) {
    const metrics::ProcessStats& stats = p.process;
    const std::optional<std::uint64_t>& telemetry = p.telemetry_resident_bytes;
    const bool known = stats.pid != 0;  // some processes do not say which they are
    const Cell cpu = p.running || !known
                         ? Cell(stats.cpu_ratio ? metrics::format_percent(*stats.cpu_ratio) : "-")
                         : Cell("ended", Emphasis::warning);
    table.add(
        {p.layer, known ? std::to_string(stats.pid) : "-", cpu,
         stats.resident_bytes
             ? bytes(*stats.resident_bytes - std::min(*stats.resident_bytes, telemetry.value_or(0)))
             : "-",
         telemetry ? bytes(*telemetry) : "-", stats.threads ? format_count(*stats.threads) : "-",
         format_duration(p.last_seen_seconds * 1e9), reported_cell(p.reported)});
  }
  return table.empty() ? "" : table.render(style);
}

std::string join_line(const metrics::JoinCounters& c, const Style& style) {
  if (c.spans == 0) return "";
  const auto some = [](std::uint64_t count, const char* what, Emphasis emphasis) {
    return count == 0 ? Cell("") : Cell(format_count(count) + ' ' + what, emphasis);
  };
  return fact_line("spans",
                   {format_count(c.spans) + " taken in", format_count(c.fates.joined) + " joined",
                    some(c.held, "waiting", Emphasis::none),
                    some(c.untraced, "without trace id", Emphasis::none),
                    some(c.fates.alone, "alone", Emphasis::none),
                    some(c.fates.irregular, "with a gap", Emphasis::warning),
                    some(c.fates.duplicates, "duplicate", Emphasis::none),
                    some(c.fates.sticking_out, "sticking out", Emphasis::warning),
                    some(c.early, "early", Emphasis::warning),
                    some(c.misplaced, "of the future", Emphasis::warning)},
                   style);
}

}  // namespace

std::string layers_screen(const std::string& headline, const metrics::LayersView& view,
                          metrics::Window window, const Style& style) {
  std::string screen = headline;
  if (!view.message.empty()) screen += metrics::visible(view.message) + '\n';
  const auto index = static_cast<std::size_t>(window);
  const auto& utilisation = view.worker_utilisation[index];
  double covered_seconds = 0;
  for (const metrics::StackView& stack : view.stacks) {
    covered_seconds = std::max(covered_seconds, stack.window(window).outermost.covered_seconds);
  }
  screen += '\n' + fact_line("window",
                             {std::string(metrics::kWindowNames[index]),
                              covered_seconds < metrics::kWindowSeconds[index]
                                  ? "seen of it: " + format_duration(covered_seconds * 1e9)
                                  : ""},
                             style);
  screen +=
      fact_line("daemon",
                {plural(view.connections, "client"), format_count(view.queue_depth) + " queued",
                 format_count(view.workers_busy) + " of " + format_count(view.workers_configured) +
                     " workers busy",
                 utilisation ? metrics::format_percent(*utilisation) + " of their time" : ""},
                style) +
      '\n';
  std::vector<std::vector<std::string>> blocks;
  for (const metrics::StackView& stack : view.stacks) {
    blocks.push_back(block_of(stack, stack.window(window), view.targets));
  }
  screen += blocks.empty() ? "No requests were seen.\n\n" : side_by_side(std::move(blocks), style);
  screen += hops_table(view, window, style) + operations_table(view, window, style) +
            join_line(view.join, style) + freshness_line(view.freshness, style);
  return screen + processes_table(view, style);
}

int run_layers(const LayersOptions& options) {
  metrics::LayerGroup group(choose_instance(options.instance));
  first_look(group);
  group.layers(group.snapshot(metrics::Time::now()));  // CPU ratios need two readings
  keep_looking(group, kBetweenReadings);
  const auto now = metrics::Time::now();
  group.sweep(now);
  const metrics::Snapshot snapshot = group.snapshot(now);
  const auto view = group.layers(snapshot);
  const int written = finish(options.json ? layers_json(view)
                                          : layers_screen(headline(snapshot, output_style()), *view,
                                                          options.window, output_style()));
  return view->daemon_state == shm::ProducerState::live ? written : kExitNotThere;
}

}  // namespace goxel_telemetry::cli
