// SPDX-License-Identifier: GPL-3.0-or-later
// The last second, minute, 5 and 15 minutes of one operation, moving by the second.
//
// Time is cut into seconds of CLOCK_MONOTONIC. While second `now` runs, a window holds complete
// seconds only: now - 1 back to its far edge. A record belongs to the second in which its span
// ended, whenever it is added: late ones (a reader that slept, lanes read one after the other) find
// their place, and seconds without records cost nothing.
//
// Seconds are kept one by one for a minute, then five in one, then fifteen in one. The near edges
// are therefore exact and the far edges rounded towards the present: the windows span 1 s, 60 s,
// 296 to 300 s and 886 to 900 s, which begin_of() tells.
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

#include "metrics/snapshot.h"
#include "metrics/tally.h"

namespace goxel_telemetry::metrics {

using WindowTallies = std::array<Tally, kWindowCount>;

class SlidingWindows {
 public:
  // First second of a window while second `now` runs.
  static std::uint64_t begin_of(Window window, std::uint64_t now);

  // Begins second `now`. A clock that goes back forgets what would lie in the future.
  void advance(std::uint64_t now);

  // Takes in a record that ended in `second`. A second after now counts as now; one before all
  // windows is ignored.
  void add(std::uint64_t second, const Measurement& measurement) {
    if (second != last_second_ || last_slot_ == nullptr) [[unlikely]]
      find_slot(second);
    if (last_slot_ != nullptr) last_slot_->tally.add(measurement);
  }

  // What lies in each window, by Window.
  WindowTallies totals();

  bool empty() const;
  std::size_t memory_bytes() const;

 private:
  struct Slot {
    Tally tally;                       // without `latency` while that is packed
    std::vector<std::uint8_t> packed;  // Histogram::encode(); empty while unpacked
    bool open = false;

    void pack();
    void unpack();
    void merge_into(Tally& out) const;
  };
  // Sums that change only every five seconds, in the second in which the far edges move, or when a
  // record comes late: so that the windows cost a few seconds' slots each second and not all of
  // them.
  struct Settled {
    std::uint64_t begin;  // of the part of the minute that is summed up here
    std::uint64_t end;    // first second after it
    Tally one_minute;
    Tally five_minutes;     // slots of several seconds in the window of 5 minutes
    Tally fifteen_minutes;  // and before that
  };
  static constexpr std::size_t kTiers = 3;
  static constexpr std::array<std::uint64_t, kTiers> kWidth = {1, 5, 15};  // seconds in a slot

  // First second that tier `tier` holds; what is older lies in the next.
  static std::uint64_t tier_begin(std::size_t tier, std::uint64_t now);
  void find_slot(std::uint64_t second);
  Slot& open_slot(std::size_t tier, std::uint64_t second);
  void pack_settled();
  static std::uint64_t settled_begin(std::uint64_t now);
  const Settled& settled();

  std::uint64_t now_ = 0;
  std::array<std::map<std::uint64_t, Slot>, kTiers> tiers_;  // by first second
  std::vector<std::pair<std::uint64_t, Slot*>> open_;        // slots that are unpacked
  std::optional<Settled> settled_;                           // made when it is asked for
  // The slot that the last record went to; null if there was none.
  std::uint64_t last_second_ = 0;
  Slot* last_slot_ = nullptr;
};

}  // namespace goxel_telemetry::metrics
