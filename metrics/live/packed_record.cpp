// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/live/packed_record.h"

#include <algorithm>
#include <cassert>
#include <functional>
#include <string>
#include <utility>

namespace goxel_telemetry::metrics {
namespace {

constexpr std::size_t kPlaces = 4'096;  // a power of two, and never half full
constexpr std::uint16_t kNone = UINT16_MAX;
constexpr std::size_t kMostWithOther = RecordNames::kMost + kRoomForOther;
static_assert(kMostWithOther < kPlaces / 2);

constexpr std::uint64_t kMost16 = UINT16_MAX;

std::size_t place_of(std::string_view stack, std::string_view protocol, std::string_view layer,
                     std::string_view operation) {
  std::size_t hash = 0;
  for (const std::string_view name : {stack, protocol, layer, operation}) {
    hash = hash * 31 + std::hash<std::string_view>()(name);
  }
  return hash % kPlaces;
}

}  // namespace

RecordNames::RecordNames() : table_(kPlaces, kNone) {
  add({"", "", "", kOtherOperation});
}

std::uint16_t RecordNames::number_of(const NamedRecord& record) {
  const std::string_view operation = record.operation;
  if (const auto known = find(record, operation); known != kNone) return known;
  if (keys_.size() < kMost || operation == kOtherOperation) {
    return add({record.stack, record.protocol, record.layer, record.operation});
  }
  const auto known = find(record, kOtherOperation);
  if (known != kNone) return known;
  return add({record.stack, record.protocol, record.layer, kOtherOperation});
}

std::uint16_t RecordNames::find(const NamedRecord& record, std::string_view operation) const {
  std::size_t place = place_of(record.stack, record.protocol, record.layer, operation);
  for (; table_[place] != kNone; place = (place + 1) % kPlaces) {
    const OperationKey& key = keys_[table_[place]];
    if (key.operation == operation && key.layer == record.layer && key.stack == record.stack &&
        key.protocol == record.protocol) {
      break;
    }
  }
  return table_[place];
}

// The first one, which has no names, is also for all for which there is no room.
std::uint16_t RecordNames::add(OperationKey key) {
  if (keys_.size() == kMostWithOther) return 0;
  const auto number = static_cast<std::uint16_t>(keys_.size());
  std::size_t place = place_of(key.stack, key.protocol, key.layer, key.operation);
  while (table_[place] != kNone) place = (place + 1) % kPlaces;
  table_[place] = number;
  keys_.push_back(std::move(key));
  return number;
}

PackedRecord packed(const NamedRecord& record, RecordNames& names) {
  PackedRecord entry;
  entry.start_ns = record.start_ns;
  entry.start_realtime_ns = record.start_realtime_ns;
  entry.trace_id = record.trace_id;
  entry.duration_ns = std::min(record.duration_ns, kMostPackedNs) & kMostPackedNs;
  entry.receive_ns = std::min(record.receive_ns, kMostPackedNs) & kMostPackedNs;
  entry.wait_ns = std::min(record.wait_ns, kMostPackedNs) & kMostPackedNs;
  entry.send_ns = std::min(record.send_ns, kMostPackedNs) & kMostPackedNs;
  entry.name = names.number_of(record);
  entry.worker = record.worker;
  entry.lane = std::min<std::uint64_t>(record.lane, kMost16) & kMost16;
  const auto status = static_cast<std::uint8_t>(record.status);
  assert(status < shm::kStatusCount);
  entry.status = status & 0x1F;
  entry.error = static_cast<std::uint16_t>(record.error) & 0x7FF;
  entry.bytes_in = record.bytes_in;
  entry.bytes_out = record.bytes_out;
  return entry;
}

NamedRecord unpacked(const PackedRecord& entry, const RecordNames& names) {
  const OperationKey& key = names.keys()[entry.name];
  NamedRecord record;
  record.start_ns = entry.start_ns;
  record.start_realtime_ns = entry.start_realtime_ns;
  record.duration_ns = entry.duration_ns;
  record.receive_ns = entry.receive_ns;
  record.wait_ns = entry.wait_ns;
  record.send_ns = entry.send_ns;
  record.trace_id = entry.trace_id;
  record.status = static_cast<shm::Status>(entry.status);
  record.error = static_cast<shm::ErrorCode>(entry.error);
  record.operation = key.operation;
  record.protocol = key.protocol;
  record.layer = key.layer;
  record.stack = key.stack;
  record.lane = static_cast<std::uint32_t>(entry.lane);
  record.worker = static_cast<std::uint16_t>(entry.worker);
  record.bytes_in = entry.bytes_in;
  record.bytes_out = entry.bytes_out;
  return record;
}

}  // namespace goxel_telemetry::metrics
