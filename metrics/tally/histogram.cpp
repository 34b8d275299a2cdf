// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/tally/histogram.h"

#include <algorithm>
#include <cassert>
#include <cmath>

namespace goxel_telemetry::metrics {

static_assert(Histogram::bucket_of(Histogram::kHighest) == Histogram::kBuckets - 1);
static_assert(Histogram::highest_in(Histogram::kBuckets - 1) == Histogram::kHighest);

void Histogram::cover(std::uint32_t lowest, std::uint32_t highest) {
  assert(lowest <= highest && highest < kBuckets);
  std::uint32_t begin = lowest / kPerOctave * kPerOctave;
  std::uint32_t end = (highest / kPerOctave + 1) * kPerOctave;
  if (!counts_.empty()) {
    begin = std::min(begin, first_);
    end = std::max(end, first_ + static_cast<std::uint32_t>(counts_.size()));
    if (end - begin == counts_.size()) return;
  }
  std::vector<std::uint64_t> counts(end - begin);
  std::copy(counts_.begin(), counts_.end(),
            counts.begin() + (counts_.empty() ? 0 : first_ - begin));
  counts_ = std::move(counts);
  first_ = begin;
}

void Histogram::merge(const Histogram& other) {
  if (other.count_ == 0) return;
  if (!other.counts_.empty()) {
    cover(other.first_, other.first_ + static_cast<std::uint32_t>(other.counts_.size()) - 1);
    std::uint64_t* mine = counts_.data() + (other.first_ - first_);
    for (std::size_t i = 0; i < other.counts_.size(); ++i) mine[i] += other.counts_[i];
  }
  count_ += other.count_;
  out_of_range_ += other.out_of_range_;
  sum_ += other.sum_;
  min_ = std::min(min_, other.min_);
  max_ = std::max(max_, other.max_);
}

bool Histogram::subtract(const Histogram& other) {
  if (other.count_ > count_ || other.out_of_range_ > out_of_range_ || other.sum_ > sum_) {
    return false;
  }
  for (std::uint32_t i = 0; i < other.counts_.size(); ++i) {
    if (other.counts_[i] > count_in(other.first_ + i)) return false;
  }
  for (std::uint32_t i = 0; i < other.counts_.size(); ++i) {
    if (other.counts_[i] != 0) counts_[other.first_ + i - first_] -= other.counts_[i];
  }
  count_ -= other.count_;
  out_of_range_ -= other.out_of_range_;
  sum_ -= other.sum_;
  if (count_ == 0) {
    *this = Histogram{};
    return true;
  }
  if (count_ == out_of_range_) {
    min_ = std::max(min_, kHighest + 1);
    return true;
  }
  const auto used = [](std::uint64_t n) { return n != 0; };
  const auto lowest = std::find_if(counts_.begin(), counts_.end(), used);
  const auto bucket = [this](std::ptrdiff_t i) { return first_ + static_cast<std::uint32_t>(i); };
  min_ = std::max(min_, lowest_in(bucket(lowest - counts_.begin())));
  if (out_of_range_ == 0) {
    const auto highest = std::find_if(counts_.rbegin(), counts_.rend(), used);
    max_ = std::min(max_, highest_in(bucket(counts_.rend() - highest - 1)));
  }
  return true;
}

double Histogram::mean() const {
  return count_ == 0 ? 0 : static_cast<double>(sum_) / static_cast<double>(count_);
}

std::uint64_t Histogram::quantile(double q) const {
  assert(q >= 0 && q <= 1);
  if (count_ == 0) return 0;
  // A q like 0.07 is, as a double, a little above or below the number that was meant; that must not
  // change the rank.
  constexpr double kRounding = 1 - 0x1p-50;
  const double position = std::ceil(q * static_cast<double>(count_) * kRounding);
  const auto rank = std::max<std::uint64_t>(1, static_cast<std::uint64_t>(position));
  if (rank <= 1) return min();
  if (rank >= count_) return max_;
  std::uint64_t passed = 0;
  for (std::uint32_t i = 0; i < counts_.size(); ++i) {
    passed += counts_[i];
    if (passed < rank) continue;
    const std::uint64_t low = lowest_in(first_ + i);
    const std::uint64_t middle = low + (highest_in(first_ + i) - low) / 2;
    return std::clamp(middle, min_, max_);
  }
  return max_;
}

double Histogram::share_above(std::uint64_t value) const {
  if (count_ == 0 || value >= max_) return 0;
  if (value < min_) return 1;
  double above = static_cast<double>(out_of_range_);
  if (value <= kHighest) {
    const std::uint32_t cut = bucket_of(value);
    for (std::uint32_t i = 0; i < counts_.size(); ++i) {
      if (first_ + i > cut) above += static_cast<double>(counts_[i]);
    }
    const double width = static_cast<double>(highest_in(cut) - lowest_in(cut) + 1);
    above +=
        static_cast<double>(count_in(cut)) * (static_cast<double>(highest_in(cut) - value) / width);
  }
  return above / static_cast<double>(count_);
}

bool operator==(const Histogram& a, const Histogram& b) {
  if (a.count_ != b.count_ || a.out_of_range_ != b.out_of_range_ || a.sum_ != b.sum_ ||
      a.min() != b.min() || a.max() != b.max()) {
    return false;
  }
  for (std::uint32_t bucket = 0; bucket < Histogram::kBuckets; ++bucket) {
    if (a.count_in(bucket) != b.count_in(bucket)) return false;
  }
  return true;
}

}  // namespace goxel_telemetry::metrics
