// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <cmath>
#include <map>
#include <vector>

#include "cli/commands/alerts.h"
#include "cli/screen/facts.h"
#include "cli/screen/table.h"
#include "metrics/alerts/alert_words.h"
#include "metrics/live/tick.h"
#include "metrics/text/characters.h"
#include "metrics/text/format.h"

namespace goxel_telemetry::cli {
namespace {

using metrics::WatchedSeries;
using State = WatchedSeries::State;

bool is_judged(const WatchedSeries& series) {
  return series.state != State::learning && series.state != State::arming;
}

std::string name_of(const WatchedSeries& series) {
  return series.key ? series.key->operation : "all operations";
}

std::string layer_of(const WatchedSeries& series) {
  if (series.key) return series.key->layer;
  return series.is_outer ? "outermost" : "daemon";
}

Cell state_of(const WatchedSeries& series) {
  const auto emphasis = [&] {
    if (series.state == State::confirmed) return Emphasis::bad;
    return series.state == State::warning ? Emphasis::warning : Emphasis::none;
  };
  return {to_string(series.state), emphasis()};
}

std::string usual_of(const WatchedSeries& series) {
  if (series.usual_ns) return metrics::format_duration(*series.usual_ns);
  return series.usual_share ? metrics::format_percent(*series.usual_share) : "-";
}

std::string by_load(const WatchedSeries& series) {
  if (!series.due_to_load) return {};
  const double part = std::expm1(*series.due_to_load);
  return (part < 0 ? "-" : "+") + metrics::format_percent(std::abs(part));
}

// "×1.05 in 1 min", "2.10 % in 5 min"
std::string noticed_of(const WatchedSeries& series) {
  if (!series.noticeable) return "not within 1 h";
  const auto& found = *series.noticeable;
  const auto minutes = std::llround(found.within_seconds / 60);
  const std::string in = minutes < 60 ? std::to_string(minutes) + " min" : "1 h";
  const std::string what = found.share ? metrics::format_percent(*found.share)
                                       : metrics::times_in_words(found.ratio.value_or(1));
  return what + " in " + in;
}

std::string table_of(const std::vector<WatchedSeries>& all, const Style& style) {
  Table table({{"OPERATION", Align::left},
               {"WHAT", Align::left},
               {"STATE", Align::left},
               {"PER SECOND", Align::right, 2},
               {"USUAL"},
               {"NOTICED"},
               {"BY LOAD", Align::right, 1},
               {"LAYER", Align::left, 3},
               {"STACK", Align::left, 4}});
  for (const WatchedSeries& one : all) {
    if (!is_judged(one)) continue;
    table.add({name_of(one), std::string(to_string(one.channel)), state_of(one),
               metrics::format_rate(one.requests / static_cast<double>(metrics::kTickSeconds)),
               usual_of(one), noticed_of(one), by_load(one), layer_of(one),
               one.key ? one.key->stack : ""});
  }
  return table.empty() ? "" : table.render(style);
}

// What is not judged yet, a sentence for each operation: the channel that needs longest.
std::string not_judged(const std::vector<WatchedSeries>& all) {
  std::vector<std::string> order;
  std::map<std::string, std::optional<double>> needed;  // seconds
  for (const WatchedSeries& one : all) {
    if (is_judged(one)) continue;
    const std::string name = name_of(one) + " (" + layer_of(one) + ")";
    const auto [at, is_new] = needed.try_emplace(name, 0.0);
    if (is_new) order.push_back(name);
    if (!one.ticks_needed || !at->second) {
      at->second.reset();
      continue;
    }
    at->second =
        std::max(*at->second, *one.ticks_needed * static_cast<double>(metrics::kTickSeconds));
  }
  std::string text;
  for (const std::string& name : order) {
    text += metrics::visible(name);
    const auto& seconds = needed[name];
    if (!seconds) {
      text += " has no requests to learn from\n";
      continue;
    }
    const auto minutes = static_cast<std::uint64_t>(std::ceil(*seconds / 60));
    text += " needs " + metrics::format_count(minutes) + " more minute" +
            (minutes == 1 ? "" : "s") + " of traffic\n";
  }
  return text;
}

}  // namespace

std::string series_screen(const std::vector<metrics::InstanceSeries>& instances,
                          std::uint64_t as_of_ns, const Style& style) {
  if (instances.empty()) return "nothing is watched yet: a bridge writes it here once a minute\n";
  std::string text = "as of " + metrics::format_date_time(as_of_ns) + '\n';
  for (const metrics::InstanceSeries& of : instances) {
    text += '\n' + style.paint(Emphasis::strong, metrics::visible(of.instance)) + '\n';
    text += table_of(of.series, style);
    text += not_judged(of.series);
    if (of.left_out != 0) text += "and " + metrics::format_count(of.left_out) + " more series\n";
  }
  return text;
}

}  // namespace goxel_telemetry::cli
