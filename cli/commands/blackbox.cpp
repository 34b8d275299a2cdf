// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/commands/blackbox.h"

#include "cli/screen/facts.h"
#include "cli/screen/json.h"
#include "cli/screen/record_line.h"
#include "cli/screen/table.h"
#include "cli/target.h"
#include "metrics/live/last_records.h"
#include "metrics/text/format.h"

namespace goxel_telemetry::cli {
namespace {

using metrics::format_count;

// The daemon ended after the last record, and within about a second after the last heartbeat.
std::string signs_line(const metrics::Snapshot& snapshot, const Style& style) {
  const auto age_ns = static_cast<std::uint64_t>(snapshot.daemon.heartbeat_age_seconds * 1e9);
  const std::uint64_t last_record = snapshot.daemon.last_record_realtime_ns;
  return fact_line(
      "last signs",
      {"heartbeat " + metrics::format_time_of_day(snapshot.taken_realtime_ns - age_ns),
       last_record == 0 ? "no record" : "record " + metrics::format_time_of_day(last_record)},
      style);
}

std::string kept_line(const metrics::Ring& ring, const Style& style) {
  return fact_line(
      "records",
      {format_count(ring.published) + " published", format_count(ring.read) + " kept",
       Cell(format_count(ring.before_reader) + " overwritten by newer ones"),
       ring.lost == 0 ? Cell("") : Cell(format_count(ring.lost) + " unreadable", Emphasis::bad)},
      style);
}

}  // namespace

std::string blackbox_report(const metrics::Snapshot& snapshot,
                            const std::vector<metrics::NamedRecord>& last_records,
                            const Style& style) {
  const bool live = snapshot.daemon.state == shm::ProducerState::live;
  std::string report = headline(snapshot, style);
  if (live) report += "The daemon is alive; this is what its black box would show now.\n";
  report += '\n' + daemon_line(snapshot, style) + signs_line(snapshot, style) +
            totals_line(snapshot, style) + kept_line(snapshot.ring, style) +
            misses_line(snapshot.daemon.gauges, style);

  if (snapshot.inflight.empty()) {
    report += "\nNothing was in flight.\n";
  } else {
    report += '\n' + style.paint(Emphasis::strong,
                                 plural(snapshot.inflight.size(), "request") + " in flight");
    if (!live) report += ", aged to the last sign of life, up to a second before the end";
    report += "\n\n" + inflight_table(snapshot.inflight, live ? "AGE" : "AGE AT END", style);
  }
  if (const std::string run = run_table(snapshot, style); !run.empty()) report += '\n' + run;
  if (last_records.empty()) return report;
  report += '\n' + style.paint(Emphasis::strong, "Last " + plural(last_records.size(), "record")) +
            "\n\n";
  for (const metrics::NamedRecord& record : last_records) report += record_line(record, style);
  return report;
}

int run_blackbox(const BlackboxOptions& options) {
  metrics::LastRecords last(options.last);
  metrics::Follower follower(choose_instance(options.instance));
  follower.on_record([&last](const metrics::NamedRecord& r) { last.add(r); });
  const metrics::Snapshot snapshot = first_look(follower);
  const auto records = last.take();
  return finish(options.json ? blackbox_json(snapshot, records)
                             : blackbox_report(snapshot, records, output_style()));
}

}  // namespace goxel_telemetry::cli
