// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <array>
#include <cmath>

#include "cli/commands/alerts.h"
#include "cli/screen/facts.h"
#include "cli/screen/table.h"
#include "metrics/alerts/alert_words.h"
#include "metrics/text/characters.h"
#include "metrics/text/format.h"

namespace goxel_telemetry::cli {
namespace {

using metrics::Alert;
using metrics::AlertEnd;
using metrics::AlertLevel;
using metrics::OperationShift;
using metrics::visible;

std::string level_of(const Alert& alert, const Style& style) {
  if (!alert.active()) return style.paint(Emphasis::faint, to_string(alert.level));
  const bool confirmed = alert.level == AlertLevel::confirmed;
  return style.paint(confirmed ? Emphasis::bad : Emphasis::warning, to_string(alert.level));
}

std::string state_of(const Alert& alert) {
  std::string text = "since " + metrics::format_date_time(alert.since_ns);
  if (alert.end == AlertEnd::resolved)
    text += ", resolved " + metrics::format_date_time(alert.ended_ns);
  if (alert.end == AlertEnd::new_level)
    text += ", the new usual since " + metrics::format_date_time(alert.ended_ns);
  if (alert.end == AlertEnd::not_watched)
    text += ", not watched since " + metrics::format_date_time(alert.ended_ns);
  return text;
}

std::string judged(const Alert& alert) {
  return *to_string(alert.judgement) == '\0' ? ""
                                             : std::string("judged ") + to_string(alert.judgement);
}

std::string heading(const Alert& alert, const Style& style) {
  std::string text = level_of(alert, style) + "  " +
                     style.paint(Emphasis::strong, visible(alert.id)) + "  " + state_of(alert);
  if (const std::string words = judged(alert); !words.empty()) text += ", " + words;
  return text + '\n';
}

std::string accuracy_line(const metrics::AlertAccuracy& accuracy) {
  const bool asks = accuracy.raised != 0 && !accuracy.wrong_ratio();
  return metrics::in_words(accuracy) +
         (asks ? ": goxel-telemetry alerts judge ID true|false|known\n" : "\n");
}

// How it goes with a channel, and what waits for it.
std::string channel_lines(const metrics::AlertStore::Channel& channel) {
  const std::string name = visible(channel.name);
  const metrics::ChannelCounts& counts = channel.counts;
  std::string text =
      name + (counts.last_sent_ns == 0
                  ? std::string(" has taken no message yet")
                  : " last took a message " + metrics::format_date_time(counts.last_sent_ns));
  if (counts.last_failed_ns != 0)
    text += ", last did not " + metrics::format_date_time(counts.last_failed_ns);
  if (!counts.problem.empty()) text += ": " + visible(counts.problem);
  text += '\n';
  if (channel.messages == 0) return text;
  text += plural(channel.messages, "message") + " for " + name + ' ' +
          (channel.messages == 1 ? "waits" : "wait") + " since " +
          metrics::format_date_time(channel.oldest_ns);
  if (!channel.why.empty()) text += ": " + visible(channel.why);
  return text + '\n';
}

std::string shifts_table(const std::vector<OperationShift>& shifts, const Style& style) {
  Table table({{"OPERATION", Align::left},
               {"WHAT", Align::left},
               {"BEFORE"},
               {"AFTER"},
               {"", Align::right},
               {"95 %", Align::left, 1},
               {"STACK", Align::left, 3},
               {"WHERE", Align::left, 2},
               {"IN THE DAEMON", Align::left, 4}});
  for (const OperationShift& shift : shifts) {
    table.add({shift.key.operation.empty() ? "all operations" : shift.key.operation,
               std::string(to_string(shift.channel)), metrics::value_in_words(shift, shift.before),
               metrics::value_in_words(shift, shift.after), metrics::times_in_words(shift.ratio),
               metrics::times_in_words(shift.ratio_low) + " to " +
                   metrics::times_in_words(shift.ratio_high),
               shift.key.stack, metrics::layers_in_words(shift), metrics::phases_in_words(shift)});
  }
  return table.render(style);
}

// As many columns as there are values, eight heights.
std::string small_chart(const metrics::AlertEvidence& evidence) {
  static constexpr std::array kHeights = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  constexpr std::size_t kMostColumns = 60;
  const std::size_t columns = std::min(evidence.course.size(), kMostColumns);
  if (columns == 0) return {};
  const std::vector<double> shown(evidence.course.end() - static_cast<std::ptrdiff_t>(columns),
                                  evidence.course.end());
  const double highest = *std::max_element(shown.begin(), shown.end());
  std::string text;
  for (const double one : shown) {
    const double share = highest > 0 ? std::clamp(one / highest, 0.0, 1.0) : 0;
    text += kHeights.at(static_cast<std::size_t>(std::lround(share * 7)));
  }
  return text + ' ' + visible(evidence.unit) + '\n';
}

}  // namespace

std::string alerts_screen(const AlertList& list, const Style& style) {
  std::string text;
  for (const Alert& alert : list.alerts) {
    text += heading(alert, style) + "  " + visible(alert.summary) + '\n';
  }
  if (list.alerts.empty()) text += "no alerts\n";
  if (!list.message.empty()) text += list.message + '\n';
  text += '\n' + accuracy_line(list.accuracy);
  if (!list.silences.empty())
    text += plural(list.silences.size(), "silence") + ": goxel-telemetry alerts silences\n";
  for (const auto& channel : list.channels) text += channel_lines(channel);
  return text;
}

std::string alert_screen(const Alert& alert, const Style& style) {
  std::string text = heading(alert, style) + visible(alert.summary) + '\n';
  if (!alert.advice.empty()) text += visible(alert.advice) + ".\n";
  const metrics::AlertEvidence& evidence = alert.evidence;
  if (!evidence.operations.empty()) text += '\n' + shifts_table(evidence.operations, style);
  if (!evidence.compared_with.empty())
    text += "compared with " + visible(evidence.compared_with) + '\n';
  if (!evidence.course.empty()) text += '\n' + small_chart(evidence);
  if (!evidence.facts.empty()) {
    text += '\n';
    for (const metrics::AlertFact& fact : evidence.facts)
      text += visible(fact.name) + ": " + visible(fact.value) + '\n';
  }
  for (const std::string& why : evidence.not_looked_at)
    text += "not looked at: " + visible(why) + '\n';
  return text;
}

std::string silences_screen(const std::vector<metrics::Silence>& silences, const Style& style) {
  if (silences.empty()) return "nothing is silenced\n";
  const auto any = [](const std::string& name) { return name.empty() ? "any" : name; };
  Table table({{"NUMBER"},
               {"UNTIL", Align::left},
               {"RULE", Align::left},
               {"INSTANCE", Align::left},
               {"OPERATION", Align::left, 1},
               {"BY", Align::left, 3},
               {"REASON", Align::left, 2}});
  for (const metrics::Silence& one : silences) {
    table.add({std::to_string(one.id), metrics::format_date_time(one.end_ns), any(one.rule),
               any(one.instance), any(one.operation), one.author, one.reason});
  }
  return table.render(style);
}

}  // namespace goxel_telemetry::cli
