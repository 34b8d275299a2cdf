// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugin/inflight_requests.h"

namespace goxel_telemetry::plugin {
namespace {

inline shm::Record record_of(const shm::InflightEntry& entry, const Ending& ending) noexcept {
  const bool worked_on = entry.phase == static_cast<std::uint8_t>(shm::Phase::started);
  shm::Record record{};
  record.start_ticks = entry.since_ticks;
  record.trace_id = entry.trace_id;
  record.duration_ticks = ticks_between(entry.since_ticks, ending.span_end) & shm::kTicksAtLeast;
  record.operation = entry.operation;
  record.receive_ticks = entry.receive_ticks & shm::kTicksAtLeast;
  record.worker = worked_on ? entry.worker : shm::kNoWorker;
  record.wait_ticks = shm::clip_ticks(entry.wait_ticks) & shm::kTicksAtLeast;
  record.layer = entry.layer;
  record.stack = entry.stack;
  record.send_ticks = ticks_between(ending.span_end, ending.sent) & shm::kTicksAtLeast;
  record.protocol = entry.protocol;
  record.status = static_cast<std::uint8_t>(ending.status);
  record.bytes_in = entry.bytes_in;
  record.bytes_out = shm::clip_bytes(ending.bytes_out);
  return record;
}

}  // namespace

std::uint32_t InflightRequests::claim(Recorder& recorder, std::uint32_t first) noexcept {
  const std::uint32_t line = lines_.claim(first, kInflightLines);
  if (line != decltype(lines_)::kNone) return line;
  recorder.gauges().inflight_misses.fetch_add(1, std::memory_order_relaxed);
  return kNone;
}

void record(Recorder& recorder, const shm::InflightEntry& entry, const Ending& ending) noexcept {
  recorder.publish(record_of(entry, ending));
}

// Published before the line is cleared: a reader that looks in between sees the request twice and
// not nowhere. A post-mortem needs that.
void finish(Recorder& recorder, std::uint32_t line, const Ending& ending) noexcept {
  shm::InflightLine& shown_in = recorder.line(line);
  recorder.publish(record_of(shm::shown(shown_in), ending));
  shm::clear(shown_in);
}

}  // namespace goxel_telemetry::plugin
