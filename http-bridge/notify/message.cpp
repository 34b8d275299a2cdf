// SPDX-License-Identifier: GPL-3.0-or-later
#include "http-bridge/notify/message.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

#include "metrics/alerts/alert_words.h"
#include "metrics/text/characters.h"
#include "metrics/text/format.h"
#include "shm/segment.h"

namespace goxel_telemetry::http_bridge::notify {
namespace {

using metrics::Alert;
using metrics::AlertChange;
using metrics::AlertEnd;
using metrics::OperationShift;

constexpr std::size_t kMostInDetail = 5;        // alerts
constexpr std::size_t kMostLinesOfSeveral = 6;  // of each, if they are several
constexpr std::size_t kMostColumns = 60;        // of a chart: more would be broken on a telephone

const char* what_happened(const Event& event) {
  const Alert& alert = event.alert;
  if (!alert.active()) {
    if (event.is_first) return "Came and went";
    switch (alert.end) {
      case AlertEnd::new_level:
        return "Is the usual now";
      case AlertEnd::not_watched:
        return "No longer watched";
      default:
        return "Over";
    }
  }
  if (event.change == AlertChange::widened && !event.is_first) return "More operations";
  return alert.level == metrics::AlertLevel::confirmed ? "Confirmed" : "Warning";
}

std::string of_whom(const Alert& alert) {
  return alert.instance.empty() ? "the bridge" : alert.instance;
}

std::string duration_text(std::uint64_t from_ns, std::uint64_t to_ns) {
  return metrics::format_duration(static_cast<double>(to_ns - std::min(from_ns, to_ns)));
}

std::string when(const Alert& alert, std::uint64_t now_ns) {
  if (alert.active()) {
    std::string text = "Since " + metrics::format_utc(alert.since_ns);
    if (alert.raised_ns > alert.since_ns)
      text += ", noticed " + duration_text(alert.since_ns, alert.raised_ns) + " later";
    return text + ", for " + duration_text(alert.since_ns, now_ns) + " now";
  }
  return "From " + metrics::format_utc(alert.since_ns) + " to " +
         metrics::format_utc(alert.ended_ns) + ", for " +
         duration_text(alert.since_ns, alert.ended_ns);
}

std::string number(double value) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.2f", value);
  return text.data();
}

std::string effect(const OperationShift& shift) {
  const bool fails = shift.channel == OperationShift::Channel::errors;
  const bool is_tail = shift.channel == OperationShift::Channel::tail;
  std::string text = is_tail ? "the slowest hundredth " : "";
  if (std::isfinite(shift.ratio)) {
    if (!fails) text += "takes ";
    text += number(shift.ratio) + (fails ? " times as many fail" : " times as long");
    if (std::isfinite(shift.ratio_low) || std::isfinite(shift.ratio_high))
      text += " (" + metrics::interval_in_words(shift) + ')';
    text += ", ";
  } else {
    text += fails ? "fails more often, " : "takes longer, ";
  }
  if (!fails) text += is_tail ? "99th percentile " : "median ";
  return text + metrics::value_in_words(shift, shift.before) + " → " +
         metrics::value_in_words(shift, shift.after);
}

std::string name_of(const metrics::OperationKey& key) {
  std::string name = key.operation.empty() ? "all operations" : key.operation;
  std::string where;
  for (const std::string* part : {&key.protocol, &key.stack}) {
    if (!part->empty()) where += (where.empty() ? "" : ", ") + *part;
  }
  return where.empty() ? name : name + " (" + where + ')';
}

std::string layers_text(const OperationShift& shift) {
  std::string text;
  for (const metrics::LayerShift& layer : shift.layers) {
    text += (text.empty() ? "where: " : "; ") + layer.layer + ' ' +
            (layer.shift_ns < 0 ? "−" : "+") + metrics::format_duration(std::abs(layer.shift_ns)) +
            " (" + metrics::format_percent(std::max(0.0, layer.share)) + ')';
  }
  return text;
}

std::vector<std::string> evidence_lines(const Event& event, std::uint64_t now_ns) {
  const metrics::AlertEvidence& evidence = event.alert.evidence;
  std::vector<std::string> lines{when(event.alert, now_ns)};
  for (const OperationShift& shift : evidence.operations) {
    lines.push_back(name_of(shift.key) + ": " + effect(shift) + "; " +
                    metrics::format_count(shift.count_after) + " requests against " +
                    metrics::format_count(shift.count_before));
    if (std::string layers = layers_text(shift); !layers.empty())
      lines.push_back(std::move(layers));
    if (const std::string phases = metrics::phases_in_words(shift); !phases.empty())
      lines.push_back("inside the daemon: " + phases);
  }
  for (const metrics::AlertFact& fact : evidence.facts) {
    lines.push_back(fact.name + ": " + fact.value);
  }
  if (!evidence.compared_with.empty()) lines.push_back("compared with " + evidence.compared_with);
  for (const std::string& note : evidence.not_looked_at) lines.push_back("not looked at: " + note);
  return lines;
}

// As a shell reads it. Names of instances have no characters that mean anything to it; ids are made of the same.
std::vector<std::string> handling(const Alert& alert) {
  std::string silence =
      std::string("goxel-telemetry alerts silence --rule ") + to_string(alert.rule);
  if (!alert.instance.empty()) silence += " --instance " + alert.instance;
  return {"alert " + alert.id,
          "judge it: goxel-telemetry alerts judge " + alert.id + " true|false|known",
          "silence it: " + silence + " --for 2h"};
}

std::string sentence(const Event& event) {
  return std::string(what_happened(event)) + ": " + event.alert.summary;
}

MessagePart part_of(const Event& event, const Bundle& bundle, const std::string& page,
                    std::uint64_t now_ns) {
  const bool is_alone = bundle.events.size() == 1;
  MessagePart part;
  part.link = bundle.is_test ? page : link_to(event, page);
  if (!is_alone) part.heading = sentence(event);
  if (bundle.events.size() > kMostInDetail) {
    part.handling = {"alert " + event.alert.id};
    return part;
  }
  part.lines = evidence_lines(event, now_ns);
  if (!is_alone && part.lines.size() > kMostLinesOfSeveral) {
    const std::size_t left_out = part.lines.size() - kMostLinesOfSeveral;
    part.lines.resize(kMostLinesOfSeveral);
    part.lines.push_back("… and " + std::to_string(left_out) + " more lines");
  }
  part.chart = metrics::text_chart(event.alert.evidence, kMostColumns);
  if (event.alert.active()) part.advice = event.alert.advice;
  part.handling = handling(event.alert);
  return part;
}

std::string title_of(const Bundle& bundle) {
  const Event& first = bundle.events.front();
  if (bundle.events.size() + bundle.more == 1) return sentence(first);
  const bool is_one_instance =
      bundle.more == 0 &&
      std::all_of(bundle.events.begin(), bundle.events.end(), [&first](const Event& event) {
        return event.alert.instance == first.alert.instance;
      });
  return std::to_string(bundle.events.size() + bundle.more) + " alerts" +
         (is_one_instance ? " of " + of_whom(first.alert) : "");
}

void show(std::string& text) {
  text = metrics::visible(text);
}

}  // namespace

