// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>

#include "cli/commands/alerts.h"
#include "cli/screen/facts.h"
#include "cli/screen/table.h"
#include "metrics/alerts/alert_course.h"
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

constexpr std::size_t kGap = 2;

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

// In lines that fit the terminal.
std::string lines(const std::string& text, const Style& style, std::size_t indent = 0) {
  return wrapped(visible(text), style.width, indent) + '\n';
}

// The id stays whole: people copy it.
std::string heading(const Alert& alert, const Style& style) {
  std::string state = state_of(alert);
  if (const std::string words = judged(alert); !words.empty()) state += ", " + words;
  const std::string gap(kGap, ' ');
  const std::string what =
      level_of(alert, style) + gap + style.paint(Emphasis::strong, visible(alert.id));
  const std::string plain = to_string(alert.level) + gap + visible(alert.id) + gap + state;
  const bool fits = style.width == 0 || columns(plain) <= style.width;
  return what + (fits ? gap + state + '\n' : '\n' + lines(state, style, kGap));
}

std::string accuracy_text(const metrics::AlertAccuracy& accuracy) {
  const bool asks = accuracy.raised != 0 && !accuracy.wrong_ratio();
  return metrics::in_words(accuracy) +
         (asks ? ": goxel-telemetry alerts judge ID true|false|known" : "");
}

// How it goes with a channel, and what waits for it.
std::string channel_lines(const metrics::AlertStore::Channel& channel, const Style& style) {
  const metrics::ChannelCounts& counts = channel.counts;
  std::string done = channel.name;
  done += counts.last_sent_ns == 0
              ? std::string(" has taken no message yet")
              : " last took a message " + metrics::format_date_time(counts.last_sent_ns);
  if (counts.last_failed_ns != 0)
    done += ", last did not " + metrics::format_date_time(counts.last_failed_ns);
  if (!counts.problem.empty()) done += ": " + counts.problem;
  if (channel.messages == 0) return lines(done, style);
  std::string waits = plural(channel.messages, "message") + " for " + channel.name + ' ' +
                      (channel.messages == 1 ? "waits" : "wait") + " since " +
                      metrics::format_date_time(channel.oldest_ns);
  if (!channel.why.empty()) waits += ": " + channel.why;
  return lines(done, style) + lines(waits, style);
}

std::string shifts_table(const std::vector<OperationShift>& shifts, const Style& style) {
  Table table({{"OPERATION", Align::left},
               {"WHAT", Align::left, 1},
               {"BEFORE"},
               {"AFTER"},
               {"", Align::right},
               {"95 %", Align::left, 2},
               {"STACK", Align::left, 4},
               {"WHERE", Align::left, 3},
               {"IN THE DAEMON", Align::left, 5}});
  for (const OperationShift& shift : shifts) {
    table.add({shift.key.operation.empty() ? "all operations" : shift.key.operation,
               std::string(to_string(shift.channel)), metrics::value_in_words(shift, shift.before),
               metrics::value_in_words(shift, shift.after), metrics::times_in_words(shift.ratio),
               metrics::interval_in_words(shift), shift.key.stack, metrics::layers_in_words(shift),
               metrics::phases_in_words(shift)});
  }
  return table.render(style);
}

std::string small_chart(const metrics::AlertEvidence& evidence, const Style& style) {
  constexpr std::size_t kMostColumns = 60;
  const std::size_t columns = style.width == 0 ? kMostColumns : std::min(style.width, kMostColumns);
  const metrics::TextChart chart = metrics::text_chart(evidence, columns);
  if (chart.blocks.empty()) return {};
  const std::string usual = chart.usual.empty() ? "" : " (" + chart.usual + ')';
  return '\n' + chart.blocks + '\n' + lines(metrics::course_in_words(evidence) + usual, style);
}

}  // namespace

std::string alerts_screen(const AlertList& list, const Style& style) {
  std::string text;
  for (const Alert& alert : list.alerts)
    text += heading(alert, style) + lines(alert.summary, style, kGap);
  if (list.alerts.empty()) text += "no alerts\n";
  if (!list.message.empty()) text += lines(list.message, style);
  text += '\n' + lines(accuracy_text(list.accuracy), style);
  if (!list.silences.empty())
    text +=
        lines(plural(list.silences.size(), "silence") + ": goxel-telemetry alerts silences", style);
  for (const auto& channel : list.channels) text += channel_lines(channel, style);
  return text;
}

std::string alert_screen(const Alert& alert, const Style& style) {
  std::string text = heading(alert, style) + lines(alert.summary, style);
  // In one line, however narrow the terminal: it may be a command, which is copied.
  if (!alert.advice.empty()) text += visible(alert.advice) + ".\n";
  const metrics::AlertEvidence& evidence = alert.evidence;
  if (!evidence.operations.empty()) text += '\n' + shifts_table(evidence.operations, style);
  if (!evidence.compared_with.empty())
    text += lines("compared with " + evidence.compared_with, style);
  text += small_chart(evidence, style);
  if (!evidence.facts.empty()) {
    text += '\n';
    for (const metrics::AlertFact& fact : evidence.facts)
      text += lines(fact.name + ": " + fact.value, style);
  }
  for (const std::string& why : evidence.not_looked_at)
    text += lines("not looked at: " + why, style);
  return text;
}

std::string silences_screen(const std::vector<metrics::Silence>& silences, const Style& style) {
  if (silences.empty()) return "nothing is silenced\n";
  std::string text;
  for (const metrics::Silence& one : silences) {
    std::string what = one.rule.empty() ? "any rule" : one.rule;
    what += one.instance.empty() ? " of any instance" : " of " + one.instance;
    if (!one.operation.empty()) what += ", operation " + one.operation;
    std::string why = one.author.empty() ? "" : "by " + one.author;
    if (!one.reason.empty()) why += (why.empty() ? "" : ": ") + one.reason;
    text += style.paint(Emphasis::strong, std::to_string(one.id)) + "  until " +
            metrics::format_date_time(one.end_ns) + '\n' + lines(what, style, kGap);
    if (!why.empty()) text += lines(why, style, kGap);
  }
  return text;
}

}  // namespace goxel_telemetry::cli
