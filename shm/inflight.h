// SPDX-License-Identifier: GPL-3.0-or-later
// The producer's side of the in-flight table, and of the table of collection points. A line has one
// owner at a time; the code that hands lines out keeps owners apart. Readers see a line whole or
// not at all (stamped.h).
#pragma once

#include <cassert>

#include "shm/stamped.h"

namespace goxel_telemetry::shm {

// The line shows this request, or this process, from now on.
template <class Line, class Entry>
inline void show(Line& line, const Entry& entry) noexcept {
  const std::uint64_t stamp = line.stamp.load(std::memory_order_relaxed) & ~std::uint64_t{3};
  write_stamped(line, stamp + 4 + static_cast<std::uint64_t>(InflightState::writing),
                stamp + 4 + static_cast<std::uint64_t>(InflightState::active), entry.words());
}

// What the owner wrote last. Only the owner may ask.
inline InflightEntry shown(const InflightLine& line) noexcept {
  return InflightEntry::from_words(load_words(line));
}

// The line shows nothing any more.
template <class Line>
inline void clear(Line& line) noexcept {
  const std::uint64_t stamp = line.stamp.load(std::memory_order_relaxed) & ~std::uint64_t{3};
  line.stamp.store(stamp + 4, std::memory_order_release);  // pairs with read_stamped()'s first load
}

}  // namespace goxel_telemetry::shm
