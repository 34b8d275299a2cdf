// SPDX-License-Identifier: GPL-3.0-or-later
#include "http-bridge/traces_route.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>

#include "documents/traces_document.h"
#include "http-bridge/parameters.h"
#include "http-bridge/reply.h"
#include "metrics/layers/trace_search.h"
#include "metrics/live/snapshot.h"
#include "metrics/text/arguments.h"

namespace goxel_telemetry::http_bridge {
namespace {

constexpr std::array<std::string_view, 6> kParameters = {"id",    "instance", "operation",
                                                         "stack", "window",   "limit"};
constexpr std::uint32_t kMostTraces = 100;

// The operations that one instance has.
struct Watched {
  const metrics::Snapshot& snapshot;
  const metrics::SlowestOperations::Kept& slowest;
};

std::vector<Watched> chosen(const Request& request, const Snapshots& watched) {
  const auto instance = parameter(request, "instance");
  std::vector<Watched> found;
  for (std::size_t i = 0; i < watched.instances.size(); ++i) {
    if (instance && watched.instances[i].instance != *instance) continue;
    found.push_back({watched.instances[i], *watched.slowest[i]});
  }
  return found;
}

std::optional<std::uint64_t> window_seconds(const std::string& name) {
  for (std::size_t i = 1; i < metrics::kWindowCount; ++i) {
    if (name == metrics::kWindowNames[i]) return metrics::kWindowSeconds[i];
  }
  return std::nullopt;
}

// An operation that the rings hold whole is that of the rings: it says more of what failed.
Response by_id(const Request& request, std::uint64_t id, const Snapshots& watched) {
  const metrics::Time now = metrics::Time::now();
  documents::TracesDocument document{now.realtime_ns, "", {}};
  for (const Watched& one : chosen(request, watched)) {
    const std::string& instance = one.snapshot.instance;
    auto operations = metrics::find_trace(instance, id, now);
    for (const auto& kept : one.slowest) {
      if (kept->trace_id != id) continue;
      const auto same = std::find_if(operations.begin(), operations.end(), [&](const auto& o) {
        return o.start_ns <= kept->end_ns() && kept->start_ns <= o.end_ns();
      });
      if (same == operations.end()) {
        operations.push_back(*kept);
      } else if (same->spans.size() < kept->spans.size()) {
        *same = *kept;
      }
    }
    std::sort(operations.begin(), operations.end(),
              [](const auto& a, const auto& b) { return a.start_ns < b.start_ns; });
    for (auto& operation : operations) {
      if (document.traces.size() == kMostTraces) break;
      document.traces.push_back(
          {instance, std::make_shared<const metrics::TracedOperation>(std::move(operation))});
    }
  }
  if (document.traces.empty()) {
    return error_reply(404,
                       "Neither the rings nor the slowest operations of the last 15 minutes hold "
                       "anything of this trace.");
  }
  return document_reply(request, document);
}

Response slowest(const Request& request, const metrics::SlowestQuery& query,
                 const Snapshots& watched) {
  documents::TracesDocument document{watched.taken_realtime_ns, waiting_for(watched), {}};
  for (const Watched& one : chosen(request, watched)) {
    for (const auto& operation :
         metrics::slowest(one.slowest, query, one.snapshot.taken_monotonic_ns)) {
      document.traces.push_back({one.snapshot.instance, operation});
    }
  }
  std::stable_sort(document.traces.begin(), document.traces.end(),
                   [](const documents::Trace& a, const documents::Trace& b) {
                     return a.operation->duration_ns > b.operation->duration_ns;
                   });
  if (document.traces.size() > query.most) document.traces.resize(query.most);
  return document_reply(request, document);
}

}  // namespace

Response answer_traces(const Request& request, const Snapshots& watched, CostlyWork& costly) {
  if (auto refused = refuse_parameters(request, "traces", kParameters)) return *refused;
  const auto text = [&request](const char* name) { return parameter(request, name).value_or(""); };
  if (const std::string instance = text("instance");
      !instance.empty() && chosen(request, watched).empty()) {
    return sentence_reply(404, no_instance(instance));
  }
  if (const auto asked = parameter(request, "id")) {
    const auto id = metrics::parse_trace_id(*asked);
    if (!id) {
      return sentence_reply(
          400, "id must be 32 hexadecimal digits, or the last 16 of them, not " + quoted(*asked));
    }
    for (const char* other : {"operation", "stack", "window", "limit"}) {
      if (parameter(request, other)) {
        return sentence_reply(400, std::string("with an id there is no ") + other);
      }
    }
    return costly.run([&] { return by_id(request, *id, watched); });
  }
  metrics::SlowestQuery query;
  query.operation = text("operation");
  query.stack = text("stack");
  if (const auto asked = parameter(request, "window")) {
    const auto seconds = window_seconds(*asked);
    if (!seconds) {
      return sentence_reply(400, "window must be 1m, 5m or 15m, not " + quoted(*asked));
    }
    query.seconds = *seconds;
  }
  if (const auto asked = parameter(request, "limit")) {
    const auto number = whole_number(*asked, 1, kMostTraces);
    if (!number) {
      return sentence_reply(400, "limit must be a number from 1 to " + std::to_string(kMostTraces) +
                                     ", not " + quoted(*asked));
    }
    query.most = *number;
  }
  return slowest(request, query, watched);
}

}  // namespace goxel_telemetry::http_bridge
