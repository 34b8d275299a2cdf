// SPDX-License-Identifier: GPL-3.0-or-later
// The last second, minute, 5 and 15 minutes of one operation, moving by the second.
//
// Time is cut into seconds of CLOCK_MONOTONIC. While second `now` runs, a window holds complete
// seconds only: from its far edge to now - 1. A record belongs to the second in which its span
// ended, whenever it is added: records that come late (the reader slept, or lanes are read one
// after the other) get into the right second, and seconds without records cost nothing.
//
// Slots of one second are kept for a minute, then slots of five seconds, then slots of fifteen. The
// near edges are therefore exact and the far edges rounded towards the present: the windows span 1
// s, 60 s, 296 to 300 s and 886 to 900 s, as begin_of() says.
//
// Memory: at most 66 + 49 + 42 slots, each about 300 bytes and 2 to 3 bytes for each histogram
// bucket in use. Measured for 64 operations: 10 MB at 20,000 records/s, 17 MB at 1,000,000. Slots
// that still change (the last two seconds) hold their histogram unpacked.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "metrics/live/snapshot.h"
#include "metrics/tally/tally.h"

namespace goxel_telemetry::metrics {

using WindowTallies = std::array<Tally, kWindowCount>;

class SlidingWindows {
 public:
  // First second of a window while second `now` runs.
  static std::uint64_t begin_of(Window window, std::uint64_t now);

  // Begins second `now`. If the clock goes back, records that would lie in the future are dropped.
  void advance(std::uint64_t now);

  // Adds a record that ended in `second`. A second after now counts as now; a record before all
  // windows is ignored.
  void add(std::uint64_t second, const Measurement& measurement) {
    if (second != last_second_ || last_slot_ == nullptr) [[unlikely]]
      find_slot(second);
    if (last_slot_ != nullptr) last_slot_->tally.add(measurement);
  }

  // Gives up the memory of all seconds before `second`, a multiple of the widest slot's seconds.
  void forget_before(std::uint64_t second);
  static constexpr std::uint64_t kWidestSlot = 15;

  // Of the seconds [begin, end), which must be within the last minute.
  Tally between(std::uint64_t begin, std::uint64_t end) const;

  // The tally of each window, by Window.
  WindowTallies totals();

  bool empty() const;
  std::size_t memory_bytes() const;  // costs no more than the slots that still change

 private:
  struct Slot {
    Tally tally;                       // without `latency` while the slot is packed
    std::vector<std::uint8_t> packed;  // Histogram::encode(); empty while unpacked
    bool open = false;

    void merge_into(Tally& out) const;
  };
  using Slots = std::map<std::uint64_t, Slot>;  // by first second
  // Sums that change only every five seconds, in the second in which the far edges move, or when a
  // record comes late. With them, the windows cost only a few slots each second and not all slots.
  struct Settled {
    std::uint64_t begin;  // of the part of the minute that is summed up in this struct
    std::uint64_t end;    // first second after it
    Tally one_minute;
    Tally five_minutes;     // slots of several seconds in the window of 5 minutes
    Tally fifteen_minutes;  // slots of the window of 15 minutes before that
  };
  static constexpr std::size_t kTiers = 3;
  static constexpr std::array<std::uint64_t, kTiers> kWidth = {1, 5,
                                                               kWidestSlot};  // seconds in one slot

  // The first second that tier `tier` holds; older seconds lie in the next tier.
  static std::uint64_t tier_begin(std::size_t tier, std::uint64_t now);
  void find_slot(std::uint64_t second);
  Slot& open_slot(std::size_t tier, std::uint64_t second);
  void pack(Slot& slot);
  void unpack(Slot& slot);
  void pack_all();
  void remove(Slots& slots, Slots::iterator slot);
  void pack_settled();
  static std::uint64_t settled_begin(std::uint64_t now);
  const Settled& settled();

  std::uint64_t now_ = 0;
  std::array<Slots, kTiers> tiers_;
  std::vector<std::pair<std::uint64_t, Slot*>> open_;  // the unpacked slots
  std::size_t packed_bytes_ = 0;                       // of all packed slots
  std::optional<Settled> settled_;                     // made when it is needed
  // The slot to which the last record was added; null if there was none.
  std::uint64_t last_second_ = 0;
  Slot* last_slot_ = nullptr;
};

}  // namespace goxel_telemetry::metrics
