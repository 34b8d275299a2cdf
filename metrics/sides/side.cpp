// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/sides/side.h"

#include <set>
#include <string_view>
#include <vector>

#include "metrics/history/reader.h"
#include "metrics/live/follower.h"
#include "metrics/live/instances_here.h"
#include "metrics/text/format.h"
#include "metrics/text/printable.h"
#include "metrics/text/time_range.h"

namespace goxel_telemetry::metrics {
namespace {

// The text after `prefix`, if `text` begins with it.
std::optional<std::string> after(std::string_view prefix, const std::string& text) {
  if (!std::string_view(text).starts_with(prefix)) return std::nullopt;
  return text.substr(prefix.size());
}

std::string joined(const auto& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return printable(text);
}

SideOutcome outcome_of(HistoryOutcome outcome) {
  switch (outcome) {
    case HistoryOutcome::unknown:
      return SideOutcome::unknown;
    case HistoryOutcome::absent:
    case HistoryOutcome::read_only:
    case HistoryOutcome::failed:
      return SideOutcome::unreadable;
    default:
      return SideOutcome::invalid_file;
  }
}

void require(const HistoryResult& result) {
  if (!result.done()) throw SideFailure(outcome_of(result.outcome), printable(result.message));
}

std::string only_instance_of(HistoryReader& history) {
  std::vector<std::string> names;
  require(history.instances(names));
  if (names.empty()) throw SideFailure(SideOutcome::unknown, "the history has no instance yet");
  if (names.size() > 1) {
    throw SideFailure(SideOutcome::invalid_text, "the history has several instances (" +
                                                     joined(names) +
                                                     "): the one that is meant must be named");
  }
  return names.front();
}

}  // namespace

void require(const StoreResult& result) {
  if (result.done()) return;
  SideOutcome outcome = SideOutcome::invalid_file;
  if (result.outcome == StoreOutcome::unknown) outcome = SideOutcome::unknown;
  if (result.outcome == StoreOutcome::failed) outcome = SideOutcome::unreadable;
  throw SideFailure(outcome, printable(result.message));
}

Side side_of(Baseline baseline, const std::string& what) {
  Side side;
  side.description =
      what + ", saved " + format_date_time(baseline.saved_realtime_ns) + " from " + baseline.source;
  side.observation = std::move(baseline.observation);
  return side;
}

Side SideReader::read(const std::string& asked) {
  const std::size_t dots = asked.find("..");
  Side side;
  if (asked == "live") {
    side = read_live();
  } else if (const auto stack = after("stack:", asked)) {
    side = read_stack(*stack);
  } else if (const auto name = after("baseline:", asked)) {
    side = read_baseline(*name);
  } else if (const auto path = after("file:", asked)) {
    side = read_file(*path);
  } else if (asked.find('/') != std::string::npos) {
    side = read_file(asked);
  } else if (dots != std::string::npos) {
    side = read_range(asked.substr(0, dots), asked.substr(dots + 2));
  } else {
    side = read_baseline(asked);
  }
  side.asked = printable(asked);
  return side;
}

Side SideReader::read_live() {
  if (!live_) live_ = sources_.live();
  return *live_;
}

// Reads NAME or NAME@SIDE.
Side SideReader::read_stack(const std::string& asked) {
  const std::size_t at = asked.find('@');
  const std::string stack = asked.substr(0, at);
  const std::string of = at == std::string::npos ? "live" : asked.substr(at + 1);
  if (stack.empty()) {
    throw SideFailure(SideOutcome::invalid_text, "\"stack:\" needs the name of a stack");
  }
  if (after("stack:", of)) {
    throw SideFailure(SideOutcome::invalid_text, "a side is of one stack: \"stack:\" stands once");
  }
  Side side = read(of);
  side.one_stack = true;
  side.description += ", stack " + printable(stack);
  std::set<std::string> others;
  std::erase_if(side.observation.operations, [&](const auto& operation) {
    if (operation.first.stack == stack) return false;
    others.insert(operation.first.stack);
    return true;
  });
  if (side.observation.operations.empty()) {
    throw SideFailure(SideOutcome::unknown, "no request of a stack \"" + printable(stack) +
                                                "\" was seen, only of: " + joined(others));
  }
  return side;
}

Side SideReader::read_range(const std::string& from, const std::string& to) const {
  if (from.empty() || to.empty()) {
    throw SideFailure(SideOutcome::invalid_text, "a range has a beginning and an end: FROM..TO");
  }
  const ParsedRange parsed = parse_range(from, to, Time::now().realtime_ns);
  if (!parsed.why.empty()) throw SideFailure(SideOutcome::invalid_text, parsed.why);
  if (sources_.history_file.empty()) {
    throw SideFailure(SideOutcome::unknown,
                      "a range is one of the history: --history must name the file that the bridge "
                      "keeps it in");
  }
  HistoryResult result;
  const auto reader =
      HistoryReader::open(sources_.history_file, result, HistoryReader::kMostSteps, sources_.stop);
  require(result);
  HistoryFilter filter;
  filter.instance = sources_.instance.empty() ? only_instance_of(*reader) : sources_.instance;
  Side side;
  require(reader->observe(filter, parsed.range, side.observation));
  side.description = "history of instance \"" + printable(filter.instance) + '"';
  return side;
}

Side SideReader::read_baseline(const std::string& name) const {
  if (!valid_baseline_name(name)) {
    throw SideFailure(SideOutcome::invalid_text,
                      '"' + printable(name) + "\" is no side to compare: " + kBaselineNameRule);
  }
  if (sources_.baseline_folder.empty()) {
    throw SideFailure(
        SideOutcome::unknown,
        "no folder of baselines is given, and neither XDG_STATE_HOME nor HOME is set");
  }
  Baseline baseline;
  require(BaselineStore(sources_.baseline_folder).load(name, baseline));
  return side_of(std::move(baseline), "baseline \"" + name + '"');
}

Side SideReader::read_file(const std::string& path) const {
  if (!sources_.file) {
    throw SideFailure(SideOutcome::invalid_text, "a side here is no file: save it as a baseline");
  }
  return sources_.file(path);
}

ComparedSides compare_sides(SideReader& reader, const std::string& a, const std::string& b,
                            ComparisonOptions options) {
  ComparedSides compared{reader.read(a), reader.read(b), {}};
  options.across_stacks = compared.a.one_stack || compared.b.one_stack;
  compared.comparison = compare(compared.a.observation, compared.b.observation, options);
  if (!compared.comparison.operations.empty()) return compared;
  std::string wanted;
  for (const auto& [name, value] :
       {std::pair("operation", options.operation), std::pair("stack", options.stack),
        std::pair("layer", options.layer)}) {
    if (!value.empty()) wanted += std::string(" ") + name + " \"" + printable(value) + '"';
  }
  throw SideFailure(SideOutcome::unknown, wanted.empty() ? "there are no requests on either side"
                                                         : "neither side has requests of" + wanted);
}

}  // namespace goxel_telemetry::metrics
