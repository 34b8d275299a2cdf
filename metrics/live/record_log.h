// SPDX-License-Identifier: GPL-3.0-or-later
// Keeps records to look at: the recent ones all, and of the last day the slowest ones. So a spike of hours ago still
// has the records that made it. Bounded, whatever arrives.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "metrics/live/packed_record.h"
#include "metrics/operation_key.h"
#include "metrics/record_listener.h"
#include "metrics/time.h"

namespace goxel_telemetry::metrics {

struct RecordQuery {
  enum class Order { slowest_first, newest_first };

  // When the span ended, CLOCK_REALTIME: as charts count it.
  TimeStretch range = {0, UINT64_MAX};
  // Asked once for each operation and each status. Empty: any.
  std::function<bool(const OperationKey&)> operation = {};
  std::function<bool(shm::Status)> status = {};
  // Both ends belong to it.
  std::uint64_t low_ns = 0;
  std::uint64_t high_ns = UINT64_MAX;
  Order order = Order::slowest_first;
  std::size_t most = 200;
};

struct FoundRecord {
  std::uint64_t number;  // no other record of this log has it; a later one has a larger one
  NamedRecord record;
};

struct FoundRecords {
  // In the order that was asked for. Equally slow ones: the newest first, and vice versa.
  std::vector<FoundRecord> records;
  std::uint64_t matched = 0;  // of what is still kept
  // All records are known that the log was given and that ended at this time or later. Of the time before, so far as the
  // range has it, only the slowest ones are known, of each stretch of `widest_slot_seconds` or less; 0: none at all.
  std::uint64_t complete_from_ns = 0;  // CLOCK_REALTIME
  std::uint64_t widest_slot_seconds = 0;
};

// Not thread-safe.
class RecordLog {
 public:
  // Time is cut into slots. In each, of each operation so many are kept that went well, and so many that failed.
  static constexpr std::uint64_t kSlotSeconds = 15;
  static constexpr std::size_t kOfEach = 5;
  static constexpr std::uint64_t kKeptSeconds = 86'400;
  // A sweep reads records that end while it goes on. What ends later than this is damaged, and refused.
  static constexpr std::uint64_t kMostAheadSeconds = 60;

  struct Limits {
    std::size_t recent = 262'144;  // 64 bytes each; used as they come
    // 72 bytes each. Beyond it, neighbouring slots are joined, of which the slowest ones stay: first those that are
    // narrow for their age.
    std::size_t slowest = 131'072;
  };

  RecordLog() : RecordLog(Limits()) {}
  explicit RecordLog(const Limits& limits);
  ~RecordLog();

  // Call it before each sweep. What ended more than a day ago is given up, as far as it is not among the recent ones.
  void advance(const Time& now);
  // Allocates only for a new name and for a slot that begins or grows.
  void add(const NamedRecord& record);

  FoundRecords find(const RecordQuery& query) const;
  // The kept records with this trace id, at most `most`, the newest first; none for 0.
  std::vector<NamedRecord> of_trace(std::uint64_t trace_id, std::size_t most) const;

  std::uint64_t refused() const { return refused_; }
  std::size_t slowest_kept() const { return kept_; }

 private:
  struct Kept;
  struct Slot;
  class Filter;

  void keep(const PackedRecord& entry, std::uint64_t number);
  Slot& slot_with(std::uint64_t place);
  void make_room();
  void join(std::size_t slot);
  std::uint64_t oldest_recent() const {
    return added_ - (added_ < recent_size_ ? added_ : recent_size_);
  }
  const PackedRecord& recent(std::uint64_t number) const;
  // Calls `take(entry, number)` for each record that the filter lets through, the newest of the recent ones first.
  template <typename Take>
  void each(const Filter& filter, Take&& take) const;

  const std::size_t recent_size_;
  const std::size_t slowest_size_;
  RecordNames names_;
  std::unique_ptr<PackedRecord[]> recent_;  // number n at n % recent_size_
  std::size_t next_ = 0;                    // in recent_
  std::uint64_t added_ = 0;
  std::uint64_t refused_ = 0;
  std::uint64_t gone_until_ns_ =
      0;                       // the latest end of a record that is no longer among the recent ones
  std::uint64_t now_ns_ = 0;   // CLOCK_REALTIME
  std::vector<Slot> slots_;    // by time; they do not overlap
  std::size_t last_slot_ = 0;  // the one that was used last
  std::size_t kept_ = 0;       // in all slots
};

}  // namespace goxel_telemetry::metrics
