// SPDX-License-Identifier: GPL-3.0-or-later
#include <vector>

#include "cli/commands/alerts.h"
#include "cli/screen/facts.h"
#include "cli/screen/table.h"
#include "metrics/alerts/series_words.h"
#include "metrics/text/characters.h"
#include "metrics/text/format.h"

namespace goxel_telemetry::cli {
namespace {

using metrics::WatchedSeries;
using State = WatchedSeries::State;

Cell state_of(const WatchedSeries& series) {
  const auto emphasis = [&] {
    if (series.state == State::confirmed) return Emphasis::bad;
    return series.state == State::warning ? Emphasis::warning : Emphasis::none;
  };
  return {to_string(series.state), emphasis()};
}

std::string table_of(const std::vector<WatchedSeries>& all, const Style& style) {
  Table table({{"OPERATION", Align::left},
               {"WHAT", Align::left},
               {"STATE", Align::left, 2},
               {"PER SECOND", Align::right, 4},
               {"USUAL", Align::right, 1},
               {"NOTICED"},
               {"BY LOAD", Align::right, 3},
               {"LAYER", Align::left, 5},
               {"STACK", Align::left, 6}});
  for (const WatchedSeries& one : all) {
    if (!metrics::is_judged(one)) continue;
    const std::string usual = metrics::usual_in_words(one);
    table.add({metrics::operation_in_words(one), std::string(to_string(one.channel)), state_of(one),
               metrics::per_second_in_words(one), usual.empty() ? "-" : usual,
               metrics::noticed_in_words(one), metrics::by_load_in_words(one),
               metrics::layer_in_words(one), one.key ? one.key->stack : ""});
  }
  return table.empty() ? "" : table.render(style);
}

}  // namespace

std::string series_screen(const std::vector<metrics::InstanceSeries>& instances,
                          std::uint64_t as_of_ns, const Style& style) {
  if (instances.empty()) return std::string(metrics::kNoSeriesYet) + '\n';
  std::string text = "as of " + metrics::format_date_time(as_of_ns) + '\n';
  for (const metrics::InstanceSeries& of : instances) {
    text += '\n' + style.paint(Emphasis::strong, metrics::visible(of.instance)) + '\n';
    text += table_of(of.series, style);
    for (const std::string& sentence : metrics::not_judged_in_words(of.series))
      text += wrapped(metrics::visible(sentence), style.width) + '\n';
    if (const std::string left = metrics::left_out_in_words(of); !left.empty()) text += left + '\n';
  }
  return text;
}

}  // namespace goxel_telemetry::cli
