// SPDX-License-Identifier: GPL-3.0-or-later
// The life of a request in flight, the same for both doors: it gets a line of the in-flight table,
// is shown there, and when it ends the line becomes a record.
//
// Which request a call of the host is about, the doors find out each in its own way: by the bytes
// (connection.h) or by a token (plugin.cpp).
//
// Everything here is hot and may be called from any thread. A line has one owner at a time, and the
// doors see to it that one thread at a time acts for the owner.
#pragma once

#include <cstdint>

#include "plugin/recorder.h"
#include "shm/error_code.h"
#include "shm/place_map.h"

namespace goxel_telemetry::plugin {

// Which lines of the in-flight table have an owner.
class InflightRequests {
 public:
  static constexpr std::uint32_t kNone = UINT32_MAX;

  // A free line of those from `first` on. kNone, which is counted, if there is none.
  std::uint32_t claim(Recorder& recorder, std::uint32_t first = 0) noexcept;
  void give_back(std::uint32_t line) noexcept { lines_.give_back(line); }

  // Calls visit(line) for each line that is claimed at the moment it is looked at.
  template <class Visit>
  void for_each_claimed(Visit&& visit) const {
    lines_.for_each_taken(visit);
  }

 private:
  shm::PlaceMap<kInflightLines> lines_;
};

// How a request ended. Times are in ticks.
struct Ending {
  shm::Status status;
  std::uint64_t span_end;  // the answer's first byte was about to be sent, or the request ended
  std::uint64_t sent;      // the answer's last byte was sent; without an answer the same time
  std::uint64_t bytes_out = 0;
  shm::ErrorCode error = shm::ErrorCode::none;
};

// From `start` to `end` as a record holds it; 0 if `end` comes first.
inline std::uint64_t ticks_between(std::uint64_t start, std::uint64_t end) noexcept {
  return shm::clip_ticks(end > start ? end - start : 0);
}

// Shows the request in its line from now on. The caller owns the line. Inline, so that the entry stays in
// registers.
[[gnu::always_inline]] inline void show(Recorder& recorder, std::uint32_t line,
                                        const shm::InflightEntry& entry) noexcept {
  shm::show(recorder.line(line), entry);
}

// The same for a request that begins in the line.
inline void show_first(Recorder& recorder, std::uint32_t line,
                       const shm::InflightEntry& entry) noexcept {
  recorder.begin_line(line);
  show(recorder, line, entry);
}

// What the line shows. The caller owns the line.
inline shm::InflightEntry shown(Recorder& recorder, std::uint32_t line) noexcept {
  return shm::shown(recorder.line(line));
}

// The record of a request that ended in this way.
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
  record.error = static_cast<std::uint16_t>(ending.error);
  record.bytes_in = entry.bytes_in;
  record.bytes_out = shm::clip_bytes(ending.bytes_out);
  return record;
}

// Publishes the record of a request that was never shown.
void record(Recorder& recorder, const shm::InflightEntry& entry, const Ending& ending) noexcept;

// Ends the request in the line: publishes its record, then clears the line. In this order, a reader
// that looks in between sees the request twice and not nowhere. A post-mortem needs that. The caller
// owns the line and may then give it back. Inline, so that record and ending stay in registers.
[[gnu::hot]] inline void finish(Recorder& recorder, std::uint32_t line,
                                const Ending& ending) noexcept {
  shm::InflightLine& shown_in = recorder.line(line);
  recorder.publish(record_of(shm::shown(shown_in), ending));
  shm::clear(shown_in);
}

}  // namespace goxel_telemetry::plugin
