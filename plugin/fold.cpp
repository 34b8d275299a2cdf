// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugin/fold.h"

#include <algorithm>
#include <utility>

#include "shm/catalog.h"
#include "shm/lane_reader.h"

namespace goxel_telemetry::plugin {
namespace {

// Calls during which a segment that was left is followed: a thread that was interrupted may still
// write to it. Its memory stays for longer than so many beats (recorder.cpp).
constexpr int kCallsAfterLeaving = 50;

// A lane of which more than this part is written between two calls is written fast.
constexpr std::uint64_t kFastPart = 4;

// Threads get the first lane that is free, so behind so many that were never used come no others; if
// they do, one call in so many finds them. All lanes together are many cache lines.
constexpr std::uint32_t kUnusedInARow = 16;
constexpr std::uint32_t kCallsToLookAtAll = 10;

void store(shm::AtomicWord& word, std::uint64_t value) noexcept {
  word.store(value, std::memory_order_release);  // pairs with Reader::operation_totals()
}

}  // namespace

Fold::Fold(const shm::ProducerView& first)
    : here_{first, std::vector<std::uint64_t>(first.lanes().size())},
      left_{first, std::vector<std::uint64_t>(first.lanes().size())},
      counted_(std::make_unique_for_overwrite<Counted[]>(kOperations)) {}

bool Fold::run(const shm::ProducerView& segment) noexcept {
  hurry_ = false;
  const bool moved = &segment.header() != &here_.segment.header();
  if (moved) begin(segment);
  const bool all = moved || calls_++ % kCallsToLookAtAll == 0;
  if (follows_left_ != 0) {
    take(left_, true);
    Sums earlier = gone_;
    const Sums left = counters(left_.segment);
    for (std::size_t i = 0; i < earlier.size(); ++i) earlier[i] += left[i];
    changed_ |= std::exchange(earlier_, earlier) != earlier;
    if (--follows_left_ == 0) gone_ = earlier_;
  }
  take(here_, all);
  if (std::exchange(changed_, false)) show();
  return hurry_;
}

void Fold::begin(const shm::ProducerView& segment) noexcept {
  if (follows_left_ != 0) {
    take(left_, true);
    const Sums left = counters(left_.segment);
    for (std::size_t i = 0; i < gone_.size(); ++i) gone_[i] += left[i];
  }
  std::swap(left_, here_);
  here_.segment = segment;
  std::fill(here_.places.begin(), here_.places.end(), 0);
  follows_left_ = kCallsAfterLeaving;
  shown_ = {};
  changed_ = true;
}

Fold::Sums Fold::counters(const shm::ProducerView& segment) noexcept {
  Sums sums{};
  for (const shm::Lane& lane : segment.lanes()) {
    for (std::size_t i = 0; i < shm::kStatusCount; ++i) {
      sums[i] += lane.counters.records[i].load(std::memory_order_relaxed);
    }
    sums[shm::kStatusCount] += lane.counters.bytes_in.load(std::memory_order_relaxed);
    sums[shm::kStatusCount + 1] += lane.counters.bytes_out.load(std::memory_order_relaxed);
  }
  return sums;
}

// While nothing happens, this costs one look at the head of each lane that was ever used, and of a few
// behind them.
void Fold::take(Lanes& lanes, bool all) noexcept {
  std::uint64_t* place = lanes.places.data();
  std::uint32_t unused = 0;
  for (const shm::Lane& lane : lanes.segment.lanes()) {
    std::uint64_t& reached = *place++;
    const std::uint64_t begin = reached;
    if (lane.head.load(std::memory_order_relaxed) == begin) {
      unused = begin == 0 ? unused + 1 : 0;
      if (unused == kUnusedInARow && !all) return;
      continue;
    }
    unused = 0;
    shm::LaneReader reader(lane, lanes.segment.slots(lane), begin);
    shm::Record record;
    std::uint64_t missed = 0;
    auto outcome = shm::LaneReader::Outcome::record;
    for (std::uint64_t left = lane.capacity; left != 0; --left) {
      outcome = reader.next(record, missed);
      if (outcome == shm::LaneReader::Outcome::empty) break;
      if (outcome == shm::LaneReader::Outcome::record) count(record);
    }
    reached = reader.sequence();
    hurry_ |= (reached - begin) > lane.capacity / kFastPart;
    changed_ = true;
  }
}

void Fold::count(const shm::Record& record) noexcept {
  shm::OperationIds ids = shm::OperationIds::of(record);
  Counted* counted = find_or_add(ids, kOperations - kRoomForOther);
  if (counted == nullptr) {
    ids.operation = shm::names::kOther;
    counted = find_or_add(ids, kOperations);
  }
  if (counted == nullptr) return;
  ++counted->records[shm::status_place(record.status)];
  counted->changed = round_ + 1;
}

// Null if it is new and there are `limit` operations.
Fold::Counted* Fold::find_or_add(shm::OperationIds ids, std::uint32_t limit) noexcept {
  const std::uint64_t packed = ids.packed();
  static_assert(kBuckets == 2048);
  auto bucket = static_cast<std::uint32_t>((packed * 0x9E37'79B9'7F4A'7C15u) >> 53);
  for (; buckets_[bucket] != 0; bucket = (bucket + 1) % kBuckets) {
    Counted& counted = counted_[buckets_[bucket] - 1u];
    if (counted.ids == packed) return &counted;
  }
  if (counted_size_ >= limit) return nullptr;
  Counted& counted = counted_[counted_size_++];
  counted = {packed, {}, 0};
  buckets_[bucket] = static_cast<std::uint16_t>(counted_size_);
  return &counted;
}

// Into the copy that is the older one. Readers take the other one meanwhile, and for good if this
// process ends here. What has not changed since the copy was written is left alone.
void Fold::show() noexcept {
  const std::uint64_t round = ++round_;
  const auto index = static_cast<std::uint32_t>(round % shm::kTotalsCopies);
  const auto copy = here_.segment.totals(index);
  const std::uint64_t since = std::exchange(shown_[index], round);
  // Before all the words below, by their release.
  copy.head.sequence.store(2 * round - 1, std::memory_order_relaxed);
  for (std::size_t lane = 0; lane < here_.places.size(); ++lane) {
    if (copy.places[lane].load(std::memory_order_relaxed) != here_.places[lane]) {
      store(copy.places[lane], here_.places[lane]);
    }
  }
  for (std::uint32_t i = 0; i < counted_size_; ++i) {
    const Counted& counted = counted_[i];
    if (counted.changed <= since && since != 0) continue;
    shm::TotalsEntry& entry = copy.entries[i];
    store(entry.ids, counted.ids);
    for (std::size_t status = 0; status < shm::kStatusCount; ++status) {
      store(entry.records[status], counted.records[status]);
    }
  }
  for (std::size_t i = 0; i < shm::kStatusCount; ++i) {
    store(copy.head.earlier_records[i], earlier_[i]);
  }
  store(copy.head.earlier_bytes_in, earlier_[shm::kStatusCount]);
  store(copy.head.earlier_bytes_out, earlier_[shm::kStatusCount + 1]);
  store(copy.head.entries, counted_size_);
  copy.head.sequence.store(2 * round, std::memory_order_release);
}

}  // namespace goxel_telemetry::plugin
