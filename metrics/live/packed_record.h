// SPDX-License-Identifier: GPL-3.0-or-later
// A record to be kept in memory, in a cache line: numbers stand in place of its names.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "metrics/operation_key.h"
#include "metrics/record_listener.h"

namespace goxel_telemetry::metrics {

// Numbers for combinations of names, of which there are at most kMost and some for their _OTHER. Not thread-safe.
class RecordNames {
 public:
  // Records of more operations count as the _OTHER of their stack, protocol and layer.
  static constexpr std::size_t kMost = 1'024;

  RecordNames();

  // Allocates only for a new combination.
  std::uint16_t number_of(const NamedRecord& record);
  const std::vector<OperationKey>& keys() const { return keys_; }  // by number

 private:
  std::uint16_t find(const NamedRecord& record, std::string_view operation) const;
  std::uint16_t add(OperationKey key);

  std::vector<OperationKey> keys_;
  // Places, of which most are free: so that looking up allocates nothing.
  std::vector<std::uint16_t> table_;
};

// Times of more than 78 hours count as that.
struct PackedRecord {
  std::uint64_t start_ns;
  std::uint64_t start_realtime_ns;
  std::uint64_t trace_id;
  std::uint64_t duration_ns : 48;
  std::uint64_t name : 16;  // of RecordNames
  std::uint64_t receive_ns : 48;
  std::uint64_t worker : 16;
  std::uint64_t wait_ns : 48;
  std::uint64_t lane : 16;
  std::uint64_t send_ns : 48;
  std::uint64_t status : 5;
  std::uint64_t error : 11;
  std::uint32_t bytes_in;
  std::uint32_t bytes_out;

  std::uint64_t end_ns() const {  // CLOCK_REALTIME
    const std::uint64_t end = start_realtime_ns + duration_ns;
    return end < start_realtime_ns ? UINT64_MAX : end;
  }
};
static_assert(sizeof(PackedRecord) == 64, "as the ring's own records");

inline constexpr std::uint64_t kMostPackedNs = (std::uint64_t{1} << 48) - 1;

PackedRecord packed(const NamedRecord& record, RecordNames& names);
NamedRecord unpacked(const PackedRecord& record, const RecordNames& names);

}  // namespace goxel_telemetry::metrics
