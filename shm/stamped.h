// SPDX-License-Identifier: GPL-3.0-or-later
// How seven words and a stamp are written by one thread and read whole by others without a lock:
// the protocol of slots and in-flight lines.
//
// Contract
//  - One writer at a time. It marks the stamp as torn *before* it stores the first word and as
//    whole after the last.
//  - A reader loads the stamp, the words, and the stamp again. It accepts the words only if both
//    stamps are the whole one that it expects. Copy first, validate after, use the copy.
//  - Why that is enough: suppose that a reader loaded a word of a later write. That word's release
//    store synchronises with the reader's acquire load, so the torn mark that was stored before it
//    happens before the second load of the stamp, which therefore returns the torn mark or a later
//    stamp, and the copy is rejected.
//  - Why the words are atomic: a plain copy that is thrown away would still be a data race in
//    C++20, and ThreadSanitizer does not see standalone fences. On x86-64 every access here is one
//    plain move.
//  - Why the mark comes first: without it, readers accepted tens of thousands of torn records a
//    minute.
#pragma once

#include <array>
#include <cstdint>

#include "shm/segment_layout.h"

namespace goxel_telemetry::shm {

using Words = std::array<std::uint64_t, 7>;

// Seven statements and not a loop, so that the words stay in registers (see Record::words()).
template <class Stamped>
inline void write_stamped(Stamped& target, std::uint64_t torn, std::uint64_t whole,
                          const Words& words) noexcept {
  constexpr auto release = std::memory_order_release;   // the words' pair with load_words()
  target.stamp.store(torn, std::memory_order_relaxed);  // ordered before the words by their release
  target.words[0].store(words[0], release);
  target.words[1].store(words[1], release);
  target.words[2].store(words[2], release);
  target.words[3].store(words[3], release);
  target.words[4].store(words[4], release);
  target.words[5].store(words[5], release);
  target.words[6].store(words[6], release);
  target.stamp.store(whole, release);  // pairs with read_stamped()'s first load
}

template <class Stamped>
inline Words load_words(const Stamped& source) noexcept {
  constexpr auto acquire = std::memory_order_acquire;  // pairs with write_stamped()'s stores
  return {source.words[0].load(acquire), source.words[1].load(acquire),
          source.words[2].load(acquire), source.words[3].load(acquire),
          source.words[4].load(acquire), source.words[5].load(acquire),
          source.words[6].load(acquire)};
}

// The stamp that was found. The copy is whole only if `stamp` is the one that the caller expects
// and `intact` is true.
struct StampedRead {
  std::uint64_t stamp;
  bool intact;
};

template <class Stamped>
inline StampedRead read_stamped(const Stamped& source, Words& out) noexcept {
  const std::uint64_t before = source.stamp.load(std::memory_order_acquire);
  out = load_words(source);
  return {before, source.stamp.load(std::memory_order_relaxed) == before};
}

}  // namespace goxel_telemetry::shm
