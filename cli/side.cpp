// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/side.h"

#include <cstdlib>
#include <set>
#include <string_view>

#include "cli/live_observation.h"
#include "cli/target.h"
#include "metrics/baseline_store.h"
#include "metrics/collector.h"
#include "metrics/format.h"
#include "metrics/history/reader.h"
#include "metrics/printable.h"
#include "metrics/time_range.h"

namespace goxel_telemetry::cli {
namespace {

// What follows `prefix`, if `text` begins with it.
std::optional<std::string> after(std::string_view prefix, const std::string& text) {
  if (!std::string_view(text).starts_with(prefix)) return std::nullopt;
  return text.substr(prefix.size());
}

Side side_of(const metrics::Baseline& baseline, const std::string& what) {
  Side side;
  side.description = what + ", saved " + metrics::format_date_time(baseline.saved_realtime_ns) +
                     " from " + baseline.source;
  side.observation = baseline.observation;
  return side;
}

[[noreturn]] void fail(const metrics::StoreResult& result) {
  const bool not_there = result.outcome == metrics::StoreOutcome::failed;
  throw Failure(not_there ? kExitNotThere : kExitUsage, metrics::printable(result.message));
}

}  // namespace

std::string default_baseline_folder() {
  const auto variable = [](const char* name) {
    const char* value = std::getenv(name);
    return std::string(value == nullptr ? "" : value);
  };
  // Relative paths there are to be ignored (XDG Base Directory Specification).
  std::string state = variable("XDG_STATE_HOME");
  if (!state.starts_with('/')) {
    const std::string home = variable("HOME");
    if (home.empty()) {
      throw Failure(kExitUsage,
                    "neither XDG_STATE_HOME nor HOME is set: --dir must tell where baselines are");
    }
    state = home + "/.local/state";
  }
  return state + "/goxel-telemetry/baselines";
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
  side.asked = metrics::printable(asked);
  return side;
}

Side SideReader::read_live() {
  if (!live_) {
    const std::string instance = choose_instance(sources_.instance);
    live_.emplace();
    live_->description = "live, instance \"" + instance + '"';
    live_->observation = observe_live(instance, sources_.watch_seconds);
  }
  return *live_;
}

// NAME, or NAME@SIDE.
Side SideReader::read_stack(const std::string& asked) {
  const std::size_t at = asked.find('@');
  const std::string stack = asked.substr(0, at);
  if (stack.empty()) throw Failure(kExitUsage, "\"stack:\" needs the name of a stack");
  Side side = at == std::string::npos ? read_live() : read(asked.substr(at + 1));
  if (side.one_stack) throw Failure(kExitUsage, "a side is of one stack: \"stack:\" stands once");
  side.one_stack = true;
  side.description += ", stack " + metrics::printable(stack);
  std::set<std::string> others;
  std::erase_if(side.observation.operations, [&](const auto& operation) {
    if (operation.first.stack == stack) return false;
    others.insert(operation.first.stack);
    return true;
  });
  if (side.observation.operations.empty()) {
    std::string seen;
    for (const std::string& other : others) seen += (seen.empty() ? "" : ", ") + other;
    throw Failure(kExitUsage, "no request of a stack \"" + metrics::printable(stack) +
                                  "\" was seen, only of: " + metrics::printable(seen));
  }
  return side;
}

Side SideReader::read_range(const std::string& from, const std::string& to) {
  const auto now = metrics::Collector::Time::now();
  if (from.empty() || to.empty()) {
    throw Failure(kExitUsage, "a range has a beginning and an end: FROM..TO");
  }
  const metrics::ParsedRange parsed = metrics::parse_range(from, to, now.realtime_ns);
  if (!parsed.why.empty()) throw Failure(kExitUsage, parsed.why);
  if (sources_.history_file.empty()) {
    throw Failure(kExitUsage,
                  "a range is one of the history: --history must tell the file that the bridge "
                  "keeps it in");
  }
  const auto check = [](const metrics::HistoryResult& result) {
    if (result.done()) return;
    const bool not_there = result.outcome == metrics::HistoryOutcome::absent ||
                           result.outcome == metrics::HistoryOutcome::read_only ||
                           result.outcome == metrics::HistoryOutcome::failed;
    throw Failure(not_there ? kExitNotThere : kExitUsage, metrics::printable(result.message));
  };
  metrics::HistoryResult result;
  const auto reader = metrics::HistoryReader::open(sources_.history_file, result);
  check(result);
  metrics::HistoryFilter filter;
  filter.instance = sources_.instance;
  if (filter.instance.empty()) {
    std::vector<std::string> names;
    check(reader->instances(names));
    if (names.size() != 1) {
      throw Failure(kExitUsage, "the history has " + std::to_string(names.size()) +
                                    " instances: --instance must name one");
    }
    filter.instance = names.front();
  }
  Side side;
  check(reader->observe(filter, parsed.range, side.observation));
  side.description = "history of instance \"" + metrics::printable(filter.instance) + '"';
  return side;
}

Side SideReader::read_baseline(const std::string& name) {
  if (!metrics::valid_baseline_name(name)) {
    throw Failure(kExitUsage, '"' + metrics::printable(name) + "\" is no side to compare: " +
                                  metrics::kBaselineNameRule + "; see --help for other sides");
  }
  const metrics::BaselineStore store(sources_.baseline_folder.empty() ? default_baseline_folder()
                                                                      : sources_.baseline_folder);
  metrics::Baseline baseline;
  const metrics::StoreResult result = store.load(name, baseline);
  if (!result.done()) fail(result);
  return side_of(baseline, "baseline \"" + name + '"');
}

Side SideReader::read_file(const std::string& path) {
  metrics::Baseline baseline;
  const metrics::StoreResult result = metrics::read_baseline_file(path, baseline);
  if (!result.done()) fail(result);
  return side_of(baseline, "exported baseline \"" + baseline.name + '"');
}

}  // namespace goxel_telemetry::cli
