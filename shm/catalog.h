// SPDX-License-Identifier: GPL-3.0-or-later
// The names that records refer to by number. Append-only: an id means the same name for the whole
// life of a segment. Two ids may have the same name (two threads entered it at the same instant),
// so readers compare names, not ids.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "shm/segment_layout.h"

namespace goxel_telemetry::shm {

// Well-known ids: every producer enters these names first, in this order.
namespace names {
inline constexpr std::uint16_t kOther = 0;      // operation: any name that found no room
inline constexpr std::uint16_t kMalformed = 1;  // operation: a message that is no request
inline constexpr std::uint16_t kBatch = 2;      // operation: a JSON-RPC batch
inline constexpr std::uint8_t kMcpClient = 3;   // layers, from the outside in
inline constexpr std::uint8_t kMcpServer = 4;
inline constexpr std::uint8_t kTsClient = 5;
inline constexpr std::uint8_t kDaemon = 6;
inline constexpr std::uint8_t kFourLayer = 7;  // stacks
inline constexpr std::uint8_t kTwoLayer = 8;
}  // namespace names

// `name` itself if it fits an entry; else, in `buffer`, the longest beginning that fits with a "…"
// behind it and does not end inside a UTF-8 character.
std::string_view fit_name(std::string_view name, char (&buffer)[kNameBytes]);

// Gives names their ids. Lock-free, from any thread. Finding a known name writes nothing; a new
// name takes a bounded number of steps. Memory: a table of 2 * 1,024 places of 4 bytes, inside the
// object.
class CatalogWriter {
 public:
  // `entries` must outlive the writer and be at least 9 long; at most 1,024 of them are used.
  CatalogWriter(Header& header, std::span<CatalogEntry> entries);
  CatalogWriter(const CatalogWriter&) = delete;
  CatalogWriter& operator=(const CatalogWriter&) = delete;

  // names::kOther when the catalog is full. `target_us`: of a name that is entered now; a known name
  // keeps its own.
  std::uint16_t intern(NameKind kind, std::string_view name, std::uint32_t target_us = 0) noexcept;

  // Names go into another segment, too, from now on: it takes the place of this one, whose memory
  // must stay. Those that are here already are brought there by catch_up(), which is to be called
  // when names that are being entered at this moment have been. [both from one thread]
  void continue_in(Header& header) noexcept;
  void catch_up() noexcept;

 private:
  static constexpr std::uint32_t kPlaces = 2048;
  // Bounds a look-up, also when a client chooses names whose hashes collide.
  static constexpr std::uint32_t kProbes = 64;

  std::uint16_t append(NameKind kind, std::string_view name, std::uint32_t target_us) noexcept;
  void copy_to(Header& header, std::uint32_t id) noexcept;

  Header& header_;
  std::span<CatalogEntry> entries_;
  std::atomic<std::uint32_t> reserved_{0};  // ids that were given out
  // 0: free; kBusy: its name is being written; else id + 1.
  static constexpr std::uint32_t kBusy = UINT32_MAX;
  std::atomic<std::uint32_t> places_[kPlaces] = {};
  std::atomic<Header*> successor_{nullptr};
  std::uint32_t entered_before_ = 0;  // names with these ids may not be in the successor
};

}  // namespace goxel_telemetry::shm
