// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/commands/trace.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <utility>
#include <vector>

#include "cli/screen/facts.h"
#include "cli/screen/json.h"
#include "cli/screen/table.h"
#include "cli/target.h"
#include "documents/document.h"
#include "metrics/text/arguments.h"
#include "metrics/text/characters.h"
#include "metrics/text/format.h"

namespace goxel_telemetry::cli {
namespace {

using metrics::TracedOperation;
using metrics::TracedSpan;

// So long at least until what has just ended is joined.
constexpr std::chrono::milliseconds kJoining{400};
constexpr std::size_t kLongestName = 36;
constexpr std::size_t kWidestBar = 60;
constexpr std::size_t kNarrowestBar = 8;
constexpr std::size_t kWidthOfAPipe = 100;

std::string duration(std::uint64_t ns) {
  return metrics::format_duration(static_cast<double>(ns));
}

std::string name_of(const TracedSpan& span) {
  return std::string(2 * static_cast<std::size_t>(span.depth), ' ') +
         cut(metrics::visible(span.operation), kLongestName);
}

bool is_ok(const TracedSpan& span) {
  return span.status == "ok";
}

// At least one column wide, so that a short span is seen, too.
std::string bar(const TracedOperation& operation, const TracedSpan& span, std::size_t width) {
  const auto column = [&](std::uint64_t at_ns) {
    const double part = static_cast<double>(at_ns - operation.start_ns) /
                        static_cast<double>(std::max<std::uint64_t>(operation.duration_ns, 1));
    return static_cast<std::size_t>(std::lround(part * static_cast<double>(width)));
  };
  const std::size_t begin = std::min(column(span.start_ns), width - 1);
  const std::size_t end = std::clamp(column(span.start_ns + span.duration_ns), begin + 1, width);
  std::string drawn(begin, ' ');
  for (std::size_t i = begin; i < end; ++i) drawn += "━";
  return drawn;
}

// What the other columns leave.
std::size_t bar_width(const TracedOperation& operation, std::size_t width) {
  constexpr std::size_t kLayerAndTimes = 2 + 10 + 2 + 7 + 2 + 7 + 2;
  std::size_t name = 0;
  std::size_t status = 0;
  for (const TracedSpan& span : operation.spans) {
    name = std::max(name, columns(name_of(span)));
    if (!is_ok(span)) status = std::max({status, span.status.size() + 2, std::size_t{8}});
  }
  const std::size_t others = name + kLayerAndTimes + status;
  const std::size_t all = width == 0 ? kWidthOfAPipe : width;
  return std::clamp(all - std::min(all, others), kNarrowestBar, kWidestBar);
}

using Traces = std::vector<std::shared_ptr<const TracedOperation>>;

Traces by_id(const std::string& instance, const std::string& text) {
  const auto id = metrics::parse_trace_id(text);
  if (!id) {
    throw Failure(
        kExitUsage,
        "trace takes 32 hexadecimal digits, or the last 16 of them, or \"slowest\", not \"" + text +
            '"');
  }
  Traces traces;
  for (TracedOperation& operation : metrics::find_trace(instance, *id, metrics::Time::now())) {
    traces.push_back(std::make_shared<const TracedOperation>(std::move(operation)));
  }
  return traces;
}

Traces slowest(metrics::LayerGroup& group, const TraceOptions& options) {
  keep_looking(group, kJoining);
  const metrics::SlowestQuery query{
      .seconds = metrics::kWindowSeconds[static_cast<std::size_t>(options.window)],
      .operation = options.operation,
      .stack = options.stack,
      .most = options.count};
  return metrics::slowest(*group.slowest(), query, metrics::Time::now().monotonic_ns);
}

}  // namespace

std::string waterfall(const TracedOperation& operation, const Style& style) {
  const std::size_t width = bar_width(operation, style.width);
  Table table({{"SPAN", Align::left},
               {"LAYER", Align::left},
               {"TIME"},
               {"OWN", Align::right, 2},
               {"", Align::left, 1},
               {"STATUS", Align::left}});
  for (const TracedSpan& span : operation.spans) {
    const bool ok = is_ok(span);
    const Emphasis emphasis = ok ? Emphasis::none : Emphasis::bad;
    table.add({Cell(name_of(span), emphasis),
               std::string(metrics::kLayerNames[static_cast<std::size_t>(span.layer)]),
               duration(span.duration_ns), duration(span.own_ns),
               Cell(bar(operation, span, width), emphasis), Cell(ok ? "" : span.status, emphasis)});
  }
  const std::size_t room = style.width == 0 ? kWidthOfAPipe : style.width;
  std::string screen =
      style.paint(Emphasis::strong, cut(metrics::visible(operation.operation), room)) + '\n' +
      fact_line("trace",
                {documents::hexadecimal(operation.trace_id), duration(operation.duration_ns),
                 operation.stack, metrics::format_date_time(operation.start_realtime_ns)},
                style) +
      table.render(style);
  if (operation.spans_left_out != 0) {
    screen += "and " + plural(operation.spans_left_out, "span") + " that began later\n";
  }
  return screen;
}

int run_trace(const TraceOptions& options) {
  metrics::LayerGroup group(choose_instance(options.instance));
  first_look(group);
  const bool wants_slowest = options.which == "slowest";
  const bool chooses = !options.operation.empty() || !options.stack.empty();
  if (!wants_slowest && chooses) {
    throw Failure(kExitUsage, "--operation and --stack choose among the slowest, not in a trace");
  }
  const Traces traces =
      wants_slowest ? slowest(group, options) : by_id(group.instance(), options.which);
  if (options.json) return finish(traces_json(group.instance(), traces));
  if (traces.empty()) {
    throw Failure(kExitNotThere,
                  !wants_slowest ? "the rings of instance \"" + group.instance() +
                                       "\" hold nothing of this trace (any more)"
                  : chooses ? "no such operation was seen at more than one layer in this window"
                            : "no operation was seen at more than one layer in this window: only "
                              "what outer layers report has a trace, and the first ones are "
                              "joined after five seconds");
  }
  std::string screen;
  for (const auto& one : traces) {
    screen += (screen.empty() ? "" : "\n") + waterfall(*one, output_style());
  }
  return finish(screen);
}

}  // namespace goxel_telemetry::cli
