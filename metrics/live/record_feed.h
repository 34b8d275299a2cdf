// SPDX-License-Identifier: GPL-3.0-or-later
// The newest records in the order in which they were read, for readers that come again and go on where they were.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "metrics/live/packed_record.h"
#include "metrics/record_listener.h"
#include "shm/record.h"

namespace goxel_telemetry::metrics {

// Which records; empty: any.
struct RecordFilter {
  std::string operation = {};
  std::string layer = {};
  std::string stack = {};
  std::optional<shm::Status> status = std::nullopt;
};

// Not thread-safe.
class RecordFeed {
 public:
  // Keeps `size` records, 64 bytes each, used as they come.
  explicit RecordFeed(std::size_t size);

  void add(const NamedRecord& record);
  // So many records were lost, here: those who read past this place are told.
  void skip(std::uint64_t lost);

  // Places are counted from 0, and never reused: of the next record, and of the oldest that is kept.
  std::uint64_t end() const { return end_; }
  std::uint64_t begin() const { return end_ - (end_ < size_ ? end_ : size_); }

  struct Passage {
    std::vector<NamedRecord> records;
    std::uint64_t end = 0;     // where to go on
    std::uint64_t missed = 0;  // records from the place on that are not kept any more, or were lost
  };
  // From a place on, at most end(), the records that the filter lets through, at most `most` of them.
  Passage read(std::uint64_t from, const RecordFilter& filter, std::size_t most) const;

  // From where on to read for the last `most` records that the filter lets through.
  std::uint64_t before_last(std::size_t most, const RecordFilter& filter) const;
  // The first place with a record that ended at this time (CLOCK_REALTIME) or later.
  std::uint64_t since(std::uint64_t realtime_ns) const;

 private:
  class Match;

  const PackedRecord& at(std::uint64_t place) const { return records_[place % size_]; }
  void append(const PackedRecord& record);

  const std::size_t size_;
  RecordNames names_;
  // A record that stands for lost ones has the status kLost and their number as its start.
  std::unique_ptr<PackedRecord[]> records_;
  std::uint64_t end_ = 0;
};

}  // namespace goxel_telemetry::metrics
