// SPDX-License-Identifier: GPL-3.0-or-later
// The ABI door: turns the calls of a host that loads plugins into requests in flight and records.
// goxel_plugin.h is the contract.
#include <atomic>
#include <cstddef>

#include "plugin/bounded_wait.h"
#include "plugin/goxel_plugin.h"
#include "plugin/inflight_requests.h"
#include "plugin/own_cost.h"
#include "plugin/telemetry.h"
#include "plugin/traceparent.h"

namespace goxel_telemetry::plugin {
namespace {

// The private part of a request in flight, one for each line of the in-flight table. `state` is
// twice the line's generation, plus one while a request is in flight and no thread holds it. The
// generation grows when the request ends, so that the request's token becomes invalid.
struct Ticket {
  std::atomic<std::uint64_t> state;
  std::atomic<std::uint64_t> connection;
  std::uint64_t answering_since;  // ticks; 0: the answer has not begun
};
constinit Ticket tickets[kInflightLines]{};
constinit InflightRequests lines;

// Bits of a token that hold line + 1, so that no token is 0.
constexpr std::uint64_t kLineBits = 14;
static_assert(kInflightLines < (1u << kLineBits));

goxel_plugin_request_token token_of(std::uint32_t line, std::uint64_t generation) {
  return generation << kLineBits | (line + 1);
}

// Holds the line of a token: until let_go() no other thread may touch it. kNone for a token whose
// request has ended, or if another thread holds the line for longer than a bounded time.
constexpr std::uint32_t kNone = InflightRequests::kNone;
std::uint32_t hold(goxel_plugin_request_token token) {
  const std::uint64_t line = (token & ((1u << kLineBits) - 1)) - 1;
  if (line >= kInflightLines) return kNone;
  const std::uint64_t held = (token >> kLineBits) * 2;
  for (int attempt = 0; attempt < kMostAttempts; ++attempt) {
    std::uint64_t expected = held + 1;
    if (tickets[line].state.compare_exchange_weak(expected, held, std::memory_order_acquire)) {
      return static_cast<std::uint32_t>(line);
    }
    if (expected / 2 != held / 2) return kNone;
    pause_between_attempts();
  }
  return kNone;
}

void let_go(std::uint32_t line) {
  tickets[line].state.fetch_add(1, std::memory_order_release);  // pairs with hold()
}

// Ends the request in a line that the caller holds.
[[gnu::hot]] void end(Recorder& recorder, std::uint32_t line, shm::Status status,
                      std::uint64_t bytes, std::uint64_t now) {
  Ticket& ticket = tickets[line];
  finish(recorder, line,
         {status, ticket.answering_since != 0 ? ticket.answering_since : now, now, bytes,
          status == shm::Status::error ? shm::ErrorCode::other : shm::ErrorCode::none});
  ticket.state.fetch_add(2, std::memory_order_release);
  lines.give_back(line);
}

// Calls visit(line), with the line held, for each request in flight for which `wanted(line)` is
// true.
template <class Wanted, class Visit>
void for_each_held(Wanted&& wanted, Visit&& visit) {
  lines.for_each_claimed([&](std::uint32_t line) {
    if (!wanted(line)) return;
    const std::uint64_t state = tickets[line].state.load(std::memory_order_relaxed);
    if (hold(token_of(line, state / 2)) == line) visit(line);
  });
}

// Removes requests that were in flight in the parent process: they are not this process's.
void begin(Recorder& recorder) {
  prepare_cost_clock(recorder);
  lines.for_each_claimed([](std::uint32_t line) {
    const std::uint64_t state = tickets[line].state.load(std::memory_order_relaxed);
    tickets[line].state.store((state / 2 + 1) * 2, std::memory_order_relaxed);
    lines.give_back(line);
  });
}

void housekeep(Recorder& recorder) {
  const std::uint64_t now = recorder.now();
  for_each_held([](std::uint32_t) { return true; },
                [&](std::uint32_t line) {
                  const std::uint64_t start = shown(recorder, line).since_ticks;
                  if (ticks_between(start, now) >= recorder.unanswered_after_ticks()) {
                    end(recorder, line, shm::Status::unanswered, 0, now);
                  } else {
                    let_go(line);
                  }
                });
}

void end_all(Recorder& recorder) {
  const std::uint64_t now = recorder.now();
  for_each_held([](std::uint32_t) { return true; },
                [&](std::uint32_t line) { end(recorder, line, shm::Status::unanswered, 0, now); });
}

Recorder* recorder() {
  return plugin::recorder(shm::Door::abi);
}

void tell(const goxel_plugin_host* host, const char* line) {
  if (host->log != nullptr) {
    host->log(host->log_context, Line(line).c_str());
  } else {
    say(line);
  }
}

int activate_or_throw(const goxel_plugin_host* host) {
  Settings settings;
  std::string why;
  for (std::size_t i = 0; i < host->setting_count && why.empty(); ++i) {
    why = apply_setting(settings, host->settings[i].name, host->settings[i].value);
  }
  const Recorder::Host description{host->name != nullptr ? host->name : "",
                                   host->version != nullptr ? host->version : "",
                                   host->workers_configured};
  if (!why.empty()) {
    why.insert(0, kWithout);
  } else if (start(settings, description, {shm::Door::abi, begin, housekeep, end_all}, why) !=
             nullptr) {
    return 0;
  }
  if (why.empty()) why = kNoMemory;
  tell(host, why.insert(0, kWho).c_str());
  return -1;
}

int activate(const goxel_plugin_host* host) {
  try {
    return activate_or_throw(host);
  } catch (...) {
    tell(host, "goxel-telemetry: there is no memory");
    return -1;
  }
}

void deactivate() {
  stop(shm::Door::abi);
}

void connection_opened(goxel_plugin_connection) {
  if (Recorder* const live = recorder()) {
    live->gauges()[shm::Gauge::connections].fetch_add(1, std::memory_order_relaxed);
    live->gauges()[shm::Gauge::open_descriptors].fetch_add(1, std::memory_order_relaxed);
    live->gauges()[shm::Gauge::connections_total].fetch_add(1, std::memory_order_relaxed);
  }
}

void connection_closed(goxel_plugin_connection connection) {
  Recorder* const live = recorder();
  if (live == nullptr) return;
  live->gauges()[shm::Gauge::connections].fetch_sub(1, std::memory_order_relaxed);
  live->gauges()[shm::Gauge::open_descriptors].fetch_sub(1, std::memory_order_relaxed);
  const std::uint64_t now = live->now();
  for_each_held(
      [connection](std::uint32_t line) {
        return tickets[line].connection.load(std::memory_order_relaxed) == connection;
      },
      [&](std::uint32_t line) {
        if (tickets[line].answering_since != 0) {
          // Its worker is about to say how the request ended: a client may hang up as soon as it
          // has its answer.
          let_go(line);
          return;
        }
        const bool started =
            shown(*live, line).phase == static_cast<std::uint8_t>(shm::Phase::started);
        end(*live, line, started ? shm::Status::cancelled : shm::Status::unanswered, 0, now);
      });
}

std::uint64_t trace_id_of(const goxel_plugin_request& request) {
  TraceparentReader traceparent;
  if (request.traceparent != nullptr) {
    traceparent.read(request.traceparent, request.traceparent_length);
  }
  return traceparent.trace_id();
}

[[gnu::hot, gnu::aligned(4096)]] goxel_plugin_request_token request_received(
    const goxel_plugin_request* request) {
  Recorder* const live = recorder();
  if (live == nullptr) return 0;
  const CallTimer timer(*live, CallTimer::When::client_waits);
  const std::uint64_t now = live->now();
  const bool mcp = request->protocol == GOXEL_PROTOCOL_MCP;
  shm::InflightEntry entry{};
  entry.since_ticks = now;
  entry.trace_id = trace_id_of(*request);
  entry.connection = request->connection;
  entry.operation = request->operation != nullptr
                        ? live->operation({request->operation, request->operation_length})
                        : std::uint16_t{shm::names::kMalformed};
  entry.worker = shm::kNoWorker;
  entry.stack = request->stack != nullptr ? live->stack({request->stack, request->stack_length})
                : mcp                     ? shm::names::kTwoLayer
                                          : shm::names::kFourLayer;
  entry.protocol = static_cast<std::uint8_t>(mcp ? shm::Protocol::mcp : shm::Protocol::json_rpc);
  entry.layer = shm::names::kDaemon;
  entry.receive_ticks =
      shm::clip_ticks(live->ticks_of_ns(request->receive_duration_ns)) & shm::kTicksAtLeast;
  entry.bytes_in = shm::clip_bytes(request->bytes);
  const std::uint32_t line = lines.claim(*live);
  if (line == kNone) return 0;
  Ticket& ticket = tickets[line];
  ticket.connection.store(request->connection, std::memory_order_relaxed);
  ticket.answering_since = 0;
  show_first(*live, line, entry);
  const std::uint64_t generation = ticket.state.load(std::memory_order_relaxed) / 2;
  let_go(line);
  return token_of(line, generation);
}

// Applies `change` to the in-flight entry of a request.
template <class Change>
void change(goxel_plugin_request_token token, Change&& change) {
  Recorder* const live = recorder();
  if (live == nullptr) return;
  const CallTimer timer(*live, CallTimer::When::client_waits);
  const std::uint32_t line = hold(token);
  if (line == kNone) return;
  shm::InflightEntry entry = shown(*live, line);
  change(entry, live->now());
  show(*live, line, entry);
  let_go(line);
}

[[gnu::hot]] void request_queued(goxel_plugin_request_token token) {
  change(token, [](shm::InflightEntry& entry, std::uint64_t now) {
    entry.since_ticks = now;
    entry.phase = static_cast<std::uint8_t>(shm::Phase::queued);
  });
}

[[gnu::hot]] void request_started(goxel_plugin_request_token token, std::uint32_t worker) {
  change(token, [worker](shm::InflightEntry& entry, std::uint64_t now) {
    if (entry.phase == static_cast<std::uint8_t>(shm::Phase::queued)) {
      entry.wait_ticks = ticks_between(entry.since_ticks, now);
    }
    entry.since_ticks = now;
    entry.phase = static_cast<std::uint8_t>(shm::Phase::started);
    entry.worker = worker < shm::kNoWorker ? static_cast<std::uint16_t>(worker) : shm::kNoWorker;
  });
}

[[gnu::hot]] void request_answering(goxel_plugin_request_token token) {
  Recorder* const live = recorder();
  if (live == nullptr) return;
  const CallTimer timer(*live, CallTimer::When::client_waits);
  const std::uint32_t line = hold(token);
  if (line == kNone) return;
  tickets[line].answering_since = live->now();
  let_go(line);
}

[[gnu::hot]] void request_finished(goxel_plugin_request_token token, std::uint32_t status,
                                   std::uint64_t bytes) {
  Recorder* const live = recorder();
  if (live == nullptr) return;
  const CallTimer timer(*live, CallTimer::When::after);
  const std::uint64_t now = live->now();
  const std::uint32_t line = hold(token);
  if (line == kNone) return;
  const bool known = status <= GOXEL_STATUS_NOTIFICATION;
  end(*live, line, known ? static_cast<shm::Status>(status) : shm::Status::error, bytes, now);
}

void set_gauge(std::uint32_t gauge, std::int64_t value) {
  Recorder* const live = recorder();
  if (live == nullptr) return;
  const std::uint64_t shown = value > 0 ? static_cast<std::uint64_t>(value) : 0;
  if (gauge == GOXEL_GAUGE_QUEUE_DEPTH) {
    live->gauges()[shm::Gauge::queue_depth].store(shown, std::memory_order_relaxed);
  } else if (gauge == GOXEL_GAUGE_WORKERS_CONFIGURED) {
    live->gauges()[shm::Gauge::workers_configured].store(shown, std::memory_order_relaxed);
  }
}

constexpr goxel_plugin kPlugin = {sizeof(goxel_plugin),
                                  GOXEL_PLUGIN_ABI_MINOR,
                                  "telemetry",
                                  GOXEL_TELEMETRY_VERSION,
                                  activate,
                                  deactivate,
                                  connection_opened,
                                  connection_closed,
                                  request_received,
                                  request_queued,
                                  request_started,
                                  request_answering,
                                  request_finished,
                                  set_gauge};

}  // namespace
}  // namespace goxel_telemetry::plugin

extern "C" const goxel_plugin* goxel_plugin_entry(std::uint32_t abi_major) {
  return abi_major == GOXEL_PLUGIN_ABI_MAJOR ? &goxel_telemetry::plugin::kPlugin : nullptr;
}
