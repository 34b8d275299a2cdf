// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/screen/facts.h"

#include <algorithm>

#include "cli/screen/telling_apart.h"

#include "documents/document.h"
#include "metrics/live/own_cost.h"
#include "metrics/live/target_room.h"
#include "metrics/text/format.h"

namespace goxel_telemetry::cli {
namespace {

using metrics::format_count;
using metrics::format_duration;
using shm::ProducerState;

// "3 errors"; empty if `count` is 0.
Cell counted(std::uint64_t count, const std::string& what, Emphasis emphasis) {
  return count == 0 ? Cell("") : Cell(format_count(count) + ' ' + what, emphasis);
}

Emphasis emphasis_of(ProducerState state) {
  switch (state) {
    case ProducerState::live:
      return Emphasis::good;
    case ProducerState::retired:
      return Emphasis::warning;
    default:
      return Emphasis::bad;
  }
}

Cell room_cell(const std::string& text, double room) {
  return {text, room < 0 ? Emphasis::warning : Emphasis::none};
}

}  // namespace

Cell memory_fact(const metrics::Snapshot& snapshot) {
  const auto resident = metrics::daemon_resident_bytes(snapshot);
  if (!resident) return {"memory unknown"};
  const std::string text = "memory " + metrics::format_bytes(static_cast<double>(*resident));
  const auto room = metrics::memory_room_bytes(snapshot);
  if (!room) return {text};
  const auto target =
      static_cast<double>(snapshot.daemon.gauges[shm::Gauge::target_resident_bytes]);
  return room_cell(
      text + " (" + metrics::format_memory_room(*room) + ' ' + metrics::format_bytes(target) + ')',
      *room);
}

Cell own_memory_fact(const metrics::Snapshot& snapshot) {
  const auto& own = snapshot.own_cost.resident_bytes;
  if (!own || !snapshot.process.resident_bytes) return {""};
  return {"and telemetry's " + metrics::format_bytes(static_cast<double>(*own))};
}

Cell share_fact(const std::string& text, std::optional<double> share) {
  if (!share) return {text};
  switch (metrics::cost_level(*share)) {
    case metrics::CostLevel::calm:
      return {text, Emphasis::good};
    case metrics::CostLevel::high:
      return {text, Emphasis::warning};
    default:
      return {text};
  }
}

Cell most_delayed_fact(const metrics::Snapshot& snapshot) {
  constexpr std::size_t kMostColumns = 40;  // a client may have chosen the name
  const auto most = metrics::most_delayed(snapshot);
  if (!most) return {""};
  return share_fact("at most " + metrics::format_percent(most->waited_share) + " (" +
                        cut(metrics::visible(most->operation->key.operation), kMostColumns) + ')',
                    most->waited_share);
}

Cell target_cell(const metrics::OperationStats& operation, metrics::Window window) {
  const auto room = metrics::latency_room_ns(operation, window);
  return room ? room_cell(metrics::format_latency_room(*room), *room) : Cell("");
}

std::string headline(const metrics::Snapshot& snapshot, const Style& style) {
  const metrics::Daemon& daemon = snapshot.daemon;
  std::string how;
  std::string when;
  if (daemon.state == ProducerState::live) {
    how = "live";
    when = " since " + metrics::format_date_time(daemon.started_realtime_ns) +
           silence(snapshot, style);
  } else {
    const std::uint64_t last = last_sign_of_life_ns(snapshot);
    const std::uint64_t now = std::max(snapshot.taken_realtime_ns, last);
    how = daemon.state == ProducerState::dead ? "killed or crashed" : "ended in an orderly way";
    when = " about " + metrics::format_date_time(last) + ", " +
           format_duration(static_cast<double>(now - last)) + " ago";
  }
  return style.paint(Emphasis::strong, snapshot.instance) + ": " +
         style.paint(emphasis_of(daemon.state), how) + when + '\n';
}

std::string silence(const metrics::Snapshot& snapshot, const Style& style) {
  if (!metrics::is_silent(snapshot)) return {};
  return ", but " + style.paint(Emphasis::warning,
                                "without a sign of life for " +
                                    format_duration(snapshot.daemon.heartbeat_age_seconds * 1e9));
}

std::string daemon_line(const metrics::Snapshot& snapshot, const Style& style) {
  const metrics::Daemon& daemon = snapshot.daemon;
  const std::string version = daemon.host_version.empty() ? "" : ' ' + daemon.host_version;
  const std::string age = format_duration(daemon.uptime_seconds * 1e9);
  const bool is_unverified =
      daemon.state == ProducerState::live && !daemon.owner.empty() && !daemon.owner_verified;
  return fact_line(
      "daemon",
      {daemon.host_name + version, "pid " + std::to_string(snapshot.process.pid),
       (daemon.state == ProducerState::live ? "up " : "lived ") + age, "through " + daemon.door,
       "plugin " + daemon.plugin_version,
       is_unverified ? Cell("not verified: owned by " + daemon.owner, Emphasis::warning)
                     : Cell("")},
      style);
}

std::string plural(std::uint64_t count, const std::string& noun) {
  return format_count(count) + ' ' + noun + (count == 1 ? "" : "s");
}

std::string totals_line(const metrics::Snapshot& snapshot, const Style& style) {
  const metrics::Outcomes& total = snapshot.daemon.run_total;
  return fact_line(
      "this run",
      {Cell(plural(total.all(), "request")), Cell(format_count(total.ok) + " ok"),
       counted(total.error, "error", Emphasis::bad),
       counted(total.unanswered, "unanswered", Emphasis::bad),
       counted(total.malformed, "malformed", Emphasis::bad),
       counted(total.cancelled, "cancelled", Emphasis::warning),
       counted(total.notification, "notifications", Emphasis::none),
       counted(snapshot.daemon.run_without_operation, "of unknown operation", Emphasis::warning)},
      style);
}

std::string run_table(const metrics::Snapshot& snapshot, const Style& style) {
  std::vector<const metrics::OperationStats*> shown;
  for (const metrics::OperationStats& operation : snapshot.operations) {
    if (operation.run_total.all() != 0) shown.push_back(&operation);
  }
  if (shown.empty()) return {};
  std::stable_sort(shown.begin(), shown.end(),
                   [](auto* a, auto* b) { return a->run_total.all() > b->run_total.all(); });
  std::vector<const metrics::OperationKey*> keys;
  keys.reserve(shown.size());
  for (const metrics::OperationStats* operation : shown) keys.push_back(&operation->key);
  const ToldApartBy apart(keys);
  Table table({{"OPERATION", Align::left},
               {"REQUESTS"},
               {"OK", Align::right, 1},
               {"ERRORS"},
               {"UNANSWERED", Align::right, 2},
               {"MALFORMED", Align::right, 2},
               {"CANCELLED", Align::right, 2},
               {"NOTIFICATIONS", Align::right, 3},
               {"PROTOCOL", Align::left, apart.protocol_rank(2)},
               {"STACK", Align::left, apart.stack_rank(7)},
               {"LAYER", Align::left, apart.layer_rank(8)}});
  const auto if_any = [](std::uint64_t count, Emphasis emphasis) {
    return count == 0 ? Cell("") : Cell(format_count(count), emphasis);
  };
  for (const metrics::OperationStats* operation : shown) {
    const metrics::Outcomes& total = operation->run_total;
    table.add({operation->key.operation, format_count(total.all()), format_count(total.ok),
               if_any(total.error, Emphasis::bad), if_any(total.unanswered, Emphasis::bad),
               if_any(total.malformed, Emphasis::bad), if_any(total.cancelled, Emphasis::warning),
               if_any(total.notification, Emphasis::none), operation->key.protocol,
               operation->key.stack, operation->key.layer});
  }
  return style.paint(Emphasis::strong, "Since the daemon began") + "\n\n" + table.render(style);
}

std::string freshness_line(const metrics::Freshness& freshness, const Style& style) {
  const auto within = [](const char* what, const std::optional<metrics::Latency>& age) {
    return age ? Cell(what + format_duration(static_cast<double>(age->p99_ns)) + " (p99)")
               : Cell("");
  };
  if (!freshness.daemon && !freshness.outer) return {};
  return fact_line("freshness",
                   {within("counted after ", freshness.daemon),
                    within("of outer layers after ", freshness.outer)},
                   style);
}

std::string ring_line(const metrics::Ring& ring, const Style& style) {
  return fact_line(
      "ring",
      {format_count(ring.published) + " records published", format_count(ring.read) + " read",
       format_count(ring.before_reader) + " before this reader",
       Cell(format_count(ring.lost) + " lost", ring.lost == 0 ? Emphasis::none : Emphasis::bad)},
      style);
}

std::string misses_line(const shm::GaugeValues& gauges, const Style& style) {
  const std::vector<Cell> misses = {
      counted(gauges[shm::Gauge::lane_misses], "records not written (no lane free)", Emphasis::bad),
      counted(gauges[shm::Gauge::inflight_misses], "requests ended early (in-flight table full)",
              Emphasis::bad),
      counted(gauges[shm::Gauge::contended_calls], "calls not observed (contended)",
              Emphasis::warning),
      counted(gauges[shm::Gauge::unobserved_connections], "connections not observed",
              Emphasis::bad),
      counted(gauges[shm::Gauge::catalog_overflow], "names counted as _OTHER", Emphasis::warning)};
  const bool none =
      std::all_of(misses.begin(), misses.end(), [](const Cell& cell) { return cell.text.empty(); });
  return none ? fact_line("not seen", {Cell("nothing: the plugin recorded every request")}, style)
              : fact_line("not seen", misses, style);
}

std::string inflight_table(const std::vector<metrics::InflightRequest>& requests,
                           const std::string& age_title, const Style& style) {
  std::vector<metrics::OperationKey> named;
  named.reserve(requests.size());
  for (const metrics::InflightRequest& r : requests) {
    named.push_back({r.stack, r.protocol, r.layer, r.operation});
  }
  std::vector<const metrics::OperationKey*> keys;
  keys.reserve(named.size());
  for (const metrics::OperationKey& key : named) keys.push_back(&key);
  const ToldApartBy apart(keys);
  Table table({{"OPERATION", Align::left},
               {age_title},
               {"PHASE", Align::left, 2},
               {"CONNECTION"},
               {"THREAD", Align::right, 1},
               {"PROTOCOL", Align::left, apart.protocol_rank(3)},
               {"STACK", Align::left, apart.stack_rank(4)},
               {"LAYER", Align::left, apart.layer_rank(7)},
               {"IN", Align::right, 5},
               {"TRACE", Align::left, 6}});
  for (const metrics::InflightRequest& r : requests) {
    table.add({r.operation, format_duration(static_cast<double>(r.age_ns)), r.phase,
               std::to_string(r.connection), r.thread == 0 ? "-" : std::to_string(r.thread),
               r.protocol, r.stack, r.layer, metrics::format_bytes(r.bytes_in),
               documents::hexadecimal(r.trace_id)});
  }
  return table.render(style);
}

}  // namespace goxel_telemetry::cli
