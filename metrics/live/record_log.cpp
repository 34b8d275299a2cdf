// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/live/record_log.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <limits>
#include <tuple>
#include <utility>

#include "metrics/tally/outcomes.h"

namespace goxel_telemetry::metrics {
namespace {

constexpr std::uint64_t kSlotNs = RecordLog::kSlotSeconds * kNsPerSecond;

// What the slowest ones are kept of: an operation's successes, or its failures.
std::uint32_t group_of(const PackedRecord& record) {
  return static_cast<std::uint32_t>(record.name) * 2 +
         is_failure(static_cast<shm::Status>(record.status));
}

}  // namespace

struct RecordLog::Kept {
  PackedRecord entry;
  std::uint64_t number;

  // By group, then the slowest first. Of equally slow ones the first stays first.
  friend bool operator<(const Kept& a, const Kept& b) {
    const auto key = [](const Kept& k) {
      return std::tuple(group_of(k.entry), kMostPackedNs - k.entry.duration_ns, k.number);
    };
    return key(a) < key(b);
  }
};

// Places are points in time divided by kSlotNs.
struct RecordLog::Slot {
  std::uint64_t begin;
  std::uint64_t end;
  std::vector<Kept> kept = {};  // sorted

  bool contains(std::uint64_t place) const { return begin <= place && place < end; }
};

class RecordLog::Filter {
 public:
  Filter(const RecordQuery& query, const std::vector<OperationKey>& keys)
      : range_(query.range), low_ns_(query.low_ns), high_ns_(query.high_ns), names_(keys.size()) {
    for (std::size_t i = 0; i < keys.size(); ++i) {
      names_[i] = !query.operation || query.operation(keys[i]);
    }
    for (std::size_t i = 0; i < statuses_.size(); ++i) {
      statuses_[i] = !query.status || query.status(static_cast<shm::Status>(i));
    }
  }
  explicit Filter(std::uint64_t trace_id, const std::vector<OperationKey>& keys)
      : Filter(RecordQuery(), keys) {
    trace_id_ = trace_id;
  }

  const TimeStretch& range() const { return range_; }
  bool passes(const PackedRecord& entry) const {
    const std::uint64_t end_ns = entry.end_ns();
    return entry.duration_ns >= low_ns_ && entry.duration_ns <= high_ns_ &&
           end_ns >= range_.begin_ns && end_ns < range_.end_ns && names_[entry.name] != 0 &&
           statuses_[entry.status] && (trace_id_ == 0 || trace_id_ == entry.trace_id);
  }

 private:
  TimeStretch range_;
  std::uint64_t low_ns_;
  std::uint64_t high_ns_;
  std::uint64_t trace_id_ = 0;  // 0: any
  std::vector<std::uint8_t> names_;
  std::array<bool, shm::kStatusCount> statuses_;
};

RecordLog::RecordLog(const Limits& limits)
    : recent_size_(std::max<std::size_t>(limits.recent, 1)),
      slowest_size_(limits.slowest),

