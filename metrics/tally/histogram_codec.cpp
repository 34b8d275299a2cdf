// SPDX-License-Identifier: GPL-3.0-or-later
// A histogram as bytes. Version 1: the byte 1, then as LEB128 numbers: values out of range, sum
// (low and high half), min, max, buckets in use, and for each of those how many buckets were
// skipped since the one before, and its count. docs/metrics-math.md says the same.
#include <array>

#include "metrics/encoding/leb128.h"
#include "metrics/tally/histogram.h"

namespace goxel_telemetry::metrics {
namespace {

constexpr std::uint8_t kVersion = 1;

}  // namespace

std::vector<std::uint8_t> Histogram::encode() const {
  std::uint32_t used = 0;
  for (const std::uint64_t n : counts_) used += n != 0;
  std::vector<std::uint8_t> out;
  out.reserve(32 + 3 * used);
  out.push_back(kVersion);
  put_number(out, out_of_range_);
  put_number(out, static_cast<std::uint64_t>(sum_));
  put_number(out, static_cast<std::uint64_t>(sum_ >> 64));
  put_number(out, min());
  put_number(out, max_);
  put_number(out, used);
  std::uint32_t next = 0;
  for (std::uint32_t i = 0; i < counts_.size(); ++i) {
    if (counts_[i] == 0) continue;
    put_number(out, first_ + i - next);
    put_number(out, counts_[i]);
    next = first_ + i + 1;
  }
  return out;
}

bool Histogram::merge_encoded(std::span<const std::uint8_t> bytes) {
  if (bytes.empty() || bytes.front() != kVersion) return false;
  Numbers numbers(bytes.subspan(1));
  const std::uint64_t out_of_range = numbers.next();
  const std::uint64_t sum_low = numbers.next();
  const std::uint64_t sum_high = numbers.next();
  const std::uint64_t min = numbers.next();
  const std::uint64_t max = numbers.next();
  const std::uint64_t used = numbers.next();
  if (numbers.failed() || used > kBuckets || min > max) return false;

  // Nothing is changed before all of it was checked.
  struct Used {
    std::uint32_t bucket;
    std::uint64_t count;
  };
  std::array<Used, kBuckets> buckets;
  std::uint64_t next = 0;
  WideSum count = out_of_range;
  for (std::uint64_t i = 0; i < used; ++i) {
    const std::uint64_t skipped = numbers.next();
    const std::uint64_t n = numbers.next();
    if (skipped >= kBuckets - next || n == 0) return false;  // also if next() failed
    buckets[i] = {static_cast<std::uint32_t>(next + skipped), n};
    next += skipped + 1;
    count += n;
  }
  if (numbers.failed() || !numbers.at_end() || count + count_ > UINT64_MAX) return false;
  if (count == 0) return true;

  if (used > 0) {
    cover(buckets[0].bucket, buckets[used - 1].bucket);
    std::uint64_t* const counts = counts_.data();
    for (std::uint64_t i = 0; i < used; ++i) counts[buckets[i].bucket - first_] += buckets[i].count;
  }
  count_ += static_cast<std::uint64_t>(count);
  out_of_range_ += out_of_range;
  sum_ += (static_cast<WideSum>(sum_high) << 64) | sum_low;
  if (min < min_) min_ = min;
  if (max > max_) max_ = max;
  return true;
}

}  // namespace goxel_telemetry::metrics
