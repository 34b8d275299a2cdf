// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/alerts/series_words.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "metrics/alerts/alert_words.h"
#include "metrics/live/tick.h"
#include "metrics/text/format.h"

namespace goxel_telemetry::metrics {

using State = WatchedSeries::State;

bool is_judged(const WatchedSeries& series) {
  return series.state != State::learning && series.state != State::arming;
}

std::string operation_in_words(const WatchedSeries& series) {
  return series.key ? series.key->operation : "all operations";
}

std::string layer_in_words(const WatchedSeries& series) {
  if (series.key) return series.key->layer;
  return series.is_outer ? "outermost" : "daemon";
}

std::string per_second_in_words(const WatchedSeries& series) {
  return format_rate(series.requests / static_cast<double>(kTickSeconds));
}

std::string usual_in_words(const WatchedSeries& series) {
  if (series.usual_ns) return format_duration(*series.usual_ns);
  return series.usual_share ? format_percent(*series.usual_share) : "";
}

std::string noticed_in_words(const WatchedSeries& series) {
  if (!series.noticeable) return "not within 1 h";
  const auto& found = *series.noticeable;
  const auto minutes = std::llround(found.within_seconds / 60);
  const std::string in = minutes < 60 ? std::to_string(minutes) + " min" : "1 h";
  const std::string what =
      found.share ? format_percent(*found.share) : times_in_words(found.ratio.value_or(1));
  return what + " in " + in;
}

std::string by_load_in_words(const WatchedSeries& series) {
  if (!series.due_to_load) return {};
  const double part = std::expm1(*series.due_to_load);
  return (part < 0 ? "-" : "+") + format_percent(std::abs(part));
}

std::vector<std::string> not_judged_in_words(const std::vector<WatchedSeries>& all) {
  std::vector<std::string> order;
  struct Need {
    std::optional<double> seconds = 0.0;
    bool is_of_all = false;
    bool is_of_tail = true;  // and of nothing else
  };
  std::map<std::string, Need> needed;
  for (const WatchedSeries& one : all) {
    if (is_judged(one)) continue;
    const std::string name = operation_in_words(one) + " (" + layer_in_words(one) + ")";
    const auto [at, is_new] = needed.try_emplace(name);
    if (is_new) order.push_back(name);
    auto& [seconds, is_of_all, is_of_tail] = at->second;
    is_of_all = !one.key;
    is_of_tail = is_of_tail && one.channel == OperationShift::Channel::tail;
    if (!one.ticks_needed || !seconds) {
      seconds.reset();
      continue;
    }
    seconds = std::max(*seconds, *one.ticks_needed * static_cast<double>(kTickSeconds));
  }
  std::vector<std::string> sentences;
  for (const std::string& name : order) {
    const auto& [seconds, is_of_all, is_of_tail] = needed[name];
    const std::string what = is_of_tail ? "the tail of " + name : name;
    const bool is_plural = is_of_all && !is_of_tail;
    if (!seconds) {
      sentences.push_back(what + (is_plural ? " have" : " has") + " no requests to learn from");
      continue;
    }
    const auto minutes = static_cast<std::uint64_t>(std::ceil(*seconds / 60));
    sentences.push_back(what + (is_plural ? " need " : " needs ") + format_count(minutes) +
                        " more minute" + (minutes == 1 ? "" : "s") + " of traffic");
  }
  return sentences;
}

std::string left_out_in_words(const InstanceSeries& of) {
  return of.left_out == 0 ? "" : "and " + format_count(of.left_out) + " more series";
}

}  // namespace goxel_telemetry::metrics
