// SPDX-License-Identifier: GPL-3.0-or-later
// How seven words and a stamp are written by one thread and read whole by others without a lock:
// the protocol of slots and in-flight lines.
//
// Contract
//  - One writer at a time. It marks the stamp as torn *before* the first word and as whole after
//  the last.
//  - A reader takes the stamp, the words, and the stamp again; it accepts only if both stamps are
//  the whole one that it
//    expects. Copy first, validate after, use the copy.
//  - Why that is enough: suppose that a reader loaded a word of a later write. That word's release
//  store synchronises
//    with the reader's acquire load, so the torn mark that was stored before it happens before the
//    second load of the stamp, which therefore returns the torn mark or something later, and the
//    copy is rejected.
//  - Why the words are atomic: a plain copy that is thrown away would still be a data race in
//  C++20, and standalone
//    fences are invisible to ThreadSanitizer. On x86-64 every access here is one plain move.
//  - Why the mark comes first: without it tens of thousands of torn records a minute were accepted.
#pragma once

#include <array>
#include <cstdint>

#include "shm/segment_layout.h"

namespace goxel_telemetry::shm {

using Words = std::array<std::uint64_t, 7>;

template <class Stamped>
inline void write_stamped(Stamped& target, std::uint64_t torn, std::uint64_t whole,
                          const Words& words) noexcept {
  target.stamp.store(torn, std::memory_order_relaxed);  // ordered before the words by their release
  for (std::size_t i = 0; i < words.size(); ++i) {
    target.words[i].store(words[i],
                          std::memory_order_release);  // pairs with read_stamped()'s loads
  }
  target.stamp.store(whole, std::memory_order_release);  // pairs with read_stamped()'s first load
}

// The stamp that was found. The copy is whole only if that is the one the caller expected and
// `intact` is true.
struct StampedRead {
  std::uint64_t stamp;
  bool intact;
};

template <class Stamped>
inline StampedRead read_stamped(const Stamped& source, Words& out) noexcept {
  const std::uint64_t before = source.stamp.load(std::memory_order_acquire);
  for (std::size_t i = 0; i < out.size(); ++i) {
    out[i] = source.words[i].load(std::memory_order_acquire);
  }
  return {before, source.stamp.load(std::memory_order_relaxed) == before};
}

}  // namespace goxel_telemetry::shm
