// SPDX-License-Identifier: GPL-3.0-or-later
// Records in which every word is computed from lane and sequence, so that a torn, misplaced or
// repeated record is recognised.
#pragma once

#include <cstdint>

#include "shm/record.h"

namespace goxel_telemetry::shm {

// SplitMix64's finaliser.
constexpr std::uint64_t mixed(std::uint64_t x) {
  x = (x ^ (x >> 30)) * 0xBF58'476D'1CE4'E5B9u;
  x = (x ^ (x >> 27)) * 0x94D0'49BB'1331'11EBu;
  return x ^ (x >> 31);
}

inline Record record_of(std::uint64_t lane, std::uint64_t sequence) {
  Record::Words words;
  words[0] = lane << 48 | sequence;
  for (std::size_t i = 1; i < words.size(); ++i) words[i] = mixed(words[0] + (i << 40));
  return Record::from_words(words);
}

inline std::uint64_t sequence_of(const Record& record) {
  return record.start_ticks & kTicksAtLeast;
}

// Whether `record` is equal to record_of(lane, sequence).
inline bool is_record_of(const Record& record, std::uint64_t lane, std::uint64_t sequence) {
  return record == record_of(lane, sequence);
}

}  // namespace goxel_telemetry::shm
