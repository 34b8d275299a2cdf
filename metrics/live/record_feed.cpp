// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/live/record_feed.h"

#include <algorithm>
#include <cassert>

namespace goxel_telemetry::metrics {
namespace {

constexpr std::uint8_t kLost = 0x1F;
static_assert(kLost >= shm::kStatusCount);

}  // namespace

// A filter, asked once for each combination of names.
class RecordFeed::Match {
 public:
  Match(const RecordFilter& filter, const std::vector<OperationKey>& keys)
      : status_(filter.status), names_(keys.size()) {
    const auto is = [](const std::string& wanted, const std::string& name) {
      return wanted.empty() || wanted == name;
    };
    for (std::size_t i = 0; i < keys.size(); ++i) {
      names_[i] = is(filter.operation, keys[i].operation) && is(filter.layer, keys[i].layer) &&
                  is(filter.stack, keys[i].stack);
    }
  }

  bool operator()(const PackedRecord& record) const {
    return record.status != kLost && names_[record.name] &&
           (!status_ || record.status == static_cast<std::uint8_t>(*status_));
  }

 private:
  const std::optional<shm::Status> status_;
  std::vector<bool> names_;
};

RecordFeed::RecordFeed(std::size_t size)
    : size_(std::max<std::size_t>(size, 1)),
      records_(std::make_unique_for_overwrite<PackedRecord[]>(size_)) {}

void RecordFeed::append(const PackedRecord& record) {
  records_[end_ % size_] = record;
  ++end_;
}

void RecordFeed::add(const NamedRecord& record) {
  append(packed(record, names_));
}

void RecordFeed::skip(std::uint64_t lost) {
  if (lost == 0) return;
  PackedRecord gap{};
  gap.status = kLost;
  gap.start_ns = lost;
  append(gap);
}

RecordFeed::Passage RecordFeed::read(std::uint64_t from, const RecordFilter& filter,
                                     std::size_t most) const {
  assert(from <= end_);
  const Match match(filter, names_.keys());
  Passage passage;
  passage.end = std::max(from, begin());
  passage.missed = passage.end - from;
  for (; passage.end < end_ && passage.records.size() < most; ++passage.end) {
    const PackedRecord& record = at(passage.end);
    if (record.status == kLost) passage.missed += record.start_ns;
    if (match(record)) passage.records.push_back(unpacked(record, names_));
  }
  return passage;
}

std::uint64_t RecordFeed::before_last(std::size_t most, const RecordFilter& filter) const {
  const Match match(filter, names_.keys());
  std::uint64_t place = end_;
  for (std::size_t found = 0; place > begin() && found < most;) found += match(at(--place));
  return place;
}

std::uint64_t RecordFeed::since(std::uint64_t realtime_ns) const {
  std::uint64_t place = begin();
  while (place < end_ && (at(place).status == kLost || at(place).end_ns() < realtime_ns)) ++place;
  return place;
}

}  // namespace goxel_telemetry::metrics