      recent_(std::make_unique_for_overwrite<PackedRecord[]>(recent_size_)) {}

RecordLog::~RecordLog() = default;

void RecordLog::advance(const Time& now) {
  now_ns_ = now.realtime_ns;
  const std::uint64_t first = (now_ns_ - std::min(now_ns_, kKeptSeconds * kNsPerSecond)) / kSlotNs;
  auto kept = slots_.begin();
  for (; kept != slots_.end() && kept->end <= first; ++kept) kept_ -= kept->kept.size();
  if (kept == slots_.begin()) return;
  slots_.erase(slots_.begin(), kept);
  last_slot_ = 0;
}

void RecordLog::add(const NamedRecord& record) {
  const PackedRecord entry = packed(record, names_);
  if (entry.end_ns() > now_ns_ + kMostAheadSeconds * kNsPerSecond) {
    ++refused_;
    return;
  }

  if (added_ >= recent_size_) gone_until_ns_ = std::max(gone_until_ns_, recent_[next_].end_ns());
  recent_[next_] = entry;
  next_ = next_ + 1 == recent_size_ ? 0 : next_ + 1;
  keep(entry, added_++);
}

void RecordLog::keep(const PackedRecord& entry, std::uint64_t number) {
  const std::uint64_t end_ns = entry.end_ns();
  if (end_ns + kKeptSeconds * kNsPerSecond < now_ns_) return;
  std::vector<Kept>& kept = slot_with(end_ns / kSlotNs).kept;
  const Kept added{entry, number};
  const std::uint32_t group = group_of(entry);
  const auto first = std::partition_point(
      kept.begin(), kept.end(), [group](const Kept& k) { return group_of(k.entry) < group; });
  auto last = first;
  while (last != kept.end() && group_of(last->entry) == group) ++last;
  const bool is_full = static_cast<std::size_t>(last - first) >= kOfEach;
  if (is_full) {
    if (std::prev(last)->entry.duration_ns >= entry.duration_ns) return;
    const auto place = std::upper_bound(first, last, added);
    std::move_backward(place, std::prev(last), last);
    *place = added;
    return;
  }
  kept.insert(std::upper_bound(first, last, added), added);
  if (++kept_ > slowest_size_) make_room();
}

RecordLog::Slot& RecordLog::slot_with(std::uint64_t place) {
  if (last_slot_ < slots_.size() && slots_[last_slot_].contains(place)) return slots_[last_slot_];
  auto slot = std::partition_point(slots_.begin(), slots_.end(),
                                   [place](const Slot& one) { return one.end <= place; });
  if (slot == slots_.end() || !slot->contains(place)) {
    const std::size_t before = slot == slots_.begin() ? 0 : std::prev(slot)->kept.size();
    slot = slots_.insert(slot, Slot{place, place + 1});
    slot->kept.reserve(before);
  }
  last_slot_ = static_cast<std::size_t>(slot - slots_.begin());
  return *slot;
}

// Several at a time, for it looks at all slots.
void RecordLog::make_room() {
  const std::size_t enough = slowest_size_ - slowest_size_ / 16;
  const std::uint64_t place_now = now_ns_ / kSlotNs;
  const auto now = static_cast<double>(place_now);
  while (kept_ > enough && slots_.size() > 1) {
    double least = std::numeric_limits<double>::infinity();
    std::size_t chosen = 0;
    for (std::size_t i = 0; i + 1 < slots_.size(); ++i) {
      const double age = std::max(1.0, now - static_cast<double>(slots_[i + 1].end) + 2);
      const auto width = static_cast<double>(slots_[i + 1].end - slots_[i].begin);
      if (width / age >= least) continue;
      least = width / age;
      chosen = i;
    }
    join(chosen);
  }
}

// With the one after it.
void RecordLog::join(std::size_t slot) {
  Slot& first = slots_[slot];
  const Slot& second = slots_[slot + 1];
  std::vector<Kept> all;
  all.reserve(first.kept.size() + second.kept.size());
  std::merge(first.kept.begin(), first.kept.end(), second.kept.begin(), second.kept.end(),
             std::back_inserter(all));
  std::size_t in_group = 0;
  std::size_t used = 0;
  for (const Kept& one : all) {
    in_group = used > 0 && group_of(all[used - 1].entry) == group_of(one.entry) ? in_group + 1 : 0;
    if (in_group < kOfEach) all[used++] = one;
  }
  kept_ -= all.size() - used;
  first.kept.assign(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(used));
  first.end = second.end;
  slots_.erase(slots_.begin() + static_cast<std::ptrdiff_t>(slot) + 1);
  last_slot_ = 0;
}

const PackedRecord& RecordLog::recent(std::uint64_t number) const {
  const std::uint64_t back = added_ - number;
  return recent_[next_ >= back ? next_ - back : next_ + recent_size_ - back];
}

template <typename Take>
void RecordLog::each(const Filter& filter, Take&& take) const {
  const std::uint64_t oldest = oldest_recent();
  for (std::uint64_t number = added_; number-- > oldest;) {
    const PackedRecord& entry = recent(number);
    if (filter.passes(entry)) take(entry, number);
  }
  for (const Slot& slot : slots_) {
    if (slot.end * kSlotNs <= filter.range().begin_ns) continue;
    if (slot.begin * kSlotNs >= filter.range().end_ns) break;
    for (const Kept& one : slot.kept) {
      if (one.number < oldest && filter.passes(one.entry)) take(one.entry, one.number);
    }
  }
}

FoundRecords RecordLog::find(const RecordQuery& query) const {
  struct Candidate {
    std::uint64_t first;
    std::uint64_t second;
    std::uint64_t number;
    const PackedRecord* entry;
  };
  const auto comes_first = [](const Candidate& a, const Candidate& b) {
    return std::tie(a.first, a.second, a.number) > std::tie(b.first, b.second, b.number);
  };
  const bool slowest = query.order == RecordQuery::Order::slowest_first;
  FoundRecords found;
  // The best ones so far, in any order, and some that may be. Whenever these are too many, the best of them stay: so the
  // work does not depend on the order in which records come.
  std::vector<Candidate> best;
  std::vector<Candidate>::size_type full = query.most + std::max<std::size_t>(query.most, 1'024);
  full = std::max(full, query.most);  // of SIZE_MAX
  const auto cut = [&] {
    if (best.size() <= query.most) return;
    std::nth_element(best.begin(), best.begin() + static_cast<std::ptrdiff_t>(query.most),
                     best.end(), comes_first);
    best.resize(query.most);
  };
  Candidate worst{0, 0, 0, nullptr};  // of those that stayed when they were last too many
  each(Filter(query, names_.keys()), [&](const PackedRecord& entry, std::uint64_t number) {
    ++found.matched;
    const std::uint64_t duration_ns = entry.duration_ns;
    const std::uint64_t end_ns = entry.end_ns();
    const Candidate one{slowest ? duration_ns : end_ns, slowest ? end_ns : duration_ns, number,
                        &entry};
    if (query.most == 0 || (worst.entry != nullptr && !comes_first(one, worst))) return;
    best.push_back(one);
    if (best.size() < full) return;
    cut();
    worst = *std::max_element(best.begin(), best.end(), comes_first);
  });
  cut();
  std::sort(best.begin(), best.end(), comes_first);
  found.records.reserve(best.size());
  for (const Candidate& one : best)
    found.records.push_back({one.number, unpacked(*one.entry, names_)});

  if (gone_until_ns_ != 0) found.complete_from_ns = gone_until_ns_ + 1;
  const TimeStretch incomplete = {query.range.begin_ns,
                                  std::min(query.range.end_ns, found.complete_from_ns)};
  if (incomplete.begin_ns >= incomplete.end_ns) return found;
  for (const Slot& slot : slots_) {
    if (slot.end * kSlotNs <= incomplete.begin_ns) continue;
    if (slot.begin * kSlotNs >= incomplete.end_ns) break;
    found.widest_slot_seconds =
        std::max(found.widest_slot_seconds, (slot.end - slot.begin) * kSlotSeconds);
  }
  return found;
}

std::vector<NamedRecord> RecordLog::of_trace(std::uint64_t trace_id, std::size_t most) const {
  std::vector<NamedRecord> records;
  if (trace_id == 0) return records;
  each(Filter(trace_id, names_.keys()), [&](const PackedRecord& entry, std::uint64_t) {
    if (records.size() < most) records.push_back(unpacked(entry, names_));
  });
  return records;
}

}  // namespace goxel_telemetry::metrics
