// SPDX-License-Identifier: GPL-3.0-or-later
// The life of a request in flight, the same for both doors: it gets a line of the in-flight table,
// is shown there, and when it ends the line becomes a record.
//
// Which request a call of the host is about, the doors find out each in its own way: by the bytes
// (connection.h) or by a token (plugin.cpp).
//
// Everything here is hot and may be called from any thread. A line belongs to one owner at a time,
// and the doors see to it that one thread at a time acts for the owner.
#pragma once

#include <cstdint>

#include "plugin/recorder.h"

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
};

// From `start` to `end` as a record holds it; 0 if `end` comes first.
inline std::uint64_t ticks_between(std::uint64_t start, std::uint64_t end) noexcept {
  return shm::clip_ticks(end > start ? end - start : 0);
}

// Shows the request in its line from now on. The caller owns the line.
inline void show(Recorder& recorder, std::uint32_t line, const shm::InflightEntry& entry) noexcept {
  shm::show(recorder.line(line), entry);
}

// What the line shows. The caller owns the line.
inline shm::InflightEntry shown(Recorder& recorder, std::uint32_t line) noexcept {
  return shm::shown(recorder.line(line));
}

// Publishes the record of a request that need not have been shown.
void record(Recorder& recorder, const shm::InflightEntry& entry, const Ending& ending) noexcept;

// Ends the request in the line: publishes its record, then clears the line. The caller owns the
// line and may then give it back.
void finish(Recorder& recorder, std::uint32_t line, const Ending& ending) noexcept;

}  // namespace goxel_telemetry::plugin
