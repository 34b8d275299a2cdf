// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/screen/top_layout.h"

#include <algorithm>
#include <map>
#include <set>
#include <sstream>
#include <utility>

#include "cli/screen/facts.h"
#include "cli/screen/table.h"
#include "cli/screen/telling_apart.h"
#include "metrics/comparison/tool_method.h"
#include "metrics/layer.h"
#include "metrics/text/characters.h"
#include "metrics/text/format.h"

namespace goxel_telemetry::cli {
namespace {

using metrics::format_count;
using metrics::format_duration;
using metrics::OperationStats;
using shm::ProducerState;

constexpr std::size_t kLinesForFacts = 10;  // a lower screen shows only the headline and operations

// The time that the operation's answers took. An operation's share is its part of the sum of these
// times.
double time_of(const OperationStats& operation, metrics::Window window) {
  const metrics::Latency& latency = operation.window(window).latency;
  return latency.mean_ns * static_cast<double>(latency.count);
}

double sort_value(const OperationStats& operation, const TopState& state) {
  const metrics::WindowStats& stats = operation.window(state.window);
  switch (state.sort) {
    case SortBy::name:
      return 0;
    case SortBy::rate:
      return stats.rate_per_second;
    case SortBy::count:
      return static_cast<double>(stats.outcomes.all());
    case SortBy::mean:
      return stats.latency.mean_ns;
    case SortBy::p50:
      return static_cast<double>(stats.latency.p50_ns);
    case SortBy::p90:
      return static_cast<double>(stats.latency.p90_ns);
    case SortBy::p95:
      return static_cast<double>(stats.latency.p95_ns);
    case SortBy::p99:
      return static_cast<double>(stats.latency.p99_ns);
    case SortBy::max:
      return static_cast<double>(stats.latency.max_ns);
    case SortBy::errors:
      return static_cast<double>(stats.outcomes.failed());
    case SortBy::share:
      return time_of(operation, state.window);
  }
  return 0;
}

// An operation as one layer sees it.
struct Row {
  const OperationStats* operation;
  std::size_t depth = 0;  // how many layers stand above it
};
struct Chosen {
  std::vector<Row> rows;
  std::size_t operations = 0;  // what several layers see is one
};

std::size_t place_of(const OperationStats& operation) {
  const auto layer = metrics::layer_named(operation.key.layer);
  return layer ? static_cast<std::size_t>(*layer) : metrics::kLayerCount;
}

bool stands_before(const OperationStats* a, const OperationStats* b, const TopState& state) {
  if (state.sort == SortBy::name) return a->key.operation < b->key.operation;
  return sort_value(*a, state) > sort_value(*b, state);
}

// The rows that pass the filter and had records in the window. What several layers of a stack see is one operation
// (a tool and the method that does its work, too): it stands where the foremost of its rows belongs, the
// outermost layer first and the others below it.
Chosen chosen(const TopState& state, const metrics::Snapshot& snapshot) {
  using Name = std::pair<std::string, std::string>;
  std::vector<std::pair<Name, const OperationStats*>> passing;
  std::map<Name, std::set<std::size_t>> seen_by;
  for (const OperationStats& operation : snapshot.operations) {
    const bool idle = operation.window(state.window).outcomes.all() == 0;
    if (idle || !matches(operation.key, state.filter)) continue;
    const metrics::OperationKey& key = operation.key;
    const Name name{key.stack, metrics::method_of_tool(key.operation)};
    passing.emplace_back(name, &operation);
    seen_by[name].insert(place_of(operation));
  }
  using Group = std::vector<const OperationStats*>;
  std::vector<Group> groups;
  std::map<Name, std::size_t> places;  // in `groups`
  for (const auto& [name, operation] : passing) {
    const auto [place, is_new] = places.try_emplace(name, groups.size());
    if (is_new || seen_by[name].size() == 1) {
      groups.push_back({operation});
    } else {
      groups[place->second].push_back(operation);
    }
  }
  for (Group& group : groups) {
    std::stable_sort(group.begin(), group.end(), [&](const auto* a, const auto* b) {
      return place_of(*a) != place_of(*b) ? place_of(*a) < place_of(*b)
                                          : stands_before(a, b, state);
    });
  }
  // What only an inner layer has most of (errors that are handled above it, calls that are made again) is seen, too.
  const auto foremost = [&state](const Group& group) {
    return *std::min_element(group.begin(), group.end(), [&](const auto* a, const auto* b) {
      return state.sort != SortBy::name && stands_before(a, b, state);
    });
  };
  std::stable_sort(groups.begin(), groups.end(), [&](const Group& a, const Group& b) {
    return stands_before(foremost(a), foremost(b), state);
  });
  if (state.reversed) std::reverse(groups.begin(), groups.end());
  Chosen chosen;
  chosen.operations = groups.size();
  for (const Group& group : groups) {
    std::size_t depth = 0;
    for (const OperationStats* one : group) {
      const bool is_inner =
          one != group.front() && place_of(*one) != place_of(*chosen.rows.back().operation);
      depth += is_inner;
      chosen.rows.push_back({one, depth});
    }
  }
  return chosen;
}

std::string latency(const metrics::Latency& l, double ns) {
  return l.count == 0 ? "-" : format_duration(ns);
}

std::string operations_table(const std::vector<Row>& rows, const ToldApartBy& apart,
                             const TopState& state, const metrics::Snapshot& snapshot,
                             const Style& style) {
  const auto title = [&state](SortBy sort, const char* text) {
    return state.sort == sort ? std::string(text) + (state.reversed ? "^" : "*") : text;
  };
  Table table({{title(SortBy::name, "OPERATION"), Align::left},
               {title(SortBy::rate, "RATE")},
               {title(SortBy::count, "COUNT"), Align::right, 6},
               {title(SortBy::errors, "FAILED"), Align::right, 3},
               {title(SortBy::share, "TIME"), Align::right, 1},
               {title(SortBy::mean, "MEAN"), Align::right, 5},
               {"TARGET", Align::right, 2},
               {title(SortBy::p50, "P50"), Align::right, 2},
               {title(SortBy::p90, "P90"), Align::right, 8},
               {title(SortBy::p95, "P95"), Align::right, 6},
               {title(SortBy::p99, "P99"), Align::right, 1},
               {title(SortBy::max, "MAX"), Align::right, 7},
               {"TOTAL", Align::right, 11},
               {"STACK", Align::left, apart.stack_rank(4)},
               {"PROTOCOL", Align::left, apart.protocol_rank(9)},
               {"LAYER", Align::left, apart.layer_rank(10)}});
  for (const auto& [operation, depth] : rows) {
    const metrics::WindowStats& stats = operation->window(state.window);
    const metrics::Latency& l = stats.latency;
    const auto whole = [&l](std::uint64_t ns) { return latency(l, static_cast<double>(ns)); };
    double of_layer = 0;
    for (const OperationStats& other : snapshot.operations) {
      if (other.key.layer == operation->key.layer) of_layer += time_of(other, state.window);
    }
    const double share = of_layer > 0 ? time_of(*operation, state.window) / of_layer : 0;
    const std::uint64_t failed = stats.outcomes.failed();
    const std::uint64_t total = operation->run_total.all();
    table.add({std::string(2 * depth, ' ') + operation->key.operation,
               metrics::format_rate(stats.rate_per_second), format_count(stats.outcomes.all()),
               Cell(format_count(failed), failed == 0 ? Emphasis::faint : Emphasis::bad),
               metrics::format_percent(share), latency(l, l.mean_ns),
               target_cell(*operation, state.window), whole(l.p50_ns), whole(l.p90_ns),
               whole(l.p95_ns), whole(l.p99_ns), whole(l.max_ns),
               total == 0 ? "" : format_count(total), operation->key.stack, operation->key.protocol,
               operation->key.layer});
  }
  return table.render(style);
}

std::string state_line(const metrics::Snapshot& snapshot, const Style& style) {
  const metrics::Daemon& daemon = snapshot.daemon;
  switch (daemon.state) {
    case ProducerState::live:
      return style.paint(Emphasis::strong, snapshot.instance) + ": " +
             style.paint(Emphasis::good, "live") + silence(snapshot, style) + ", up " +
             format_duration(daemon.uptime_seconds * 1e9) + ", " +
             metrics::visible(daemon.host_name) + " pid " + std::to_string(snapshot.process.pid);
    case ProducerState::retired:
    case ProducerState::dead:
      return headline(snapshot, style);
    default:
      return style.paint(Emphasis::strong, snapshot.instance) + ": " +
             style.paint(Emphasis::bad, metrics::visible(daemon.message));
  }
}

Cell wait_fact(const metrics::OwnCost& cost) {
  if (!cost.waited) return {"requests wait - for telemetry"};
  std::string text = "requests wait " + format_duration(cost.waited->ns);
  if (cost.waited_share) text += " (" + metrics::format_percent(*cost.waited_share) + ')';
  return share_fact(text + " for telemetry", cost.waited_share);
}

Cell busy_fact(const metrics::OwnCost& cost) {
  return share_fact(
      "overhead " + (cost.busy_ratio ? metrics::format_percent(*cost.busy_ratio) : "-"),
      cost.busy_ratio);
}

std::string facts(const metrics::Snapshot& snapshot, const TopState& state, const Style& style) {
  const metrics::Daemon& daemon = snapshot.daemon;
  const metrics::WindowStats& window = daemon.window(state.window);
  const std::uint64_t failed = window.outcomes.failed();
  std::string workers = format_count(daemon.workers_busy);
  if (daemon.gauges[shm::Gauge::workers_configured] != 0)
    workers += " of " + format_count(daemon.gauges[shm::Gauge::workers_configured]);
  const metrics::ProcessStats& process = snapshot.process;
  return fact_line(
             "requests",
             {metrics::format_rate(window.rate_per_second),
              Cell(format_count(failed) + " failed", failed == 0 ? Emphasis::none : Emphasis::bad),
              format_count(daemon.inflight) + " in flight",
              format_count(daemon.gauges[shm::Gauge::queue_depth]) + " queued",
              workers + " workers busy",
              format_count(daemon.gauges[shm::Gauge::connections]) + " clients"},
             style) +
         fact_line("process",
                   {process.cpu_ratio ? "CPU " + metrics::format_percent(*process.cpu_ratio) : "",
                    process.resident_bytes ? memory_fact(snapshot) : Cell(""),
                    own_memory_fact(snapshot), wait_fact(snapshot.own_cost),
                    most_delayed_fact(snapshot), busy_fact(snapshot.own_cost)},
                   style) +
         ring_line(snapshot.ring, style) + freshness_line(snapshot.freshness, style);
}

std::string choices_line(const TopState& state, std::size_t shown, const Style& style) {
  std::string line = "window ";
  line += metrics::kWindowNames[static_cast<std::size_t>(state.window)];
  line += ", " + plural(shown, "operation");
  if (!state.filter.empty()) line += ", with \"" + metrics::visible(state.filter) + '"';
  return style.paint(state.paused ? Emphasis::warning : Emphasis::faint,
                     cut((state.paused ? "PAUSED, " : "") + line, style.width));
}

std::string bottom_line(const TopState& state, const Style& style) {
  if (state.searching)
    return cut("/" + metrics::visible(state.filter) + "_  Enter keeps it, Esc clears it",
               style.width);
  return style.paint(
      Emphasis::faint,
      cut("q quit  ? help  / filter  1-4 window  space pause  i in flight", style.width));
}

constexpr const char* kHelp[] = {
    "q       quit",
    "1 2 3 4 window: now, 1, 5 or 15 minutes",
    "/       filter by words in operation, stack, layer or protocol; Esc clears it",
    "space   pause, and go on",
    "i       requests in flight",
    "up down page keys: scroll",
    "",
    "Sort by n name, r rate, c count, m mean, 5 9 8 0 quantiles, x max,",
    "        e failed, t time (rate times mean, as a share of the layer's); R reverses",
    "",
    "Any key goes back.",
};

void append_lines(std::vector<std::string>& lines, const std::string& text, std::size_t most) {
  std::istringstream stream(text);
  std::string line;
  for (; most > 0 && std::getline(stream, line); --most) lines.push_back(line);
}

// Cuts lines that are too wide; a line that is cut loses its colours.
void fit(std::vector<std::string>& lines, const Style& style) {
  for (std::string& line : lines) {
    std::string plain;
    for (const Piece& piece : pieces_of(line)) plain += piece.text;
    if (columns(plain) > style.width) line = cut(plain, style.width);
  }
}

}  // namespace

TopScreen top_screen(const TopState& state, const metrics::Snapshot& snapshot, const Style& style,
                     std::size_t height) {
  TopScreen screen;
  if (height == 0 || style.width == 0) return screen;
  std::vector<std::string>& lines = screen.lines;
  append_lines(lines, state_line(snapshot, style), 1);
  if (state.help) {
    lines.emplace_back();
    for (const char* line : kHelp) lines.emplace_back(line);
    lines.resize(std::min(lines.size(), height));
    fit(lines, style);
    return screen;
  }
  if (height >= kLinesForFacts) append_lines(lines, facts(snapshot, state, style), height / 3);

  auto [rows, operations] = chosen(state, snapshot);
  const bool none = rows.empty();
  std::vector<const metrics::OperationKey*> keys;  // of all: columns stay while one scrolls
  keys.reserve(rows.size());
  for (const Row& row : rows) keys.push_back(&row.operation->key);
  const ToldApartBy apart(keys);
  if (height >= 4) append_lines(lines, choices_line(state, operations, style), 1);
  const std::size_t bottom = height >= 3 ? 1 : 0;
  std::size_t room = height - std::min(height, lines.size() + bottom);
  const std::size_t pane = state.inflight ? room / 3 : 0;
  room -= pane;

  const std::size_t most = room - std::min<std::size_t>(room, 1);  // below the titles
  screen.scroll = std::min(state.scroll, rows.size() - std::min(rows.size(), most));
  rows.erase(rows.begin(), rows.begin() + static_cast<std::ptrdiff_t>(screen.scroll));
  rows.resize(std::min(rows.size(), most));
  append_lines(
      lines,
      none ? "No requests in this window." : operations_table(rows, apart, state, snapshot, style),
      room);
  if (pane > 0) {
    lines.resize(height - bottom - pane);
    std::vector<metrics::InflightRequest> oldest = snapshot.inflight;
    oldest.resize(std::min(oldest.size(), pane));
    append_lines(
        lines,
        style.paint(Emphasis::strong,
                    cut(plural(snapshot.inflight.size(), "request") + " in flight", style.width)),
        1);
    if (!oldest.empty()) append_lines(lines, inflight_table(oldest, "AGE", style), pane - 1);
  }
  lines.resize(height - bottom);
  if (bottom != 0) lines.push_back(bottom_line(state, style));
  fit(lines, style);
  return screen;
}

std::vector<Piece> pieces_of(const std::string& painted) {
  constexpr char kEscape = '\033';
  std::vector<Piece> pieces;
  Emphasis emphasis = Emphasis::none;
  for (std::size_t at = 0; at < painted.size();) {
    if (painted[at] == kEscape) {
      const std::size_t end = painted.find('m', at);
      const std::string sequence =
          painted.substr(at, end == std::string::npos ? end : end - at + 1);
      emphasis = emphasis_of_sequence(sequence);
      at += sequence.size();
      continue;
    }
    const std::size_t end = std::min(painted.find(kEscape, at), painted.size());
    pieces.push_back({painted.substr(at, end - at), emphasis});
    at = end;
  }
  return pieces;
}

}  // namespace goxel_telemetry::cli