std::string link_to(const Event& event, const std::string& page) {
  // What is in the file may have been put there by anybody.
  const bool is_id = shm::valid_segment_name(event.alert.id);
  if (page.empty() || page.find('#') != std::string::npos || !is_id) return page;
  return page + "#alert=" + event.alert.id;
}

Message message_of(const Bundle& bundle, const std::string& page, std::uint64_t now_ns) {
  Message message;
  message.title = title_of(bundle);
  const bool is_alone = bundle.events.size() + bundle.more == 1;
  message.subject = is_alone ? bundle.events.front().alert.summary : message.title;
  if (bundle.is_test) message.title.insert(0, "Test, nothing happened. ");
  for (const Event& event : bundle.events)
    message.parts.push_back(part_of(event, bundle, page, now_ns));
  if (bundle.more > 0) {
    message.rest =
        "and " + std::to_string(bundle.more) + " more, as goxel-telemetry alerts lists them";
  }
  // Names come from clients of the daemon.
  show(message.title);
  show(message.subject);
  for (MessagePart& part : message.parts) {
    show(part.heading);
    for (std::string& line : part.lines) show(line);
    show(part.chart.scale);
    show(part.advice);
    for (std::string& line : part.handling) show(line);
  }
  return message;
}

std::string scale_text(const metrics::TextChart& chart) {
  return chart.usual.empty() ? chart.scale : chart.scale + " (" + chart.usual + ')';
}

std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string plain_text(const Message& message) {
  std::string text = message.title + '\n';
  const auto add = [&text](const std::string& line) {
    if (!line.empty()) text += line + '\n';
  };
  for (const MessagePart& part : message.parts) {
    text += '\n';
    add(part.heading);
    for (const std::string& line : part.lines) add(line);
    if (!part.chart.blocks.empty())
      text += '\n' + part.chart.blocks + '\n' + scale_text(part.chart) + '\n';
    if (!part.advice.empty()) text += '\n' + part.advice + '\n';
    text += '\n';
    for (const std::string& line : part.handling) add(line);
    add(part.link);
  }
  if (!message.rest.empty()) text += '\n' + message.rest + '\n';
  return text;
}

}  // namespace goxel_telemetry::http_bridge::notify
