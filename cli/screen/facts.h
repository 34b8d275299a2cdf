// SPDX-License-Identifier: GPL-3.0-or-later
// Parts of a screen that more than one command shows.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/screen/table.h"
#include "metrics/live/snapshot.h"

namespace goxel_telemetry::cli {

// "goxel: live since 2025-11-25 18:46:03", or how and when the daemon ended.
std::string headline(const metrics::Snapshot& snapshot, const Style& style);

// ", but without a sign of life for 12.3 s"; empty unless that is so.
std::string silence(const metrics::Snapshot& snapshot, const Style& style);

// The daemon's program, version, pid and age, and how it is observed.
std::string daemon_line(const metrics::Snapshot& snapshot, const Style& style);

// "1 record", "2,345 records"
std::string plural(std::uint64_t count, const std::string& noun);

// Every operation's requests since the daemon began, by how they ended; the most frequent first. Empty
// if there were none.
std::string run_table(const metrics::Snapshot& snapshot, const Style& style);

// Requests of this run by how they ended.
std::string totals_line(const metrics::Snapshot& snapshot, const Style& style);

// How long after its end a record was counted; empty if that is not known.
std::string freshness_line(const metrics::Freshness& freshness, const Style& style);

// What became of the records: published = read + before this reader + lost.
std::string ring_line(const metrics::Ring& ring, const Style& style);

// The numbers of events that the plugin could not record, each with its reason; or that there are
// none.
std::string misses_line(const shm::GaugeValues& gauges, const Style& style);

// "memory 42.3 MiB" of the daemon alone, and how far that is from the operator's target.
Cell memory_fact(const metrics::Snapshot& snapshot);

// "and telemetry's 1.9 MiB": how much more memory the process has for the plugin; empty if that is
// not known.
Cell own_memory_fact(const metrics::Snapshot& snapshot);

// A fact about what telemetry costs: calm or conspicuous by its share, if that is known.
Cell share_fact(const std::string& text, std::optional<double> share);
// Of which operation's latency waiting for telemetry is the largest part; empty if that is not known.
Cell most_delayed_fact(const metrics::Snapshot& snapshot);

// How far the operation's mean in this window is from the operator's target; empty if it has none.
Cell target_cell(const metrics::OperationStats& operation, metrics::Window window);

// Requests in flight, in the order given. `age_title`: title of the age column, which says up to
// when ages count.
std::string inflight_table(const std::vector<metrics::InflightRequest>& requests,
                           const std::string& age_title, const Style& style);

}  // namespace goxel_telemetry::cli
