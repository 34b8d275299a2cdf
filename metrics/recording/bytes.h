// SPDX-License-Identifier: GPL-3.0-or-later
// What the writer and the reader of a recording have in common (docs/recording-format.md).
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "metrics/recording/recording.h"

namespace goxel_telemetry::metrics::recording {

// An entry's first byte. Records, which are frequent, have the top bit set; the other bits are
// flags.
enum Tag : std::uint8_t {
  kRunBeganTag = 1,
  kNameTag = 2,
  kMomentTag = 3,
  kLostTag = 4,
  kRunEndedTag = 5,
  kEndTag = 6,
  kOfOuterLayersTag = 7,  // its one member is an entry
  kRecordTag = 0x80,
};
// Layer, stack and protocol follow; else as before.
inline constexpr std::uint8_t kHasOrigin = 0x01;
// Status, plus eight times the error; else ok. Version 1 had no errors.
inline constexpr std::uint8_t kHasStatus = 0x02;
inline constexpr std::uint8_t kHasReceive = 0x04;
inline constexpr std::uint8_t kHasWait = 0x08;
inline constexpr std::uint8_t kHasSend = 0x10;
inline constexpr std::uint8_t kHasTrace = 0x20;
inline constexpr std::uint8_t kHasWorker = 0x40;  // else unknown

inline constexpr std::size_t kMostTextBytes = 64;  // of each of a run's texts

// A chunk begins with the length and the checksum of its content, 32 bits each.
inline constexpr std::size_t kChunkHeadBytes = 8;

inline void store_32(std::uint8_t* out, std::uint32_t value) {
  for (unsigned i = 0; i < 4; ++i) out[i] = static_cast<std::uint8_t>(value >> (8 * i));
}
inline std::uint32_t load_32(const std::uint8_t* bytes) {
  std::uint32_t value = 0;
  for (unsigned i = 0; i < 4; ++i) value |= std::uint32_t{bytes[i]} << (8 * i);
  return value;
}

// Makes positive and negative differences small numbers: 0, -1, 1, -2 … become 0, 1, 2, 3 …
constexpr std::uint64_t zigzag(std::uint64_t difference) {
  return (difference << 1) ^ (difference >> 63 != 0 ? UINT64_MAX : 0);
}
constexpr std::uint64_t unzigzag(std::uint64_t number) {
  return (number >> 1) ^ ((number & 1) != 0 ? UINT64_MAX : 0);
}

}  // namespace goxel_telemetry::metrics::recording
