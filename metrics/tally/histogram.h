// SPDX-License-Identifier: GPL-3.0-or-later
// A log-linear histogram of durations: each power of two is cut into 64 buckets of equal width.
//
// Values are whole nanoseconds. Below 128 a bucket holds one value. From 128 on a bucket is at most
// 1/64 of its lowest value wide, so its middle differs by at most 1/128 (0.79 %) from any value in
// it. A bucket contains both its ends, lowest_in() and highest_in(); the next bucket begins at
// highest_in() + 1. Values above kHighest (137 s) have no bucket: they are counted, and they are
// part of sum, min, max and ranks.
//
// Memory is used only for the powers of two between the smallest and the largest recorded value:
// 512 bytes for each, 16 KiB for the whole range, typically 2 to 5 KiB, none while empty.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace goxel_telemetry::metrics {

// Sums of 64-bit values that cannot overflow.
__extension__ using WideSum = unsigned __int128;

constexpr std::uint64_t saturated(WideSum sum) {
  return sum > UINT64_MAX ? UINT64_MAX : static_cast<std::uint64_t>(sum);
}

class Histogram {
 public:
  static constexpr std::uint32_t kPerOctave = 64;
  static constexpr std::uint32_t kBuckets = 2048;
  static constexpr std::uint64_t kHighest = (std::uint64_t{1} << 37) - 1;
  static constexpr double kRelativeError = 1.0 / 128;

  // `value` must not exceed kHighest.
  static constexpr std::uint32_t bucket_of(std::uint64_t value) {
    const auto shift = static_cast<std::uint32_t>(std::bit_width(value | kPerOctave)) - 7;
    return shift * kPerOctave + static_cast<std::uint32_t>(value >> shift);
  }
  static constexpr std::uint64_t lowest_in(std::uint32_t bucket) {
    if (bucket < 2 * kPerOctave) return bucket;
    const std::uint32_t shift = bucket / kPerOctave - 1;
    return std::uint64_t{bucket - shift * kPerOctave} << shift;
  }
  static constexpr std::uint64_t highest_in(std::uint32_t bucket) {
    return lowest_in(bucket + 1) - 1;
  }

  void record(std::uint64_t value) {
    ++count_;
    sum_ += value;
    if (value < min_) min_ = value;
    if (value > max_) max_ = value;
    if (value > kHighest) [[unlikely]] {
      ++out_of_range_;
      return;
    }
    const std::uint32_t bucket = bucket_of(value);
    if (bucket - first_ >= counts_.size()) [[unlikely]]
      cover(bucket, bucket);
    ++counts_[bucket - first_];
  }

  void merge(const Histogram& other);
  // Subtracts `other`, which must be part of this histogram; if it is not, returns false and
  // changes nothing. Afterwards counts and sum are exact; of min and max only the buckets are
  // known.
  bool subtract(const Histogram& other);

  // All functions of this group include values that are out of range.
  std::uint64_t count() const { return count_; }
  WideSum sum() const { return sum_; }
  double mean() const;                                          // 0 while empty
  std::uint64_t min() const { return count_ == 0 ? 0 : min_; }  // 0 while empty
  std::uint64_t max() const { return max_; }                    // 0 while empty
  std::uint64_t out_of_range() const { return out_of_range_; }

  std::uint64_t count_in(std::uint32_t bucket) const {
    return bucket - first_ < counts_.size() ? counts_[bucket - first_] : 0;
  }

  // Calls visit(bucket, count) for each bucket in use, from the lowest on.
  template <class Visit>
  void for_each_bucket(Visit visit) const {
    for (std::size_t i = 0; i < counts_.size(); ++i) {
      if (counts_[i] != 0) visit(first_ + static_cast<std::uint32_t>(i), counts_[i]);
    }
  }

  // The smallest recorded value that at least the share q (0 to 1) of all values does not exceed,
  // within kRelativeError; exact at q = 0 and q = 1. If that value is out of range: max(). 0 while
  // empty.
  std::uint64_t quantile(double q) const;

  // The share of values greater than `value`, 0 to 1. Exact if `value` is the highest_in() of a
  // bucket; otherwise the bucket of `value` is taken as evenly filled. If `value` is out of range,
  // the result is an upper bound.
  double share_above(std::uint64_t value) const;

  // Compact and portable: about two bytes for each bucket in use. docs/metrics-math.md describes
  // it.
  std::vector<std::uint8_t> encode() const;
  // Adds a histogram that encode() wrote, in any version. The bytes need not be trusted: they are
  // checked. False, and nothing is changed, if they are not exactly one histogram.
  bool merge_encoded(std::span<const std::uint8_t> bytes);

  friend bool operator==(const Histogram& a, const Histogram& b);

  // Memory in use for buckets.
  std::size_t bucket_bytes() const { return counts_.capacity() * sizeof(std::uint64_t); }

 private:
  // Makes room for the buckets from `lowest` to `highest`.
  void cover(std::uint32_t lowest, std::uint32_t highest);

  std::vector<std::uint64_t> counts_;  // of the buckets from first_ on; whole powers of two
  std::uint32_t first_ = 0;
  std::uint64_t count_ = 0;
  std::uint64_t out_of_range_ = 0;
  std::uint64_t min_ = UINT64_MAX;
  std::uint64_t max_ = 0;
  WideSum sum_ = 0;
};

}  // namespace goxel_telemetry::metrics
