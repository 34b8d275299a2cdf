// SPDX-License-Identifier: GPL-3.0-or-later
// The parts of a segment as typed spans over its bytes. Owns nothing: the bytes must outlive it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>

#include "shm/segment_layout.h"

namespace goxel_telemetry::shm {

// Positions and sizes of a segment's parts, in bytes from its start and in elements.
struct Geometry {
  std::uint64_t catalog_offset = 0;
  std::uint32_t catalog_capacity = 0;
  std::uint64_t inflight_offset = 0;
  std::uint32_t inflight_capacity = 0;
  std::uint64_t collection_points_offset = 0;
  std::uint32_t collection_points_capacity = 0;  // 0: none, and the offset means nothing
  std::uint64_t lanes_offset = 0;
  std::uint32_t lane_count = 0;
  std::uint64_t totals_offset = 0;
  std::uint16_t totals_capacity = 0;  // 0: none, and the offset means nothing
};

// Of a copy of the totals.
constexpr std::uint64_t totals_places(std::uint32_t lane_count) {
  constexpr std::uint64_t kInLine = kCacheLine / sizeof(AtomicWord);
  return (lane_count + kInLine - 1) / kInLine * kInLine;
}
constexpr std::uint64_t totals_copy_bytes(std::uint32_t lane_count, std::uint16_t capacity) {
  return sizeof(TotalsHead) + sizeof(AtomicWord) * totals_places(lane_count) +
         sizeof(TotalsEntry) * capacity;
}
inline constexpr std::uint32_t kTotalsCopies = 2;

// As the header says now, unchecked; each member is read once.
inline Geometry geometry_of(const Header& header) {
  return {read_once(header.catalog_offset),
          read_once(header.catalog_capacity),
          read_once(header.inflight_offset),
          read_once(header.inflight_capacity),
          read_once(header.collection_points_offset),
          read_once(header.collection_points_capacity),
          read_once(header.lanes_offset),
          read_once(header.lane_count),
          read_once(header.totals_offset),
          read_once(header.totals_capacity)};
}

// `Byte`: std::byte for the producer, const std::byte for readers.
template <class Byte>
class SegmentView {
  template <class Part>
  using Const = std::conditional_t<std::is_const_v<Byte>, const Part, Part>;

 public:
  // For a reader: `geometry` is a copy that check_layout() has found to lie within `bytes`. The
  // header that it came from may change at any moment.
  SegmentView(std::span<Byte> bytes, const Geometry& geometry)
      : base_(bytes.data()), geometry_(geometry) {}
  // For a producer, which trusts its own header.
  explicit SegmentView(std::span<Byte> bytes)
      : base_(bytes.data()), geometry_(geometry_of(header())) {}

  Const<Header>& header() const { return *at<Header>(0); }
  std::span<Const<CatalogEntry>> catalog() const {
    return {at<CatalogEntry>(geometry_.catalog_offset), geometry_.catalog_capacity};
  }
  std::span<Const<InflightLine>> inflight() const {
    return {at<InflightLine>(geometry_.inflight_offset), geometry_.inflight_capacity};
  }
  std::span<Const<CollectionPointLine>> collection_points() const {
    if (geometry_.collection_points_capacity == 0) return {};
    return {at<CollectionPointLine>(geometry_.collection_points_offset),
            geometry_.collection_points_capacity};
  }
  std::span<Const<Lane>> lanes() const {
    return {at<Lane>(geometry_.lanes_offset), geometry_.lane_count};
  }
  Const<Lane>& lane(std::uint32_t index) const { return lanes()[index]; }
  // The caller has checked that they lie within the bytes: check_layout() does not.
  std::span<Const<Slot>> slots(std::uint64_t offset, std::uint64_t capacity) const {
    return {at<Slot>(offset), capacity};
  }
  std::span<Const<Slot>> slots(const Lane& lane) const {
    return slots(lane.slots_offset, lane.capacity);
  }

  // One of the copies of the totals, `index` below kTotalsCopies. Only if has_totals().
  struct TotalsCopy {
    Const<TotalsHead>& head;
    std::span<Const<AtomicWord>> places;
    std::span<Const<TotalsEntry>> entries;
  };
  bool has_totals() const { return geometry_.totals_capacity != 0; }
  TotalsCopy totals(std::uint32_t index) const {
    const std::uint64_t head =
        geometry_.totals_offset +
        index * totals_copy_bytes(geometry_.lane_count, geometry_.totals_capacity);
    const std::uint64_t places = head + sizeof(TotalsHead);
    const std::uint64_t entries = places + sizeof(AtomicWord) * totals_places(geometry_.lane_count);
    return {*at<TotalsHead>(head),
            {at<AtomicWord>(places), geometry_.lane_count},
            {at<TotalsEntry>(entries), geometry_.totals_capacity}};
  }

 private:
  template <class Part>
  Const<Part>* at(std::uint64_t offset) const {
    return reinterpret_cast<Const<Part>*>(base_ + offset);
  }

  Byte* base_;
  Geometry geometry_;
};

using ProducerView = SegmentView<std::byte>;
using ReaderView = SegmentView<const std::byte>;

}  // namespace goxel_telemetry::shm
